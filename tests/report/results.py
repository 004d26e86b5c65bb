"""Results to draw: an ordinary one, one made of text that means to break a page, and a large one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench import Store, compare
from embedllm_bench.figures.gathering import gather
from embedllm_bench.methods.base import Forecast
from embedllm_bench.results import Comparison, DataFacts, Manifest, Request, Row, Score
from embedllm_bench.splits import question_split
from embedllm_bench.store.records import GRADED, OutcomeTable, QuestionRecord, Source
from embedllm_bench.tasks.base import Fitted
from tests.helpers import random_matrix

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (
    "<script>window.broken = 1</script>",
    "</script><script>window.broken = 2</script>",
    '"><img src=x onerror="window.broken = 3">',
    '<a href="javascript:window.broken = 4">press</a> \'" ` ${1} {{ 7 * 7 }} %{x} $x$ &lt;b&gt;',
    "\u202eright to left \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "x" * 100_000,
    "=1+1\ttab\nline\u0000\u001b[31m",
    "<!-- <style>body { display: none }</style>",
)


def hostile(folder: Path) -> Comparison:
    """Names and texts that are markup, formulas, without end, and written from right to left."""
    generator = np.random.default_rng(0)
    count, models = 160, tuple(f"{HOSTILE[i % len(HOSTILE)]} {i}".replace("\0", "") for i in range(9))
    benchmarks = (HOSTILE[0], HOSTILE[2], HOSTILE[5][:300])
    cells = [(m, q) for m in range(len(models)) for q in range(count)]
    table = OutcomeTable(
        models=models,
        questions=tuple(
            QuestionRecord(
                benchmarks[i % 3], f"{HOSTILE[3]} {i}", f"{HOSTILE[i % 8].replace(chr(0), '')} {i}"
            )
            for i in range(count)
        ),
        model=np.array([m for m, _ in cells]),
        question=np.array([q for _, q in cells]),
        attempt=np.ones(len(cells), dtype=np.int64),
        state=np.full(len(cells), GRADED, dtype=np.uint8),
        correct=generator.integers(0, 2, len(cells)).astype(np.int8),
    )
    with Store.open(folder / "hostile.db", write=True) as store:
        store.write_outcomes(table, Source("import", "hostile", "hostile"))
        return compare(store, methods=["knn", "embedllm"], replicates=100)


def large(models: int = 1149, questions: int = 20_000) -> Comparison:
    """The figures of many models and questions, with a score for every row that a table has."""
    matrix = random_matrix(models, questions, benchmarks=10)
    names_of = tuple(f"organisation-{i % 97}/some-model-{i}-7b-instruct-v0.{i % 10}" for i in range(models))
    matrix = replace(matrix, models=names_of)
    split = question_split(matrix.questions, 0)
    generator = np.random.default_rng(1)
    names = ("knn", "embedllm", "mf", "logistic")
    fitted = [
        Fitted(
            name, 0, split,
            Forecast(
                generator.random((models, len(split.test)), dtype=np.float32),
                generator.normal(size=(models, 32)).astype(np.float32) if name in names[1:3] else None,
            ), 1.0, 1.0,
        )
        for name in names
    ]  # fmt: skip
    figures = gather(matrix, fitted, {}, names, (), names, {})
    scores = [
        Score(task, metric, name, benchmark, None, split.name, 0, 0.5, 0.4, 0.6, len(split.test))
        for task in ("forecasting", "routing")
        for metric in ("accuracy", "log_loss", "gap_closed")
        for name in names
        for benchmark in (None, *figures.benchmarks)
    ]
    request = Request("s.db", names, ("forecasting",), {}, (0,), None, "question", "exact", "e", "raw", 100)
    facts = DataFacts(models, questions, 10, 1.0, 0.0, simulated=True, hash="0" * 64)
    rows = tuple(Row(name, reference=False, reads_labels=False, oracle=False, settings={}) for name in names)
    manifest = Manifest(request, facts, {split.name: split.hash}, rows, (), {}, 1, "here", "now")
    return Comparison(tuple(scores), (), manifest, figures)
