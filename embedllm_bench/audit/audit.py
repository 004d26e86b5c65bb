"""audit(): every check on a store's outcomes, and what each finding does to the leaderboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.audit import answers, models, texts
from embedllm_bench.audit.effect import Effect, effects
from embedllm_bench.audit.noise import LabelNoise, label_noise
from embedllm_bench.encoders.choosing import question_vectors
from embedllm_bench.errors import DataError
from embedllm_bench.matrix import LabelConvention

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.audit.finding import Finding
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.registry import Plugins
    from embedllm_bench.store.store import Store

METHODS = ("knn",)  #: trained to show what a finding does; the simple rows are always beside it


@dataclass(frozen=True)
class Audit:
    """What was found; no finding is a clean store."""

    models: int
    questions: int
    findings: tuple[Finding, ...]
    noise: LabelNoise | None
    effects: tuple[Effect, ...]  #: empty if nothing was found, or not asked for


def audit(
    store: Store,
    *,
    methods: Sequence[str] = METHODS,
    encoder: str | None = None,
    effect: bool = True,
    plugins: Plugins | None = None,
) -> Audit:
    """Look for what could make a leaderboard say something else than it seems to.

    Raises:
        DataError: the store holds no graded outcome.
    """
    _, vectors = question_vectors(store, encoder)
    matrix = store.matrix(vectors, LabelConvention.MAJORITY)
    raw = store.matrix(vectors, LabelConvention.RAW)
    if not raw.attempts.any():
        raise DataError(f"{store.path} holds no graded outcome; import some with 'embedllm-bench import'.")
    findings = find(matrix, raw)
    shown = effects(matrix, findings, methods, plugins) if effect and findings else []
    return Audit(len(matrix.models), len(matrix.questions), tuple(findings), label_noise(raw), tuple(shown))


def find(matrix: CorrectnessMatrix, raw: CorrectnessMatrix) -> list[Finding]:
    """All findings; ``raw`` counts every attempt where ``matrix`` has one label a cell."""
    return [
        *texts.repeated_texts(matrix.questions),
        *answers.constant_questions(matrix),
        *answers.dull_benchmarks(matrix),
        *answers.narrow_benchmarks(matrix),
        *answers.disagreeing_attempts(raw),
        *models.constant_models(matrix),
        *models.hardly_asked_models(matrix),
        *models.twin_models(matrix),
    ]
