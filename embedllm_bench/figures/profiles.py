"""What sets each model apart from models that are as good as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.figure_data import Difference, Models, Profile
from embedllm_bench.figures.curves import DIGITS
from embedllm_bench.statistics.intervals import paired_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

PEERS = 10
PARTNERS = 5
FEWEST_COMMON = 0.5  #: of a model's questions that a partner was asked too


def model_counts(
    matrix: CorrectnessMatrix, families: Sequence[str | None], sizes: Sequence[str | None]
) -> Models:
    """Right and graded attempts of every model on every benchmark."""
    names, codes = matrix.questions.benchmark_codes
    right, asked = (
        tuple(tuple(counts[:, codes == code].sum(1, dtype=np.int64).tolist()) for code in range(len(names)))
        for counts in (matrix.correct, matrix.attempts)
    )
    return Models(matrix.models, tuple(families), tuple(sizes), right, asked)


def profiles(matrix: CorrectnessMatrix, only: Sequence[int] | None = None) -> tuple[Profile, ...]:
    """Every model's profile, or that of ``only`` some; none with a single model.

    Peers are the ten models nearest in accuracy over all, so that what differs is not how good they are but at what.
    A difference is over the questions that it and a peer were asked, its share right minus its peers' mean.
    """
    if len(matrix.models) < 2:
        return ()
    asked = matrix.attempts > 0
    share = np.zeros(asked.shape, dtype=np.float32)  # (M, Q) 0 where not asked; asked says which
    np.divide(matrix.correct, matrix.attempts, out=share, where=asked)
    accuracy = matrix.correct.sum(1, dtype=np.int64) / np.maximum(matrix.attempts.sum(1, dtype=np.int64), 1)
    chosen = range(len(matrix.models)) if only is None else only
    together = _together(share, asked.astype(np.float32), np.array(chosen))
    made = []
    for place, model in enumerate(chosen):
        order = np.argsort(np.abs(accuracy - accuracy[model]), kind="stable")
        peers = order[order != model][:PEERS]
        partners = np.argsort(-together[place], kind="stable")[:PARTNERS]
        partners = partners[np.isfinite(together[place, partners])]
        made.append(
            Profile(
                tuple(peers.tolist()),
                tuple(_differences(matrix, share, model, peers)),
                tuple(partners.tolist()),
                tuple(np.round(together[place, partners].astype(np.float64), DIGITS).tolist()),
            )
        )
    return tuple(made)


def _together(share: Float32Array, asked: Float32Array, chosen: IndexArray) -> Float32Array:
    """(m, M) share of common questions that at least one of two answers, -inf for itself and where few are common.

    Of attempts that disagree the shares count as chances that do not depend on each other.
    """
    common = asked[chosen] @ asked.T
    either = share[chosen] @ asked.T + asked[chosen] @ share.T - share[chosen] @ share.T
    enough = common >= np.maximum(FEWEST_COMMON * asked[chosen].sum(1, keepdims=True), 1)
    found = np.full(common.shape, -np.inf, dtype=np.float32)
    np.divide(either, common, out=found, where=enough)
    found[np.arange(len(chosen)), chosen] = -np.inf
    return found


def _differences(
    matrix: CorrectnessMatrix, share: Float32Array, model: int, peers: IndexArray
) -> list[Difference]:
    """By benchmark; questions of one text count as one unit."""
    names, codes = matrix.questions.benchmark_codes
    asked = matrix.attempts[peers] > 0  # (p, Q)
    common = np.flatnonzero((matrix.attempts[model] > 0) & asked.any(0))
    own = share[model, common]
    theirs = share[np.ix_(peers, common)].sum(0) / asked[:, common].sum(0)
    found = []
    for code in range(len(names)):
        at = codes[common] == code
        if not at.any():
            continue
        _, unit = np.unique(matrix.questions.groups[common[at]], return_inverse=True)
        values = np.bincount(unit, weights=(own - theirs)[at]) / np.bincount(unit)
        variance = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 1.0
        bounds = paired_share(float(values.mean()), variance, len(values))
        value, low, high = (
            round(float(number), DIGITS) for number in (values.mean(), bounds.low, bounds.high)
        )
        found.append(Difference(code, value, low, high, int(at.sum())))
    return found
