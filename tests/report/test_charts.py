from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedllm_bench.report.charts import Axis, Chart, Figure, Heat, Series, label
from embedllm_bench.report.interactive import specification
from embedllm_bench.report.palette import looks
from embedllm_bench.report.printed import FORMATS, draw, file_name


@pytest.mark.parametrize(
    ("name", "longest", "shown"),
    [
        ("org/model", 20, "org/model"),
        ("a-long-organisation/model-7b", 12, "model-7b"),
        ("org/abcdefghijklmnop", 9, "abcd…mnop"),
        ("two\nlines\t\u202eturned", 40, "two lines turned"),
        (" \n", 10, "?"),
    ],
)
def test_a_label_is_one_short_line(name: str, longest: int, shown: str) -> None:
    assert label(name, longest) == shown


@given(st.text(max_size=300))
def test_no_label_is_long_or_turns_the_direction_of_what_follows(name: str) -> None:
    shown = label(name)
    assert 0 < len(shown) <= 44
    assert shown.isprintable()
    assert not set(shown) & set("\u202e\u202d\u2066\u2067")


def chart() -> Chart:
    series = Series("<b>$x$</b>", (0.2, None), (0.0, 1.0), low=(0.1, None), high=(0.4, None), texts=(0, 1))
    return Chart(Axis("accuracy", low=0, high=1), Axis("", ("first", "x" * 60)), (series,))


def test_plotly_is_given_escaped_texts_and_distances_for_whiskers() -> None:
    made = specification(Figure("f", "F", "c", {"": chart()}, ("one <i>", "two\nlines")))
    assert made["texts"] == ["one &lt;i&gt;", "two<br>lines"]
    trace = made["views"][""]["data"][0]
    assert trace["name"] == "&lt;b&gt;&#36;x&#36;&lt;/b&gt;"
    assert trace["error_x"]["array"] == [pytest.approx(0.2), 0.0]
    assert trace["error_x"]["arrayminus"] == [pytest.approx(0.1), 0.0]
    assert made["views"][""]["layout"]["yaxis"]["range"] == [1.5, -0.5]


def test_a_point_in_a_row_says_which_row() -> None:
    series = Series("knn", (0.2, 0.3), (0.1, 1.2))
    figure = Figure("f", "F", "c", {"": Chart(Axis("accuracy"), Axis("", ("code", "<b>")), (series,))})
    (trace,) = specification(figure)["views"][""]["data"]
    assert trace["hovertext"] == ["code", "&lt;b&gt;"]
    assert trace["hovertemplate"] == "%{fullData.name}<br>%{hovertext}<br>%{x:.3f}<extra></extra>"


@pytest.mark.parametrize("layout", FORMATS)
def test_equal_figures_give_equal_files(layout: str) -> None:
    figure = Figure("f", "F $", "c", {"": chart()})
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[layout]
    content = draw(figure, "", layout, 50)
    assert content.startswith(start)
    assert content == draw(figure, "", layout, 50)


def test_fourteen_methods_look_different_without_their_colour_or_with_it() -> None:
    found = looks([Series("s", (), (), reference=reference) for reference in [False] * 14 + [True] * 4])
    assert len(set(found)) == 18
    assert len({(look.mark, look.dash) for look in found[:14]}) == 14


def test_a_square_of_eighty_names_fits_a_page_in_print() -> None:
    names = tuple(f"organisation/model-{i}" for i in range(80))
    heat = Heat(names, tuple((1.0,) * 80 for _ in names), "agreement")
    content = draw(Figure("f", "F", "c", {"": heat}), "", "png", 50)
    assert struct.unpack(">II", content[16:24]) == (7 * 50, 9 * 50)  # pixels, in a PNG's header


def test_a_series_with_a_place_keeps_its_look_whatever_is_drawn_before_it() -> None:
    first, second = (Series(name, (), (), place=place) for place, name in enumerate(("first", "second")))
    assert looks([first, second]) == looks([second, first])[::-1]
    assert looks([Series("without", (), ()), second, first])[0] not in looks([first, second])


def test_a_file_s_name_has_no_letters_that_a_shell_minds() -> None:
    figure = Figure("map", "M", "c", {"embedllm, colour: size": chart()})
    assert file_name(figure, "embedllm, colour: size") == "map-embedllm-colour-size"
