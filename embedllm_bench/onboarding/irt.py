"""Item response theory as a way to estimate accuracy from few outcomes, to hold the pool model against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import FloatArray
    from embedllm_bench.onboarding.place import Probe
    from embedllm_bench.onboarding.pool import PoolModel

DIMENSION, STEPS, RATE, PENALTY = 5, 300, 0.05, 0.05
NEWTON_STEPS = 25
CONVERGED = 1e-8  #: a step of ability that changes nothing any more


@dataclass(frozen=True, eq=False)
class ItemResponse:
    """P(correct) = sigmoid(slopes @ ability - hardness), the multi-dimensional two-parameter model.

    As tinyBenchmarks (Polo et al. 2024) uses it, but with penalised maximum likelihood in place of variational
    inference; the estimate is their p-IRT: outcomes where it was asked, probabilities elsewhere.
    """

    slopes: FloatArray  #: (Q, D)
    hardness: FloatArray  #: (Q,)

    @classmethod
    def fit(cls, pool: PoolModel) -> ItemResponse:
        """Learn from the known models' outcomes, with Gaussian priors and Adam."""
        import torch

        generator = torch.Generator().manual_seed(0)
        outcomes = torch.tensor(pool.outcomes, dtype=torch.float32)  # (M, Q)
        models, questions = outcomes.shape
        ability = torch.randn(models, DIMENSION, generator=generator)
        slopes = torch.randn(questions, DIMENSION, generator=generator) * 0.1
        slopes[:, 0] += 1
        hardness = -torch.logit(outcomes.mean(0).clamp(0.02, 0.98))
        learned = [tensor.requires_grad_() for tensor in (ability, slopes, hardness)]
        steps = torch.optim.Adam(learned, lr=RATE)
        for _ in range(STEPS):
            steps.zero_grad()
            logits = ability @ slopes.T - hardness
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, outcomes, reduction="sum")
            prior = (ability**2).sum() / 2 + PENALTY * ((slopes**2).sum() + (hardness**2).sum())
            (loss + prior).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            steps.step()
        return cls(slopes.detach().double().numpy(), hardness.detach().double().numpy())

    def estimate(self, probe: Probe, weights: FloatArray) -> FloatArray:
        """Accuracies (B,) with weights (B, Q) over the questions."""
        slopes, hardness = self.slopes[probe.asked], self.hardness[probe.asked]
        ability = np.zeros(self.slopes.shape[1])
        for _ in range(NEWTON_STEPS):
            p = _sigmoid(slopes @ ability - hardness)
            gradient = slopes.T @ (probe.attempts * (probe.share - p)) - ability
            weight = probe.attempts * p * (1 - p)
            step = np.linalg.solve(slopes.T @ (weight[:, None] * slopes) + np.eye(len(ability)), gradient)
            length = float(np.linalg.norm(step))
            ability += step * min(1.0, 2.0 / max(length, 1e-9))
            if length < CONVERGED:
                break
        filled = _sigmoid(self.slopes @ ability - self.hardness)
        filled[probe.asked] = probe.share
        return np.asarray(weights @ filled)


def _sigmoid(logits: FloatArray) -> FloatArray:
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)))
