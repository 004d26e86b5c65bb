"""Figures that others printed stand beside ours where the data set is theirs, and nowhere else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from embedllm_bench import published
from embedllm_bench.cli import main
from embedllm_bench.comparison import ALL_TASKS
from embedllm_bench.errors import DataError
from embedllm_bench.leaderboard import COLUMNS
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.published import (
    PublishedData,
    PublishedFigure,
    beside,
    question_list_hash,
    read_published,
)
from embedllm_bench.store.store import Store
from tests.test_comparison import made, run

if TYPE_CHECKING:
    from pathlib import Path

PARTS = {("b", f"q{i}"): part for i, part in enumerate(["train", "train", "validation", "test"])}


def data(*figures: PublishedFigure, question_lists: tuple[str, ...] = ()) -> PublishedData:
    return PublishedData("D", "where", 3, {"train": 2, "validation": 1, "test": 1}, question_lists, figures)


def test_a_question_list_is_known_whatever_its_order_and_repetitions() -> None:
    assert question_list_hash(["b", "a", "b"]) == question_list_hash(["a", "b"])
    assert question_list_hash(["ab"]) != question_list_hash(["a", "b"])
    # printf 'a\0b\0' | sha256sum
    assert (
        question_list_hash(["a", "b"]) == "8fb20ef63ced4145fc2e983ffe597d1dcff39154c3bf21f0fa9dde6a0c50fdc9"
    )


def test_a_data_set_is_known_by_its_hash_and_where_that_is_unknown_by_its_numbers() -> None:
    texts = ["a", "b", "c", "d"]
    by_hash = data(question_lists=(question_list_hash(texts),))
    assert by_hash.is_of(7, texts, {})
    assert not by_hash.is_of(3, [*texts, "e"], PARTS)
    by_numbers = data()
    assert by_numbers.is_of(3, texts, PARTS)
    assert not by_numbers.is_of(4, texts, PARTS)
    assert not by_numbers.is_of(3, texts, {**PARTS, ("b", "q4"): "test"})
    assert not by_numbers.is_of(3, texts, {})


def test_the_file_of_the_registry_names_tasks_metrics_and_conventions_that_there_are() -> None:
    (embedllm,) = read_published()
    assert (embedllm.models, sum(embedllm.parts.values())) == (112, 35_673)
    assert {figure.task for figure in embedllm.figures} <= set(ALL_TASKS)
    for figure in embedllm.figures:
        assert figure.metric in {column.metric for column in COLUMNS[figure.task]}
        assert figure.labels in set(LabelConvention)
        assert figure.who in ("paper", "again", "quoted")
        assert 0 < figure.value < 1
        assert figure.source


def test_ours_stands_beside_figures_of_the_whole_training_part(tmp_path: Path) -> None:
    comparison = run(made(tmp_path / "s.db"), tasks=("forecasting",))
    whole = PublishedFigure("forecasting", "accuracy", "model-mean", 0.7, "raw", "paper", "x", questions=2)
    part = PublishedFigure("forecasting", "accuracy", "model-mean", 0.6, "raw", "paper", "x", questions=1)
    theirs = PublishedFigure("forecasting", "accuracy", "locus", 0.8, "raw", "paper", "x")
    elsewhere = PublishedFigure("routing", "accuracy", "model-mean", 0.5, "raw", "paper", "x")
    rows = beside(data(whole, part, theirs, elsewhere), comparison)
    assert [row.figure for row in rows] == [whole, theirs]
    assert rows[0].ours == comparison.overall("forecasting")["model-mean"]["accuracy"]
    assert rows[1].ours is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("data = 1", "'int' object is not iterable"),
        ("", "'data'"),
        ("[[data]]\nname = 'x'", "'figures'"),
        ("[[data]]\nfigures = [{value = 1}]\nquestion_lists = []", "missing"),
        ("[", "Invalid"),
    ],
)
def test_a_file_that_is_none_is_told_by_name(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=rf"p\.toml is no file of published figures: .*{fault}"):
        read_published(path)


def test_the_command_prints_them_beside_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = made(tmp_path / "s.db", models=6, count=400)
    with Store.open(store) as opened:
        known = question_list_hash(opened.questions().texts)
    (tmp_path / "p.toml").write_text(FILE.format(hash=known))
    monkeypatch.setattr(published, "FILE", str(tmp_path / "p.toml"))
    arguments = ["compare", "--store", str(store), "--method", "knn", "--task", "forecasting", "--published"]
    printed, said = command(arguments, capsys)
    (row,) = [line for line in printed.splitlines() if "| knn" in line and "its paper" in line]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:6] == ["forecasting", "accuracy", "knn", ".7000", "max", "its paper: arXiv 1"]
    assert re.fullmatch(r"\.\d{4} \[\.\d{4}, \.\d{4}\]", cells[6])
    assert "Ours: majority labels, question split." in printed
    assert said == ""

    (tmp_path / "p.toml").write_text(FILE.format(hash="0" * 64))
    printed, said = command(arguments, capsys)
    assert "its paper" not in printed
    assert said == (
        f"No published figures are of these questions (their list's hash is {known}); there are some of D (where).\n"
    )


def test_the_command_refuses_a_layout_without_a_place_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main.run(["compare", "--published", "--format", "json"])
    assert end.value.code == 2
    assert "--format json has no place for it" in capsys.readouterr().err


def command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    with pytest.raises(SystemExit) as end:
        main.run([*arguments, "--format", "md"])
    assert end.value.code == 0
    return capsys.readouterr()


FILE = """
[[data]]
name = "D"
source = "where"
question_lists = ["{hash}"]
models = 1
parts = {{ train = 1 }}
[[data.figures]]
task = "forecasting"
metric = "accuracy"
method = "knn"
value = 0.7
labels = "max"
who = "paper"
source = "arXiv 1"
"""
