"""Questions worth a look: hardest, most discriminating, most disputed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.figure_data import AskedQuestion
from embedllm_bench.figures.curves import DIGITS

if TYPE_CHECKING:
    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

HARDEST, DISCRIMINATING, DISPUTED = "hardest", "discriminating", "disputed"
FEWEST_ASKED = 5  #: models, for a question to say anything
TOTAL = 120  #: of a view, all benchmarks together
MOST, FEWEST = 20, 3  #: of a view on one benchmark
LONGEST = 2000  #: characters of a text
CHUNK = 2000  #: questions at once


@dataclass(frozen=True, eq=False)
class Statistics:
    """Of Q questions."""

    right: IndexArray  #: (Q,) models whose attempts are mostly right
    asked: IndexArray  #: (Q,) models asked
    discrimination: FloatArray  #: (Q,) NaN where it is undefined

    @property
    def share(self) -> FloatArray:
        return np.asarray(self.right / np.maximum(self.asked, 1))


def statistics(matrix: CorrectnessMatrix) -> Statistics:
    """How many were asked and right, and how well a question tells good models from bad ones.

    Discrimination is the correlation, over the models asked, of answering a question with the share answered of the
    others (corrected item-total correlation; Lord & Novick 1968, Statistical Theories of Mental Test Scores, ch. 15).
    """
    asked_of, right_of = _asked_and_right(matrix)
    right, asked = (counts.sum(0, dtype=np.int64) for counts in (right_of, asked_of))
    total, count = (counts.sum(1, dtype=np.int64)[:, None] for counts in (right_of, asked_of))
    parts = [
        _correlation(right_of[:, at : at + CHUNK], asked_of[:, at : at + CHUNK], total, count)
        for at in range(0, right_of.shape[1], CHUNK)
    ]
    return Statistics(right, asked, np.concatenate(parts) if parts else np.empty(0))


def _asked_and_right(matrix: CorrectnessMatrix) -> tuple[BoolArray, BoolArray]:
    return matrix.observed, np.asarray(2 * matrix.correct.astype(np.int32) > matrix.attempts)


def _correlation(right: BoolArray, asked: BoolArray, total: IndexArray, count: IndexArray) -> FloatArray:
    """(q,) over the models asked of each question."""
    weight = asked.astype(np.float64)  # (M, q)
    x = right.astype(np.float64)
    rest = (total - right) / np.maximum(count - asked, 1)
    n = np.maximum(weight.sum(0), 1)
    dx = weight * (x - (weight * x).sum(0) / n)
    dy = weight * (rest - (weight * rest).sum(0) / n)
    scale = np.sqrt((dx**2).sum(0) * (dy**2).sum(0))
    found = np.full(right.shape[1], np.nan)
    np.divide((dx * dy).sum(0), scale, out=found, where=scale > 1e-12)
    return found


def standing_out(matrix: CorrectnessMatrix) -> tuple[AskedQuestion, ...]:
    """The first of each view on each benchmark, by position in the matrix; none that fewer than five models were asked.

    Hardest have the smallest share right. Most disputed are those closest to half right and half wrong, and of these
    the ones that say least about how good the models are at the rest.
    """
    of = statistics(matrix)
    known = np.nan_to_num(of.discrimination, nan=0.0)
    keys = {
        HARDEST: (-of.asked, of.share),
        DISCRIMINATING: (of.share, -known),
        DISPUTED: (np.abs(known), np.abs(of.share - 0.5)),
    }
    names, codes = matrix.questions.benchmark_codes
    each = max(FEWEST, min(MOST, TOTAL // max(len(names), 1)))
    views: dict[int, list[str]] = {}
    for code in range(len(names)):
        there = np.flatnonzero((codes == code) & (of.asked >= FEWEST_ASKED))
        for view, key in keys.items():
            order = np.lexsort(tuple(column[there] for column in key))  # the last key goes first
            for question in there[order][:each].tolist():
                views.setdefault(question, []).append(view)
    asked_of, right_of = _asked_and_right(matrix)
    return tuple(
        AskedQuestion(
            id=matrix.questions.ids[q],
            benchmark=int(codes[q]),
            text=matrix.questions.texts[q][:LONGEST],
            clipped=max(len(matrix.questions.texts[q]) - LONGEST, 0),
            right=int(of.right[q]),
            asked=int(of.asked[q]),
            discrimination=None
            if np.isnan(of.discrimination[q])
            else round(float(of.discrimination[q]), DIGITS),
            views=tuple(views[q]),
            answered_by=bits(right_of[:, q]),
            asked_of=bits(asked_of[:, q]),
        )
        for q in sorted(views)
    )


def bits(members: BoolArray) -> str:
    """Hexadecimal digits of four models each, the first model in the lowest bit of the first."""
    padded = np.zeros(-(-len(members) // 4) * 4, dtype=np.int64)
    padded[: len(members)] = members
    digits = padded.reshape(-1, 4) @ np.array([1, 2, 4, 8])
    return "".join(f"{digit:x}" for digit in digits.tolist())
