"""Taking a model or a benchmark out of a store, with what hangs on it or not at all."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.errors import StoreError, UnknownNameError, UsageError
from embedllm_bench.store.connection import without_foreign_keys
from embedllm_bench.store.runs import clear_dead, clear_unused
from embedllm_bench.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

#: Of a benchmark, what names its questions.
OF_QUESTIONS = ("outcomes", "question_vectors", "split_parts", "simulated_questions")
#: The question sets that cards name.
NAMED_SETS = (
    "SELECT json_extract(card, '$.questions') FROM benchmarks"
    " WHERE json_valid(card) AND json_extract(card, '$.questions') IS NOT NULL"
)


@dataclass(frozen=True)
class Removed:
    """What went with a model or a benchmark."""

    outcomes: int
    questions: int
    card: bool


def remove_model(engine: Engine, name: str, *, with_outcomes: bool) -> Removed:
    """Remove a model; see :meth:`CollectingStore.remove_model`."""
    with without_foreign_keys(engine).begin() as connection:
        _check_quiet(connection)
        row, card = _row(connection, "model", name)
        outcomes = _count(connection, "outcomes WHERE model_id = ?", row)
        benchmarks = _count(
            connection,
            "(SELECT DISTINCT q.benchmark_id FROM outcomes o JOIN questions q ON q.id = o.question_id"
            " WHERE o.model_id = ?)",
            row,
        )
        if outcomes and not with_outcomes:
            raise UsageError(
                _refusal(name, f"{counted(outcomes, 'outcome')} on {counted(benchmarks, 'benchmark')}")
            )
        runs = _runs(connection, "model_id = ?", row)
        before = _count(connection, "questions")
        for table in ("outcomes", "simulated_models"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE model_id = ?", (row,))
        connection.exec_driver_sql("DELETE FROM models WHERE id = ?", (row,))
        _clear_runs(connection, "model", name, runs)
        clear_unused(connection)
        return Removed(outcomes, before - _count(connection, "questions"), card)


def remove_benchmark(engine: Engine, name: str, *, with_outcomes: bool) -> Removed:
    """Remove a benchmark; see :meth:`CollectingStore.remove_benchmark`."""
    asked = "question_id IN (SELECT id FROM questions WHERE benchmark_id = ?)"
    with without_foreign_keys(engine).begin() as connection:
        _check_quiet(connection)
        row, card = _row(connection, "benchmark", name)
        outcomes = _count(connection, f"outcomes WHERE {asked}", row)
        models = _count(connection, f"(SELECT DISTINCT model_id FROM outcomes WHERE {asked})", row)
        questions = _count(connection, "questions WHERE benchmark_id = ?", row)
        if outcomes and not with_outcomes:
            of = f"{counted(models, 'model')} at its {counted(questions, 'question')}"
            hanging = f"{counted(outcomes, 'outcome')} of {of}"
            raise UsageError(_refusal(name, hanging))
        runs = _runs(connection, asked, row)
        for table in OF_QUESTIONS:
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE {asked}", (row,))
        connection.exec_driver_sql("DELETE FROM questions WHERE benchmark_id = ?", (row,))
        connection.exec_driver_sql(
            f"DELETE FROM question_sets WHERE sha256 IN ({NAMED_SETS} AND id = ?)"
            f" AND sha256 NOT IN ({NAMED_SETS} AND id <> ?)",
            (row, row),
        )
        connection.exec_driver_sql("DELETE FROM benchmarks WHERE id = ?", (row,))
        _clear_runs(connection, "benchmark", name, runs)
        clear_unused(connection)
        return Removed(outcomes, questions, card)


def _check_quiet(connection: Connection) -> None:
    """An import has looked up its models and questions, and writes without asking after them again."""
    clear_dead(connection)
    if connection.exec_driver_sql("SELECT 1 FROM runs WHERE status = 'running'").first() is not None:
        raise StoreError("Something is being imported into the store; try again when that has finished.")


def _row(connection: Connection, kind: str, name: str) -> tuple[int, bool]:
    """Its row number, and whether it has a card."""
    rows = connection.exec_driver_sql(f"SELECT name, id, card IS NOT NULL FROM {kind}s").all()
    known = {row[0]: (int(row[1]), bool(row[2])) for row in rows}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownNameError(f"The store has no {kind} {name!r}.{hint}", near=bool(near))
    return known[name]


def _count(connection: Connection, of: str, *parameters: int) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {of}", parameters).scalar_one())


def _refusal(name: str, hanging: str) -> str:
    return (
        f"{name} has {hanging}, which would go too; say --with-outcomes if they are to. Nothing was removed."
    )


def _runs(connection: Connection, where: str, row: int) -> list[int]:
    rows = connection.exec_driver_sql(f"SELECT DISTINCT run_id FROM outcomes WHERE {where}", (row,))
    return [int(row[0]) for row in rows]


def _clear_runs(connection: Connection, kind: str, name: str, touched: Sequence[int]) -> None:
    """Delete runs that brought nothing else, and let a source that has lost a part come again.

    A collector's run says how far it was to go, and would speak of what is no longer there.
    """
    full = {row[0] for row in connection.exec_driver_sql("SELECT DISTINCT run_id FROM outcomes")}
    begun = connection.exec_driver_sql(
        f"SELECT id FROM runs WHERE json_valid(provenance) AND json_extract(provenance, '$.{kind}') = ?",
        (name,),
    )
    for run in {*touched, *(int(row[0]) for row in begun)}:
        if run not in full:
            connection.exec_driver_sql("DELETE FROM runs WHERE id = ?", (run,))
        else:
            connection.exec_driver_sql(
                "UPDATE runs SET fingerprint = fingerprint || ? WHERE id = ? AND fingerprint <> ''",
                (f" without {kind} {name}", run),
            )
