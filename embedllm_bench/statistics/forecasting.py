"""Forecasting metrics over cells (model, question) as functionals of question units.

A cell with several attempts counts each of them; a cell without an attempt contributes nothing, whatever is
forecast there. All sums are float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import DataError
from embedllm_bench.statistics.functionals import SHARE, Among, Scale, Sums, mean_of, ratio
from embedllm_bench.statistics.units import QuestionUnits, sums_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.arrays import BoolArray, CountArray, Float32Array, FloatArray, IndexArray
    from embedllm_bench.statistics.functionals import Functional

#: Forecasts are moved this far inside (0, 1) before a logarithm: one certain mistake costs 16.1 nats.
CLIP = 1e-7
ECE_BINS = 15
HITS = Scale(0.0, 1.0)  # many outcomes a unit: no SHARE unless there is only one model
LOSS = Scale(0.0, 1.0, higher_is_better=False)
LOG_LOSS = Scale(0.0, float(-np.log(CLIP)), higher_is_better=False)
SKILL = Scale(high=1.0)


@dataclass(frozen=True, eq=False)
class GradedForecast:
    """A forecast (M, Q) beside what happened; build it with ``of``."""

    p: Float32Array  #: (M, Q) probability of a correct answer; 0.5 where nothing was asked
    correct: CountArray  #: (M, Q) attempts answered correctly
    wrong: CountArray  #: (M, Q) attempts answered wrongly
    units: QuestionUnits

    @classmethod
    def of(
        cls, p: Float32Array, correct: CountArray, attempts: CountArray, units: QuestionUnits
    ) -> GradedForecast:
        """Check the shapes and that every forecast that counts is a probability."""
        if not p.shape == correct.shape == attempts.shape == (len(p), len(units.unit)):
            raise DataError(
                f"A forecast {p.shape} needs counts of its shape, not {correct.shape} and {attempts.shape},"
                f" and {p.shape[-1]} questions, not {len(units.unit)}."
            )
        known = np.where(attempts > 0, p, np.float32(0.5))
        if not ((known >= 0) & (known <= 1)).all():
            raise DataError("A forecast must be a number in [0, 1] wherever the model was asked.")
        return cls(known, correct, (attempts - correct).astype(attempts.dtype), units)

    @cached_property
    def attempts(self) -> FloatArray:
        """Attempts per unit (G,)."""
        return self.per_unit(_column_sums(self.correct) + _column_sums(self.wrong))

    @cached_property
    def asked(self) -> BoolArray:
        """(M, Q): was there an attempt?"""
        return np.asarray((self.correct > 0) | (self.wrong > 0))

    @cached_property
    def order(self) -> tuple[IndexArray, IndexArray]:
        """Positions of the asked cells by increasing forecast (n,), and where among these each new value starts."""
        p = self.p[self.asked]
        order = np.argsort(p, kind="stable")
        ordered = p[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(p) else order
        return order, starts

    def per_unit(self, per_question: FloatArray) -> FloatArray:
        """Sums over the questions of each unit: (Q,) -> (G,)."""
        return sums_by(self.units.unit, per_question, len(self.units))

    def equal_mass_bins(self, bins: int) -> IndexArray:
        """A bin (n,) for every asked cell, by increasing forecast; equal forecasts share one.

        A block of equal forecasts goes where the middle of its mass (attempts) falls.
        """
        order, starts = self.order
        mass = self.correct[self.asked].astype(np.float64) + self.wrong[self.asked]
        blocks = np.add.reduceat(mass[order], starts) if len(order) else mass
        middle = (np.cumsum(blocks) - blocks / 2) / max(blocks.sum(), 1.0)
        codes = np.empty(len(order), dtype=np.int64)
        codes[order] = np.repeat((middle * bins).astype(np.int64), np.diff(np.append(starts, len(order))))
        return codes

    def unit_histogram(self, codes: IndexArray, bins: int, weights: FloatArray) -> FloatArray:
        """Sums (G, bins) of ``weights`` (n,) over the asked cells by unit and bin."""
        unit = np.broadcast_to(self.units.unit, self.p.shape)[self.asked]
        counts = sums_by(unit * bins + codes, weights, len(self.units) * bins)
        return counts.reshape(len(self.units), bins)

    def on(self, benchmark: int) -> tuple[GradedForecast, IndexArray]:
        """The questions of one benchmark, over its own units, and the positions (n,) of these among all."""
        columns = np.flatnonzero(self.units.benchmark == benchmark)
        members, unit = np.unique(self.units.unit[columns], return_inverse=True)
        units = QuestionUnits(
            unit.astype(np.int64), self.units.strata[members], self.units.benchmark[columns]
        )
        part = GradedForecast(self.p[:, columns], self.correct[:, columns], self.wrong[:, columns], units)
        return part, members.astype(np.int64)


def accuracy(graded: GradedForecast) -> Functional:
    """Share of attempts foretold by "correct if p >= 0.5"."""
    hits = np.where(graded.p >= 0.5, graded.correct, graded.wrong)
    return ratio(graded.per_unit(_column_sums(hits)), graded.attempts, SHARE if len(graded.p) == 1 else HITS)


def brier(graded: GradedForecast) -> Functional:
    """Mean squared error of the forecast of an attempt (Brier 1950, for one of the two classes)."""
    return ratio(_squared_error(graded), graded.attempts, LOSS)


def log_loss(graded: GradedForecast) -> Functional:
    """Mean negative log-likelihood of an attempt in nats, forecasts clipped to [1e-7, 1 - 1e-7]."""
    p = np.clip(graded.p.astype(np.float64), CLIP, 1 - CLIP)
    losses = -(graded.correct * np.log(p) + graded.wrong * np.log1p(-p))  # (M, Q)
    return ratio(graded.per_unit(losses.sum(axis=0)), graded.attempts, LOG_LOSS)


def brier_skill(graded: GradedForecast, reference: Float32Array) -> Functional:
    """1 - Brier / Brier of the ``reference`` forecast (M, Q) of the same cells; NaN if that makes no error."""
    attempts = graded.correct + graded.wrong
    other = GradedForecast.of(reference, graded.correct, attempts, graded.units)
    return Sums(np.column_stack([_squared_error(graded), _squared_error(other)]), _skill, SKILL)


def ece(graded: GradedForecast, bins: int = ECE_BINS) -> Functional:
    """Expected calibration error over equal-mass bins of the forecast, their edges fixed on the observed data.

    sum_b |sum over the bin of (correct - p * attempts)| / attempts. The absolute values make it biased upwards
    on few questions, in the data as in replicates; its interval is about the plug-in value's own scatter.
    """
    codes = graded.equal_mass_bins(bins)
    right, wrong = graded.correct[graded.asked].astype(np.float64), graded.wrong[graded.asked]
    gaps = graded.unit_histogram(
        codes, bins, right - graded.p[graded.asked].astype(np.float64) * (right + wrong)
    )
    return Sums(np.column_stack([gaps, graded.attempts]), _calibration_error, LOSS)  # (G, bins + 1)


def macro(metric: Callable[[GradedForecast], Functional], graded: GradedForecast) -> Functional:
    """The mean over benchmarks of a metric computed on each one's questions."""
    parts: list[Functional] = []
    for benchmark in np.unique(graded.units.benchmark):
        part, members = graded.on(int(benchmark))
        parts.append(Among(metric(part), members, len(graded.units)))
    return mean_of(parts)


def macro_accuracy(graded: GradedForecast) -> Functional:
    return macro(accuracy, graded)


def _squared_error(graded: GradedForecast) -> FloatArray:
    """Summed squared errors per unit (G,)."""
    p = graded.p.astype(np.float64)
    return graded.per_unit((graded.correct * (1 - p) ** 2 + graded.wrong * p**2).sum(axis=0))


def _column_sums(counts: CountArray) -> FloatArray:
    return np.asarray(counts.sum(axis=0, dtype=np.int64), dtype=np.float64)


def _skill(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    share = sums[:, 0] / sums[:, 1]
    share = np.where(sums[:, 1] > 0, share, np.nan)
    return 1 - share, np.column_stack([-1 / sums[:, 1], share / sums[:, 1]])


def _calibration_error(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    gaps, attempts = sums[:, :-1], sums[:, -1:]
    values = np.abs(gaps).sum(axis=1, keepdims=True) / attempts
    return values[:, 0], np.hstack([np.sign(gaps) / attempts, -values / attempts])
