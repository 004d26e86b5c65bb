"""What can be said of a page without a browser; tests/browser opens it."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from embedllm_bench import report
from embedllm_bench.cli.main import main
from embedllm_bench.figure_data import VERSION
from embedllm_bench.leaderboard import COLUMNS
from embedllm_bench.report.charts import Chart
from embedllm_bench.report.figures import figures
from embedllm_bench.report.page import render
from embedllm_bench.report.palette import Look, looks
from embedllm_bench.report.tables import leaderboards
from embedllm_bench.report.words import TASKS, explained, facts, replays
from embedllm_bench.results import Comparison, Failure, Score
from embedllm_bench.store.location import STARTER, replaying_location
from tests.report.results import hostile


class Page(HTMLParser):
    """The scripts, the policy, and every address and handler that a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[str, str]] = []
        self.policy = ""
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script":
            self.scripts.append((given.get("type") or "", ""))
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        self.addresses += [given[name] or "" for name in ("src", "href", "action") if name in given]
        self.handlers += [name for name in given if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.cdata_elem == "script":
            kind, text = self.scripts[-1]
            self.scripts[-1] = (kind, text + data)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def text(comparison: Comparison) -> str:
    return render(replace(comparison, failures=(Failure("mine", "s", "<b>why</b>"),)), "r.json")


def test_the_page_runs_its_own_scripts_and_no_other(text: str) -> None:
    page = Page(text)
    assert [kind for kind, _ in page.scripts] == ["application/json", "", ""]
    for _, script in page.scripts[1:]:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.policy
    assert page.policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in page.policy
    assert page.handlers == []
    assert [a for a in page.addresses if not a.startswith(("#", "data:image/png"))] == []


def test_names_and_texts_stand_there_as_text(text: str) -> None:
    assert "<script>window.broken" not in text
    assert "&lt;script&gt;window.broken = 1&lt;/script&gt;" in text
    assert "<img src=x" not in text
    assert "&lt;b&gt;why&lt;/b&gt;" in text
    assert "{{ 7 * 7 }}" in text


def test_a_hundred_thousand_letters_do_not_stand_there_whole(text: str) -> None:
    assert "x" * 2001 not in text
    assert re.search(r"98,00\d more characters are left out", text)
    assert len(text.encode()) < 6e6


def test_the_scores_to_download_begin_no_formula(comparison: Comparison, text: str) -> None:
    (_, content), *_ = Page(text).scripts
    written = json.loads(content)["scores"]["forecasting"].splitlines()
    rows = list(csv.DictReader(written))
    assert len(rows) == sum(score.task == "forecasting" for score in comparison.scores)
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row.values())


def test_a_result_without_figure_data_still_has_tables_and_what_scores_show(comparison: Comparison) -> None:
    old = replace(comparison, figures=None)
    assert {figure.id for figure in figures(old)} == {
        "forecasting-by-benchmark", "routing-by-benchmark", "benchmark-prediction-by-benchmark",
    }  # fmt: skip
    page = render(old, "r.json")
    assert "compare again to have all figures" in page
    assert '<table class="sortable">' in page


def test_a_method_looks_alike_in_every_figure_and_the_best_comes_first(comparison: Comparison) -> None:
    looked: dict[str, set[Look]] = {}
    for figure in figures(comparison):
        chart = figure.views.get("")
        if figure.id.endswith("-by-benchmark") or figure.id in {"calibration", "roc"}:
            assert isinstance(chart, Chart)
            for series, look in zip(chart.series, looks(chart.series), strict=True):
                looked.setdefault(series.name, set()).add(look)
        if figure.id == "benchmark-prediction-by-benchmark":
            assert isinstance(chart, Chart)
            errors = [series.x[0] or 0.0 for series in chart.series if not series.reference]
            assert errors == sorted(errors)
    assert {"knn", "embedllm", "model-mean"} < set(looked)
    (predicted,) = (list(figure.views) for figure in figures(comparison) if figure.id == "predicted")
    scores = comparison.overall("benchmark-prediction")
    assert predicted[:2] == sorted(("knn", "embedllm"), key=lambda name: scores[name]["mae"].value or 0.0)
    assert all(len(found) == 1 for found in looked.values())


def test_the_best_of_those_that_compete_is_bold_on_every_benchmark(comparison: Comparison) -> None:
    for board in leaderboards(comparison):
        for table in board.tables:
            lines = [line for line in table.lines if not line.reference]
            cells = [line.cells[2 if table.headings[1].title == "rank" else 1] for line in lines]
            values = [float(cell.order) for cell in cells]
            best = min(values) if board.task == "benchmark-prediction" else max(values)
            shown = {cell.text.partition(" ")[0] for cell in cells}
            if len(shown) > 1:
                assert {float(cell.order) for cell in cells if cell.best} == {best}
            assert not any(cell.best for line in table.lines if line.reference for cell in line.cells)


def test_figure_data_survives_its_file_and_is_refused_in_another_version(comparison: Comparison) -> None:
    text = comparison.to_json()
    assert Comparison.from_json(text, "r.json").figures == comparison.figures
    other = text.replace(f'"figures": {{"version": {VERSION}', '"figures": {"version": 99')
    with pytest.raises(Exception, match=r"r.json has figures of another version \(99\); compare again"):
        Comparison.from_json(other, "r.json")


def test_a_file_of_a_version_before_figures_is_read(comparison: Comparison) -> None:
    content = json.loads(comparison.to_json())
    del content["figures"]
    assert Comparison.from_json(json.dumps(content), "r.json").figures is None


def test_scores_over_numbers_of_outcomes_become_curves(comparison: Comparison) -> None:
    scores = [
        Score("new-models", "accuracy", "knn", None, k, "s", 0, k / 100, k / 100 - 0.1, None, 5)
        for k in (64, 8)
    ]
    found = {figure.id: figure for figure in figures(replace(comparison, scores=tuple(scores)))}
    chart = found["new-models-over-outcomes"].views["accuracy"]
    assert isinstance(chart, Chart)
    (series,) = chart.series
    assert (series.x, series.y, series.upright) == ((0.0, 1.0), (0.08, 0.64), True)
    assert chart.x.labels == ("8", "64")


def test_every_column_is_explained() -> None:
    for task, columns in COLUMNS.items():
        assert task in TASKS
        for column in columns:
            assert explained(column.metric).endswith((".", "coin.")), column.metric
    assert explained("accuracy@8").endswith(" 8 outcomes of the model are known.")
    assert explained("refit_accuracy").endswith(" The method was fitted again with all of them.")


def test_the_command_that_replays_has_every_option(comparison: Comparison) -> None:
    again, anew = replays(comparison, "my result.json")
    assert again == "embedllm-bench compare --manifest 'my result.json'"
    for option in ("--method knn --method embedllm", "--seed 0", "--labels majority", "--split question"):
        assert option in anew


def test_a_result_of_the_starter_is_done_again_on_any_machine_s(comparison: Comparison) -> None:
    manifest = comparison.manifest
    elsewhere = "/home/else/lib/embedllm_bench/data/starter.db"
    assert replaying_location(elsewhere) == str(STARTER)
    assert replaying_location("/home/else/data/starter.db") == "/home/else/data/starter.db"
    there = replace(
        comparison, manifest=replace(manifest, request=replace(manifest.request, store=elsewhere))
    )
    assert "--store" not in replays(there, "r.json")[1]
    assert dict(facts(there))["Data"].startswith("The starter that comes with the package: 9 models")


def test_the_manifest_is_in_plain_words(comparison: Comparison) -> None:
    manifest = replace(
        comparison.manifest, created="2026-11-28T20:20:07+01:00", threads=1, machine="Linux x86_64"
    )
    said = dict(facts(replace(comparison, manifest=manifest)))
    assert said["Made"] == "28 November 2026, 19:20 UTC on Linux x86_64, 1 thread."
    assert "9 models, 160 questions, 3 benchmarks; every model was asked every question." in said["Data"]


def test_report_and_figures_write_their_files(comparison: Comparison, tmp_path: Path) -> None:
    result, page, folder = tmp_path / "r.json", tmp_path / "page.html", tmp_path / "figures"
    result.write_text(comparison.to_json())
    done = CliRunner().invoke(main, ["report", str(result), "-o", str(page)])
    assert done.exit_code == 0, done.output
    assert re.fullmatch(rf"{re.escape(str(page))}: \d\.\d MB, one page\.\n", done.output)
    done = CliRunner().invoke(main, ["figures", str(result), "-o", str(folder), "--format", "svg"])
    assert done.exit_code == 0, done.output
    names = {path.stem for path in folder.iterdir()}
    assert {"calibration", "roc", "agreement", "map-colour-size", "predicted-knn", "questions"} < names
    assert f"{len(names)} files" in done.output


def test_what_is_no_result_is_refused_in_a_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    done = CliRunner().invoke(main, ["report", str(wrong), "-o", str(tmp_path / "page.html")])
    assert done.exit_code == 1
    assert "is no result of" in str(done.exception)
    assert not (tmp_path / "page.html").exists()


def test_show_model_says_what_a_model_is_good_at_and_knows_near_names() -> None:
    done = CliRunner().invoke(main, ["show-model", "google/gemma-3-270m+Q4_0.cloze"])
    assert done.exit_code == 0
    assert "Worse than they on: deduction -0.077 [-0.147, -0.005]." in done.output
    assert "of the two gets right:\n   81.9%  Qwen/Qwen2.5-Coder-1.5B-Instruct+Q4_K_M.cloze\n" in done.output
    wrong = CliRunner().invoke(main, ["show-model", "gemma-3-270m+Q4_0.cloze"])
    assert "Did you mean google/gemma-3-270m+Q4_0.cloze" in str(wrong.exception)


def test_the_plotting_library_is_the_one_that_npm_has() -> None:
    """plotly-cartesian.min.js of the npm package plotly.js-cartesian-dist-min 4.1.1, under the MIT licence."""
    assets = Path(report.__file__).with_name("assets")
    content = (assets / "plotly-cartesian.min.js").read_bytes()
    assert b"plotly.js (cartesian - minified) v4.1.1" in content[:200]
    assert hashlib.sha256(content).hexdigest() == (
        "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"
    )
    assert "MIT" in (assets / "plotly-LICENSE.txt").read_text()
