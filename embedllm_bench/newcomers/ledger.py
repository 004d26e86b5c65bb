"""One division of the models on one split: what is noted of every row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.cards.traits import all_traits, are_strangers
from embedllm_bench.onboarding.estimating import targets
from embedllm_bench.onboarding.place import Probe
from embedllm_bench.statistics.deferral import DeferralCurve, quality_neutral_cost
from embedllm_bench.tasks import new_models
from embedllm_bench.tasks.new_models import ALL, ANSWERED, NEW, UNSEEN, Division, Measure, Tally
from embedllm_bench.tasks.routing import Candidates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray
    from embedllm_bench.cards.traits import Traits
    from embedllm_bench.onboarding.estimating import Estimates
    from embedllm_bench.session import Session
    from embedllm_bench.splits import Split


@dataclass
class Ledger:
    """The models that are new and those that are known, and what is noted of every row about them."""

    session: Session
    split: Split
    seed: int
    division: Division
    tally: Tally

    def __post_init__(self) -> None:
        matrix = self.session.matrix
        self.known = self.division.known(len(matrix.models))
        self.test = matrix.take(self.split.test)
        self.candidates = Candidates.of(matrix, self.split.test)
        _, self.benchmark = matrix.questions.benchmark_codes
        self.names: list[str | None] = [*matrix.questions.benchmark_codes[0], None]
        self.order = np.random.default_rng([self.seed, 7]).permutation(self.split.train)

    @property
    def new(self) -> list[int]:
        return [int(model) for model in self.division.new]

    @cached_property
    def traits(self) -> tuple[Traits, ...]:
        """Of all models."""
        matrix = self.session.matrix
        return all_traits(matrix.models, matrix.cards)

    @cached_property
    def kin(self) -> frozenset[int]:
        """The new models of whose family another is known."""
        strange = are_strangers([self.traits[m] for m in self.new], [self.traits[m] for m in self.known])
        return frozenset(m for m, one in zip(self.new, strange, strict=True) if not one)

    @cached_property
    def costs(self) -> FloatArray:
        """Of a call of each model (M,), for which its parameters stand; NaN where nothing tells of them."""
        return np.array([np.nan if one.parameters is None else one.parameters for one in self.traits], float)

    @cached_property
    def priced(self) -> dict[str, IndexArray]:
        """The models whose cost is known: of all, and of the new ones alone, where these are two at least."""
        known = np.isfinite(self.costs)
        pools = {"": np.flatnonzero(known), NEW: np.array([m for m in self.new if known[m]], dtype=np.int64)}
        return {name: models for name, models in pools.items() if len(models) > 1}

    def sizes(self, *, whole: bool) -> list[tuple[str, int | None]]:
        """How many outcomes a new model has, with what stands before a metric; ``whole`` adds all of them."""
        some: list[tuple[str, int | None]] = [("", k) for k in new_models.OUTCOMES if k < len(self.order)]
        return [*some, (ALL, None)] if whole else some

    def probes(self) -> list[tuple[str, int | None, IndexArray]]:
        """The random probes, each the beginning of the next."""
        return [(prefix, k, self.order[:k]) for prefix, k in self.sizes(whole=True)]

    def probe(self, model: int, asked: IndexArray, questions: IndexArray) -> Probe:
        """The model's outcomes at these questions, which are at ``asked`` in the pool; without those it has not."""
        correct = self.session.matrix.correct[model, questions].astype(np.float64)
        attempts = self.session.matrix.attempts[model, questions].astype(np.float64)
        has = attempts > 0
        return Probe(asked[has], correct[has] / attempts[has], attempts[has])

    @cached_property
    def truths(self) -> dict[str, FloatArray]:
        """Shares correct (M, B) on each benchmark and on all, by setting; NaN where not every question was asked."""
        matrix, found = self.session.matrix, {}
        for setting, at in ((UNSEEN, self.split.test), (ANSWERED, np.arange(len(self.benchmark)))):
            attempts = matrix.attempts[:, at].astype(np.float64)
            share = np.full(attempts.shape, np.nan)
            np.divide(matrix.correct[:, at], attempts, out=share, where=attempts > 0)
            parts = [self.benchmark[at] == code for code in range(len(self.names) - 1)]
            means = [share[:, part].mean(1) if part.any() else np.full(len(share), np.nan) for part in parts]
            found[setting] = np.stack([*means, share.mean(1)], axis=1)
        return found

    def add(
        self,
        row: str,
        metric: str,
        k: int | None,
        values: FloatArray,
        models: IndexArray | None = None,
        at: int = -1,
    ) -> None:
        """Note numbers (N,) about models, or one about all new ones; benchmark ``at``, the last all questions."""
        self.tally.add(Measure(row, self.division.kind, metric, k, self.names[at]), values, models)

    def forecasts(self, row: str, prefix: str, k: int | None, p: Mapping[int, FloatArray]) -> None:
        """Accuracy of new models' forecasts (T,)."""
        accuracies = np.array([self._accuracy(model, forecast) for model, forecast in p.items()])
        self.add(row, f"{prefix}accuracy", k, accuracies, np.array(list(p), dtype=np.int64))

    def means(self, row: str, prefix: str, k: int | None, p: Mapping[int, FloatArray]) -> None:
        """How far forecasts (T,) of new models are off on average, on each benchmark's test questions and on all."""
        weights = targets(self.benchmark[self.split.test], len(self.names) - 1)
        self.values(row, prefix, UNSEEN, k, list(p), np.stack(list(p.values())) @ weights.T)

    def routes(
        self,
        row: str,
        prefix: str,
        k: int | None,
        liked: Mapping[int, FloatArray],
        known: FloatArray | Float32Array,
    ) -> None:
        """Routing by preferences (T,) for the new models and (N, T) for the known ones, without and with costs."""
        preference = np.empty((len(self.session.matrix.models), len(self.split.test)))
        preference[self.known] = known
        for model, values in liked.items():
            preference[model] = values
        routed = self.candidates.outcome(self.candidates.choose(preference))
        self.add(row, f"{prefix}routing", k, np.array([np.nanmean(routed)]))
        for pool, models in self.priced.items():
            share, cost = self.candidates.share[models], self.costs[models]
            if np.isnan(share).all():  # none of them was asked a test question
                continue
            curve = DeferralCurve.of(preference[models], share, cost)
            self.add(row, f"{prefix}{pool}area", k, np.array([curve.area]))
            self.add(row, f"{prefix}{pool}qnc", k, np.array([quality_neutral_cost(curve, share, cost)]))

    def values(
        self, row: str, prefix: str, setting: str, k: int | None, models: Sequence[int], found: FloatArray
    ) -> None:
        """How far models' accuracies (N, B) are off; without outcomes also by themselves for models with kin."""
        new = np.array(models, dtype=np.int64)
        off = np.abs(found - self.truths[setting][new])
        kin = np.array([model in self.kin for model in models], dtype=bool)
        for at, errors in enumerate(off.T):
            self.add(row, f"{prefix}{setting}_mae", k, errors, new, at)
            if k == 0 and self.division.kind == "models":
                for kinship, which in (("kin", kin), ("strangers", ~kin)):
                    self.add(row, f"{kinship}_{setting}_mae", k, errors[which], new[which], at)

    def estimates(
        self, row: str, prefix: str, setting: str, k: int | None, models: Sequence[int], found: Estimates
    ) -> None:
        """Error, whether the interval holds the truth, and its half width, per benchmark and over all questions."""
        self.values(row, prefix, setting, k, models, found.value)
        new = np.array(models, dtype=np.int64)
        actual = self.truths[setting][new]  # (N, B)
        holds = np.where(np.isfinite(actual), (found.low <= actual) & (actual <= found.high), np.nan)
        widths = np.where(np.isfinite(actual), found.half_width, np.nan)
        for at in range(actual.shape[1]):
            self.add(row, f"{prefix}{setting}_coverage", k, holds[:, at], new, at)
            self.add(row, f"{prefix}{setting}_half_width", k, widths[:, at], new, at)

    def _accuracy(self, model: int, forecast: FloatArray) -> float:
        attempts, correct = self.test.attempts[model].astype(float), self.test.correct[model].astype(float)
        right = np.where(forecast > 0.5, correct, attempts - correct)
        return float(right.sum() / attempts.sum()) if attempts.any() else np.nan
