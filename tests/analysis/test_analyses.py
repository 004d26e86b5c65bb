"""Analyses on data whose answer is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench import Store
from embedllm_bench.analysis.base import Estimate, Subject
from embedllm_bench.analysis.benchmarks import benchmarks
from embedllm_bench.analysis.dimension import dimension
from embedllm_bench.analysis.encoders import encoders
from embedllm_bench.analysis.latency import latency
from embedllm_bench.analysis.probing import probing
from embedllm_bench.analysis.reconstruction import reconstruction
from embedllm_bench.analysis.similarity import similarity
from embedllm_bench.analysis.training_size import AXES, training_size
from embedllm_bench.cards import ModelCard
from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.figures.relations import disagreement
from embedllm_bench.matrix import CorrectnessMatrix
from embedllm_bench.simulation import ENCODER, simulate, write
from embedllm_bench.store.records import GRADED, OutcomeTable, QuestionRecord, Source
from tests.helpers import questions

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.analysis.base import Analysis, Cell


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 models, 900 questions of three benchmarks."""
    path = tmp_path_factory.mktemp("analysis") / "s.db"
    with Store.open(path, write=True) as store:
        write(store, simulate(24, 900, benchmarks=3, dimension=16), "test")
    return path


def subject(path: Path, method: str = "mf", **settings: object) -> Subject:
    with Store.open(path) as store:
        return Subject.of(store, method, settings=settings)


def value(cell: Cell) -> float:
    assert isinstance(cell, Estimate)
    assert cell.value is not None
    return cell.value


def column(found: Analysis, name: str) -> list[Cell]:
    return [row[found.columns.index(name)] for row in found.rows]


def test_a_matrix_is_given_back_better_than_new_questions_are_foretold(simulated: Path) -> None:
    found = reconstruction(subject(simulated))
    assert [row[:2] for row in found.rows] == [
        ("training", "mf"), ("training", "model-mean"), ("test", "mf"), ("test", "model-mean"),
    ]  # fmt: skip
    training, mean, test, _ = (value(cell) for cell in column(found, "accuracy"))
    assert training > test > 0.5
    assert training > mean
    assert (found.facts.models, found.facts.questions, found.facts.test_questions) == (24, 900, 90)


def test_the_fewest_numbers_are_named_and_more_of_them_tell_more(simulated: Path) -> None:
    found = dimension(subject(simulated), (1, 4, 8))
    assert column(found, "numbers a model") == [1, 4, 8]
    losses = [value(cell) for cell in column(found, "log-loss")]
    assert losses[1] < losses[0]  # eight skills behind the answers: one number is too few
    assert found.answer.endswith("from it).")


def test_a_method_without_a_vector_size_has_none_to_vary(simulated: Path) -> None:
    with pytest.raises(UsageError, match="knn has no setting 'dimension'"):
        dimension(subject(simulated, "knn"))


@pytest.mark.parametrize(
    ("axis", "sizes"),
    [("questions", [32, 64, 128, 256, 512, 720]), ("models", [2, 4, 8, 16, 24]), ("benchmarks", [1, 2, 3])],
)
def test_learning_curves_double_to_all_there_is(simulated: Path, axis: str, sizes: list[int]) -> None:
    found = training_size(subject(simulated), next(known for known in AXES if known == axis))
    assert column(found, f"training {axis}") == sizes
    losses = [value(cell) for cell in column(found, "log-loss")]
    if axis != "models":  # a model is learned from its own answers; others help it less surely
        assert losses[-1] == min(losses)
    smallest = next(int(word.replace(",", "")) for word in found.answer.split() if word[0].isdigit())
    assert smallest in sizes


def test_the_whole_curve_ends_at_what_reconstruction_measures(simulated: Path) -> None:
    curve, whole = training_size(subject(simulated)), reconstruction(subject(simulated))
    assert column(curve, "accuracy")[-1] == column(whole, "accuracy")[2]


def twins(path: Path) -> Path:
    """Benchmark "left" and "right" ask one skill, "far" another; half the models have the one, half the other."""
    random = np.random.default_rng(0)
    names = ("far", "left", "right")
    records = tuple(QuestionRecord(b, f"{b}{i}", f"{b} {i}") for b in names for i in range(120))
    first = np.arange(20) < 10
    shared = np.array([record.benchmark != "far" for record in records])
    p = np.where(first[:, None] == shared[None], 0.95, 0.05)
    correct = (random.random(p.shape) < p).astype(np.int8)
    model, question = np.nonzero(np.ones_like(correct))
    table = OutcomeTable(
        models=tuple(f"family-{'one' if one else 'two'}/m{i}" for i, one in enumerate(first)),
        questions=records, model=model, question=question, attempt=np.ones(len(model), dtype=np.int64),
        state=np.full(len(model), GRADED, dtype=np.uint8), correct=correct.ravel(),
    )  # fmt: skip
    place = np.array([[0.0, 1.0] if far else [1.0, 0.0] for far in ~shared], dtype=np.float32)
    noise = random.normal(scale=0.05, size=place.shape).astype(np.float32)
    with Store.open(path, write=True) as store:
        store.write_outcomes(table, Source("import", "twins", "twins"))
        keys = [(record.benchmark, record.question_id) for record in records]
        store.write_vectors("all-mpnet-base-v2", "", keys, place + noise)
        store.write_vectors("all-MiniLM-L6-v2", "", keys, random.normal(size=place.shape).astype(np.float32))
    return path


def test_a_benchmark_is_missed_where_nothing_else_tells_of_its_skill(tmp_path: Path) -> None:
    found = benchmarks(subject(twins(tmp_path / "s.db"), dimension=2))
    lost = {row[0]: dict(zip(found.columns[2:], map(value, row[2:]), strict=True)) for row in found.rows}
    assert lost["far"]["without far"] > 0.3
    assert abs(lost["left"]["without left"]) < 0.02  # its twin is still there
    assert abs(lost["right"]["without left"]) < 0.02


def test_the_encoder_that_tells_of_the_skill_serves_best(tmp_path: Path) -> None:
    with Store.open(twins(tmp_path / "s.db")) as store:
        found = encoders(Subject.of(store, "knn"), store)
    assert found.answer == "all-mpnet-base-v2 serves knn best."
    behind = dict(
        zip(column(found, "encoder"), map(value, column(found, "accuracy less the best's")), strict=True)
    )
    assert behind["all-mpnet-base-v2"] == 0.0
    assert behind["all-MiniLM-L6-v2"] < -0.1  # drawn at random


def test_models_of_one_kind_are_close_and_distance_follows_disagreement(tmp_path: Path) -> None:
    path = twins(tmp_path / "s.db")
    given = subject(path, dimension=4)
    cards = {model: ModelCard(id=model, family=model.partition("/")[0]) for model in given.matrix.models}
    found = similarity(given, cards)
    rows = {row[0]: row for row in found.rows}
    assert list(rows) == ["family family-one", "family family-two", "any family", "disagreement"]
    closeness = found.columns.index("closeness")
    assert value(rows["any family"][closeness]) == 1.0
    assert value(rows["disagreement"][closeness]) > 0.8
    assert abs(value(rows["any family"][closeness + 1]) - 0.5) < 0.2  # random vectors know nothing
    assert found.answer.startswith("2 of 2 communities are closer within")


def test_disagreement_counts_common_questions_only() -> None:
    correct = np.array([[1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0]], dtype=np.uint8)
    attempts = np.array([[1, 1, 1, 0], [1, 1, 0, 1], [0, 0, 0, 0]], dtype=np.uint8)
    matrix = CorrectnessMatrix(("a", "b", "c"), questions(list("wxyz"), ["b"] * 4), correct, attempts)
    found = disagreement(matrix)
    assert found[0, 1] == found[1, 0] == 0.5
    assert np.isnan(found[0, 2])


def test_vectors_and_speeds_stand_beside_accuracy(simulated: Path) -> None:
    found = latency([subject(simulated, name) for name in ("model-mean", "subtask-mean", "mf")])
    assert column(found, "numbers a model") == [None, None, 17]
    rates = column(found, "decisions/s in batches")
    assert rates[1] is None  # it needs a label that a new question does not have
    assert all(isinstance(rate, int) and rate > 0 for rate in (rates[0], rates[2]))


def test_the_probe_reads_accuracy_off_the_vectors_of_a_simulation(simulated: Path) -> None:
    found = probing(subject(simulated))
    assert len(found.rows) == 3
    learned, random = (
        np.mean([float(str(cell)) for cell in column(found, name)]) for name in ("R2", "R2, random vectors")
    )
    assert learned > random + 0.2


def test_the_answer_is_one_json_object(simulated: Path) -> None:
    found = reconstruction(subject(simulated))
    content = json.loads(found.to_json())
    assert content["rows"][2]["accuracy"]["value"] == value(column(found, "accuracy")[2])
    assert content["facts"]["encoder"] == ENCODER
    assert len(content["facts"]["split_hash"]) == 64


def test_too_little_is_one_sentence(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, simulate(3, 40, benchmarks=1, dimension=4), "small")
    given = subject(tmp_path / "s.db")
    with pytest.raises(DataError, match="the data has one"):
        benchmarks(given)
    with pytest.raises(DataError, match="3 models are too few to compare"):
        similarity(given, {})
    with pytest.raises(DataError, match="1 benchmarks are too few for a curve"):
        training_size(given, "benchmarks")
