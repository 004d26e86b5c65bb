"""Every analysis from the command line, and what it says to what it cannot answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from embedllm_bench import Store
from embedllm_bench.cli.main import run
from embedllm_bench.simulation import simulate, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("analyze") / "s.db"
    with Store.open(made, write=True) as store:
        write(store, simulate(12, 240, benchmarks=3, dimension=8), "test")
    return made


def call(path: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        run(["analyze", *arguments, "--store", str(path)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (("reconstruction", "--method", "mf"), 4),
        (("dimension", "--method", "mf", "--size", "2", "--size", "4"), 2),
        (("training-size", "--method", "knn"), 4),
        (("training-size", "--method", "mf", "--over", "models"), 4),
        (("benchmarks", "--method", "mf"), 3),
        (("encoders", "--method", "knn"), 2),
        (("similarity", "--method", "mf"), 1),
        (("probe", "--method", "mf"), 3),
        (("latency",), 4),
    ],
)
def test_every_analysis_is_a_table_and_one_object(
    path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], rows: int
) -> None:
    assert call(path, *arguments, "--format", "json") == 0
    content = json.loads(capsys.readouterr().out)
    assert len(content["rows"]) == rows
    assert content["facts"]["split"] == "question-0-0of10"
    assert call(path, *arguments) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "test questions, seed 0; labels majority; encoder simulated; 95 % intervals." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dimension", "--method", "knn"), "knn has no setting 'dimension'"),
        (("probe", "--method", "knn"), "knn learns no model vectors"),
        (("reconstruction", "--method", "embedlm"), "There is no method 'embedlm'"),
        (("reconstruction", "--set", "embedllm.dimensions=4"), "has no setting 'dimensions'"),
        (("reconstruction", "--set", "knn.k=4"), "--set knn.k=4 is for another method than embedllm"),
        (("reconstruction", "--encoder", "mpnet"), "mpnet"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert call(path, *arguments) in (1, 2)
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
