"""Where a model stands, on matrices whose answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.errors import DataError
from embedllm_bench.placement import place
from embedllm_bench.simulation import simulate, write
from embedllm_bench.store.records import GRADED, OutcomeTable, QuestionRecord, Source
from embedllm_bench.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def stored(path: Path, answers: dict[str, list[int]]) -> Path:
    """A store of these models' answers to q0, q1, ...; -1 is not asked."""
    models, questions = tuple(answers), len(next(iter(answers.values())))
    grid = np.array(list(answers.values()))
    model, question = np.nonzero(grid >= 0)
    table = OutcomeTable(
        models=models,
        questions=tuple(QuestionRecord(f"b{q % 2}", f"q{q}", f"text {q}") for q in range(questions)),
        model=model,
        question=question,
        attempt=np.ones(len(model), dtype=np.int64),
        state=np.full(len(model), GRADED, dtype=np.uint8),
        correct=grid[model, question].astype(np.int8),
    )
    with Store.open(path, write=True) as store:
        store.write_outcomes(table, Source("test", "test", "test"))
    return path


def test_the_better_the_equal_and_the_worse(tmp_path: Path) -> None:
    path = stored(
        tmp_path / "s.db",
        {
            "best": [1] * 60,
            "middle": [1, 0] * 30,
            "same": [0, 1] * 30,
            "worst": [0] * 60,
            "elsewhere": [-1] * 60,
        },
    )
    with Store.open(path) as store:
        found = place(store, "middle")
    assert (found.models, found.first, found.last) == (4, 2, 3)
    assert [(share.benchmark, share.accuracy, share.n) for share in found.shares] == [
        ("b0", 1.0, 30), ("b1", 0.0, 30), (None, 0.5, 60),
    ]  # fmt: skip
    assert all(share.interval.low <= share.accuracy <= share.interval.high for share in found.shares)
    assert found.alone_count == 0
    assert found.nearest == ()


def test_questions_that_nobody_else_was_asked_are_no_merit(tmp_path: Path) -> None:
    path = stored(tmp_path / "s.db", {"m": [1, 1, 1, 0], "n": [0, -1, 1, 1]})
    with Store.open(path) as store:
        found = place(store, "m")
    assert (found.alone, found.alone_count) == (("text 0",), 1)


def test_one_model_has_nobody_to_be_held_against(tmp_path: Path) -> None:
    with Store.open(stored(tmp_path / "s.db", {"m": [1, 0]})) as store:
        found = place(store, "m")
    assert (found.models, found.first, found.last) == (1, 1, 1)
    right, wrong, _ = (share.interval for share in found.shares)  # of one question each
    assert (wrong.low, wrong.high) == pytest.approx((0.0, 0.7935), abs=1e-4)
    assert (right.low, right.high) == pytest.approx((0.2065, 1.0), abs=1e-4)


def test_a_model_without_outcomes_is_one_sentence(tmp_path: Path) -> None:
    with (
        Store.open(stored(tmp_path / "s.db", {"m": [1, 0]})) as store,
        pytest.raises(DataError, match="holds no graded outcome of n;"),
    ):
        place(store, "n")


def test_relatives_are_found(tmp_path: Path) -> None:
    """A model that answers as another does, but for a tenth of its answers, is the nearest to it."""
    simulated = simulate(12, 600, dimension=32, seed=1)
    table = simulated.outcomes
    twin = table.correct.copy()
    copied = table.model == 4
    flip = np.random.default_rng(0).random(copied.sum()) < 0.1
    twin[table.model == 7] = np.where(flip, 1 - table.correct[copied], table.correct[copied])
    changed = OutcomeTable(
        table.models, table.questions, table.model, table.question, table.attempt, table.state, twin
    )
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, type(simulated)(changed, simulated.truth, simulated.vectors), "twins")
        found = place(store, table.models[4])
    assert found.nearest[0].model == table.models[7]
    assert found.encoder == "simulated"
