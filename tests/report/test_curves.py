"""Learning curves beside a comparison: from the command's JSON to the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from embedllm_bench import Store, compare
from embedllm_bench.analysis.base import Analysis, Subject
from embedllm_bench.analysis.training_size import training_size
from embedllm_bench.cli.main import main
from embedllm_bench.errors import DataError
from embedllm_bench.report.charts import Chart
from embedllm_bench.report.figures import figures
from embedllm_bench.report.interactive import specification
from embedllm_bench.report.printed import draw
from embedllm_bench.store.location import STARTER

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.results import Comparison


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    with Store.open(STARTER) as store:
        return compare(store, methods=["knn"], tasks=["forecasting"], replicates=50)


@pytest.fixture(scope="module")
def curve() -> Analysis:
    with Store.open(STARTER) as store:
        return training_size(Subject.of(store, "knn"))


def test_an_analysis_survives_its_file(curve: Analysis) -> None:
    assert Analysis.from_json(curve.to_json(), "curve.json") == curve


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": []}', '{"rows": [{"a": [1]}]}', '{"rows": [1]}'])
def test_what_is_no_analysis_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(DataError, match=r"^curve\.json is no answer of 'embedllm-bench analyze"):
        Analysis.from_json(text, "curve.json")


def test_a_learning_curve_has_a_place_for_every_size(comparison: Comparison, curve: Analysis) -> None:
    (figure,) = (one for one in figures(comparison, [curve]) if one.id.startswith("learning-curve"))
    assert (figure.id, list(figure.views)) == (
        "learning-curve-training-questions", ["accuracy", "AUROC", "log-loss"],
    )  # fmt: skip
    chart = figure.views["accuracy"]
    assert isinstance(chart, Chart)
    assert chart.x.labels == ("32", "64", "128", "256", "512", "960")
    (series,) = chart.series
    assert series.name == "knn, seed 0"
    assert series.x == (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
    layout = specification(figure)["views"]["accuracy"]["layout"]
    assert (layout["xaxis"]["range"], layout["showlegend"]) == ([-0.5, 5.5], True)
    printed = draw(figure, "accuracy", "svg").decode()
    # the axis across comes first in the file, with its title behind its ticks
    places = [printed.index(f"<!-- {text} -->") for text in ("32", "960", "training questions", "accuracy")]
    assert places == sorted(places)
    assert "<!-- knn, seed 0 -->" in printed
    # all training questions give what the comparison has
    assert series.y[-1] == comparison.overall("forecasting")["knn"]["accuracy"].value


def test_a_curve_of_other_data_or_another_analysis_is_refused(
    comparison: Comparison, curve: Analysis, tmp_path: Path
) -> None:
    result, file, page = tmp_path / "r.json", tmp_path / "curve.json", tmp_path / "page.html"
    result.write_text(comparison.to_json())
    content = json.loads(curve.to_json())
    for change, said in (
        (
            {"facts": {**content["facts"], "data": "abc"}},
            "A learning curve is of the data abc, the result of",
        ),
        ({"analysis": "dimension"}, "The analysis dimension is no learning curve"),
    ):
        file.write_text(json.dumps({**content, **change}))
        arguments = ["report", str(result), "--learning-curve", str(file), "-o", str(page)]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 1
        assert said in str(done.exception)
        assert not page.exists()
    file.write_text(curve.to_json())
    arguments = ["report", str(result), "--learning-curve", str(file), "-o", str(page)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert "Learning curve over training questions" in page.read_text()
