"""How well anybody can forecast where the same model answers the same question differently."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.statistics.bootstrap import bootstrap, interval
from embedllm_bench.statistics.functionals import Scale, ratio
from embedllm_bench.statistics.intervals import Interval
from embedllm_bench.statistics.units import QuestionUnits, sums_by

if TYPE_CHECKING:
    from embedllm_bench.matrix import CorrectnessMatrix


@dataclass(frozen=True)
class LabelNoise:
    """Over the n cells with several attempts; all shares with 95 % intervals.

    ``disagreement`` is the chance that two attempts at a cell differ, 2p(1-p) where p is its chance of being
    right. The best forecast of one attempt is right with chance max(p, 1-p), whose mean lies between
    1 - ``disagreement`` (p near 0 or 1, or 1/2) and (1 + sqrt(1 - 2 ``disagreement``)) / 2 (all p alike).
    """

    cells: int
    disagreement: float
    disagreement_interval: Interval
    ceiling: Interval  #: of forecasting accuracy, for the disagreement as measured
    ceiling_interval: Interval  #: the same over the interval of the disagreement


def label_noise(raw: CorrectnessMatrix) -> LabelNoise | None:
    """The noise of a matrix that counts every attempt; None where no cell has two."""
    attempts, right = raw.attempts.astype(np.float64), raw.correct.astype(np.float64)
    repeated = attempts > 1
    questions = np.flatnonzero(repeated.any(0))
    if not len(questions):
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        differ = 2 * right * (attempts - right) / (attempts * (attempts - 1))  # unbiased for 2p(1-p)
    differ = np.where(repeated, differ, 0.0)[:, questions]
    cells = repeated[:, questions].sum(0).astype(np.float64)
    of = raw.questions
    units = QuestionUnits.of(of.groups[questions], of.benchmark_codes[1][questions])
    differing, counted = (sums_by(units.unit, values, len(units)) for values in (differ.sum(0), cells))
    result = bootstrap([ratio(differing, counted, Scale(0.0, 1.0))], units.strata)
    value, bounds = float(result.values[0]), interval(result, 0)
    return LabelNoise(
        cells=int(cells.sum()),
        disagreement=value,
        disagreement_interval=bounds,
        ceiling=Interval(1 - value, _when_alike(value)),
        ceiling_interval=Interval(1 - bounds.high, _when_alike(bounds.low)),
    )


def _when_alike(disagreement: float) -> float:
    return (1 + math.sqrt(max(1 - 2 * disagreement, 0.0))) / 2
