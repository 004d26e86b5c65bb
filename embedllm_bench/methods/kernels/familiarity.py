"""How far a question is like those that were trained on: beyond them trees go on guessing, kernels fall silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.methods.kernels.machine import kernel_of

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.methods.kernels.machine import KernelMachine

SAMPLE = 1000  #: landmarks that tell what is usual
STRANGE = 0.1  #: share of the training questions among which a question begins to be unlike them


def usual(machine: KernelMachine, seed: int) -> FloatArray:
    """How alike training questions are to their nearest other landmark (S,), rising."""
    some = np.sort(np.random.default_rng([seed, 5]).permutation(len(machine.landmarks))[:SAMPLE])
    alike = kernel_of(
        machine.landmarks.take(some), machine.landmarks, machine.scales, machine.mixture
    ).numpy()
    alike[np.arange(len(some)), some] = 0.0
    return np.sort(alike.max(1)).astype(np.float64)


def familiarity(training: FloatArray, nearest: FloatArray) -> FloatArray:
    """Of questions so alike to their nearest landmark (n,), by the training questions' likeness (S,), rising.

    From 0, further off than all of these, to 1 where a tenth of them is not nearer.
    """
    beyond = np.searchsorted(training, nearest, side="right") / len(training)
    return np.asarray(np.clip(beyond / STRANGE, 0, 1))
