"""Does what was learned give back the matrix it was learned from, and how much carries over to new questions?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.analysis.base import Analysis
from embedllm_bench.analysis.measuring import METRICS, Measured
from embedllm_bench.methods.base import vectors
from embedllm_bench.methods.reference import ModelMean

if TYPE_CHECKING:
    from embedllm_bench.analysis.base import Cell, Subject


def reconstruction(subject: Subject) -> Analysis:
    """Forecasts of the training questions themselves beside those of the test part; the model's mean for scale."""
    name = subject.method.name
    fitted = {
        name: subject.fitted(subject.train, subject.validation),
        "model-mean": ModelMean().fit(subject.train),
    }
    rows: list[tuple[Cell, ...]] = []
    found = {}
    for part, outcomes in (("training", subject.train), ("test", subject.test)):
        measured = Measured.of({n: m.predict_proba(outcomes.questions) for n, m in fitted.items()}, outcomes)
        rows += [(part, method, *measured.row(method)) for method in fitted]
        found[part] = measured.value(name, "accuracy")
    learned = vectors(fitted[name], len(subject.matrix.models))
    size = "no vectors" if learned is None else f"{learned.shape[1]} numbers a model"
    return Analysis(
        "reconstruction",
        ("questions", "method", *METRICS),
        tuple(rows),
        f"{name} ({size}) gives back {found['training']} of the training answers, and foretells {found['test']} of"
        " the test answers.",
        subject.facts(),
    )
