"""Whose question vectors serve best: one method on each encoder that the store holds vectors of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.analysis.base import Analysis
from embedllm_bench.analysis.measuring import METRICS, Measured
from embedllm_bench.encoders import hashed
from embedllm_bench.encoders.choosing import question_vectors

if TYPE_CHECKING:
    from embedllm_bench.analysis.base import Subject
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.store.store import Store


def encoders(subject: Subject, store: Store) -> Analysis:
    """The stored encoders that cover all questions, and the hashed n-grams, on the same split."""
    questions = subject.matrix.questions
    complete = [one for one in store.encoders() if one.questions == len(questions)]
    vectors: dict[str, Float32Array] = {one.label: store.vectors(one.name, one.revision) for one in complete}
    vectors.setdefault(hashed.NAME, question_vectors(store, hashed.NAME)[1])
    forecasts = {}
    for label, values in vectors.items():
        seen = questions.with_embeddings(values)
        train, validation, test = (
            seen.take(part) for part in (subject.split.train, subject.split.validation, subject.split.test)
        )
        fitted = subject.fitted(
            subject.train.with_questions(train), subject.validation.with_questions(validation)
        )
        forecasts[label] = fitted.predict_proba(test)
    measured = Measured.of(forecasts, subject.test)
    best = max(forecasts, key=lambda label: measured.value(label, "accuracy").value or 0.0)
    rows = tuple(
        (label, vectors[label].shape[1], *measured.row(label), measured.gap(label, best))
        for label in forecasts
    )
    return Analysis(
        "encoders",
        ("encoder", "numbers a question", *METRICS, "accuracy less the best's"),
        rows,
        f"{best} serves {subject.method.name} best.",
        subject.facts(),
    )
