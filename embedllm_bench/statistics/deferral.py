"""Quality against cost: what a router scores when it pays, more or less gladly, for dearer models.

The deferral curve and its two summaries follow UniRoute (arXiv 2502.08773, experiments): each question goes to the
model with the highest preference - price . cost, and the price runs from nothing to so much that the cheapest model is
always taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array, FloatArray

#: Of a model as dear as the dearest, in units of how far preferences spread.
PRICES = (0.0, *np.logspace(-3, 2, 31).tolist(), np.inf)


@dataclass(frozen=True, eq=False)
class DeferralCurve:
    """The best accuracy at most at each cost, both as means over questions; lines between the points are mixtures."""

    cost: FloatArray  #: (P,) relative to the dearest model's, rising
    accuracy: FloatArray  #: (P,) never falling

    @classmethod
    def of(cls, preference: FloatArray | Float32Array, share: FloatArray, cost: FloatArray) -> Self:
        """Of N models: preferences and shares correct (N, T), and costs (N,) above zero.

        A model with share NaN was not asked that question and is not chosen for it; a question nobody was asked
        is left out.
        """
        asked = ~np.isnan(share)
        kept = asked.any(0)
        share, relative = share[:, kept], cost / cost.max()
        liked = np.where(asked[:, kept], preference[:, kept], -np.inf)
        cheapest = np.where(asked[:, kept], -relative[:, None], -np.inf)
        at = np.arange(share.shape[1])
        spread = float(np.ptp(liked[np.isfinite(liked)])) or 1.0
        points = []
        for price in PRICES:
            choice = (liked - spread * price * relative[:, None] if np.isfinite(price) else cheapest).argmax(
                0
            )
            points.append((float(relative[choice].mean()), float(share[choice, at].mean())))
        points.sort()
        costs, accuracies = np.array(points).T
        last = np.append(costs[1:] != costs[:-1], True)  # of equal costs the best
        return cls(costs[last], np.maximum.accumulate(accuracies)[last])

    @property
    def area(self) -> float:
        """Mean accuracy over costs from the curve's cheapest to the dearest model's; the curve goes on level."""
        if self.cost[0] >= 1:
            return float(self.accuracy[-1])
        costs, accuracies = np.append(self.cost, 1.0), np.append(self.accuracy, self.accuracy[-1])
        return float(np.trapezoid(accuracies, costs) / (1 - costs[0]))

    def cost_of(self, accuracy: float) -> float:
        """The least cost at which the curve is as good; infinite where it never is."""
        reached = np.flatnonzero(self.accuracy >= accuracy)
        if not len(reached):
            return float("inf")
        first = int(reached[0])
        if first == 0:
            return float(self.cost[0])
        (low, high), (bad, good) = self.cost[first - 1 : first + 1], self.accuracy[first - 1 : first + 1]
        return float(low + (high - low) * (accuracy - bad) / (good - bad))


def quality_neutral_cost(curve: DeferralCurve, share: FloatArray, cost: FloatArray) -> float:
    """The share of the most accurate model's cost for which the curve is as accurate as this model.

    At most 1, as one can always take that model itself. Accuracies are over the questions each model was asked, and
    models that were asked less than half of the others' most take no part; of equals the cheapest is the model.
    """
    asked = ~np.isnan(share)
    times = asked.sum(1)
    accuracy = np.where(asked, share, 0.0).sum(1) / np.maximum(times, 1)
    accuracy[2 * times < times.max()] = -np.inf
    best = int(np.lexsort((cost, -accuracy))[0])
    return min(1.0, curve.cost_of(float(accuracy[best])) / float(cost[best] / cost.max()))
