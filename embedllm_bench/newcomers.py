"""The new-model task at work: models are held out, and each is added from a few of its outcomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.methods.base import AddsModels, probabilities
from embedllm_bench.onboarding.baselines import benchmark_means, plain_mean, ridge
from embedllm_bench.onboarding.choosing import STRATEGIES, Chooser
from embedllm_bench.onboarding.estimating import (
    AnsweredEstimator,
    Target,
    Unseen,
    UnseenEstimator,
    targets,
)
from embedllm_bench.onboarding.irt import ItemResponse
from embedllm_bench.onboarding.pool import PoolModel, Probe
from embedllm_bench.onboarding.text import TextMap
from embedllm_bench.tasks import new_models
from embedllm_bench.tasks.new_models import ALL, REFIT, Division, Record
from embedllm_bench.tasks.routing import Candidates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray
    from embedllm_bench.methods.base import Method
    from embedllm_bench.onboarding.estimating import Estimates
    from embedllm_bench.planning import Plan
    from embedllm_bench.results import Score
    from embedllm_bench.session import Session
    from embedllm_bench.splits import Split

RANDOM = "random"


def score_new_models(session: Session, plan: Plan) -> list[Score]:
    """Every method that adds models, the pool model with every way to choose questions, and the plain ways.

    Of each seed the first split; probes are of its training questions only.
    """
    records: list[Record] = []
    for seed, splits in plan.question.items():
        split = next(iter(splits.values()))
        refits = {fit.method: fit.forecast.p for fit in session.fit(split, seed)}
        refits[f"{new_models.POOL}-{RANDOM}"] = _refitted_pool(session, split)
        for division in new_models.divisions(session.matrix.models, seed):
            trial = _Trial(session, split, seed, division)
            trial.refits(refits)
            trial.methods()
            trial.pool()
            records += trial.records
    return new_models.score(records)


def _refitted_pool(session: Session, split: Split) -> Float32Array:
    """The pool model's forecast (M, T) of its own models."""
    seen = np.sort(np.concatenate([split.train, split.validation]))
    pool = PoolModel.fit(session.matrix.take(seen))
    text = TextMap.fit(pool, session.matrix.questions.embeddings[seen])
    forecasts = text.forecast(session.matrix.questions.embeddings[split.test])
    mean, factors = pool.whole.at(forecasts)
    train = np.searchsorted(seen, split.train)
    rows = []
    for share, attempts in zip(pool.outcomes[:, train], session.matrix.attempts[:, split.train], strict=True):
        asked = np.flatnonzero(attempts)
        place = pool.place(Probe(train[asked], share[asked], attempts[asked].astype(np.float64)))
        rows.append(mean + factors @ place.mean)
    return np.clip(np.stack(rows), 0, 1).astype(np.float32)


@dataclass
class _Trial:
    """One division of the models on one split."""

    session: Session
    split: Split
    seed: int
    division: Division
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        matrix = self.session.matrix
        self.known = self.division.known(len(matrix.models))
        self.test = matrix.take(self.split.test)
        self.candidates = Candidates.of(matrix, self.split.test)
        _, self.benchmark = matrix.questions.benchmark_codes
        self.names: list[str | None] = [*matrix.questions.benchmark_codes[0], None]
        self.order = np.random.default_rng([self.seed, 7]).permutation(self.split.train)

    def _add(
        self, row: str, metric: str, k: int | None, model: int | None, value: float, at: int = -1
    ) -> None:
        if np.isfinite(value):
            self.records.append(
                Record(row, self.division.kind, metric, k, self.names[at], model, float(value))
            )

    def _forecasts(
        self,
        row: str,
        prefix: str,
        k: int | None,
        p: Mapping[int, FloatArray],
        pool: FloatArray | Float32Array,
    ) -> None:
        """Accuracy of new models' forecasts (T,), and routing among them and the known ones' (N, T)."""
        preference = np.empty((len(self.session.matrix.models), len(self.split.test)))
        preference[self.known] = pool
        for model, forecast in p.items():
            preference[model] = forecast
            self._add(row, f"{prefix}accuracy", k, model, self._accuracy(model, forecast))
        routed = self.candidates.outcome(self.candidates.choose(preference))
        self._add(row, f"{prefix}routing", k, None, float(np.nanmean(routed)))

    def _accuracy(self, model: int, forecast: FloatArray) -> float:
        attempts, correct = self.test.attempts[model].astype(float), self.test.correct[model].astype(float)
        right = np.where(forecast > 0.5, correct, attempts - correct)
        return float(right.sum() / attempts.sum()) if attempts.any() else np.nan

    def refits(self, forecasts: Mapping[str, Float32Array]) -> None:
        """Of methods that were fitted on all models' training outcomes."""
        for row, p in forecasts.items():
            new = {m: p[m].astype(np.float64) for m in self.division.new.tolist()}
            self._forecasts(row, REFIT, None, new, p[self.known])

    def methods(self) -> None:
        """Each fitted on the known models; every new one is added to that fit by itself."""
        for name, method in self.session.adding(self.split, self.seed, self.known).items():
            known = probabilities(method, self.test.questions, len(self.known))
            for prefix, k, asked in self._probes():
                with self.session.failing(name, self.split):
                    self._forecasts(name, prefix, k, self._added(method, asked), known)

    def _probes(self) -> list[tuple[str, int | None, IndexArray]]:
        """The random probes, each the beginning of the next."""
        some = [("", k, self.order[:k]) for k in new_models.OUTCOMES if k < len(self.order)]
        return [*some, (ALL, None, self.order)]

    def _added(self, method: Method, asked: IndexArray) -> dict[int, FloatArray]:
        matrix, found = self.session.matrix, {}
        questions = matrix.questions.take(asked)
        assert isinstance(method, AddsModels)  # noqa: S101 - session.adding gives no others
        for model in self.division.new.tolist():
            added = method.add_model(questions, matrix.correct[model, asked], matrix.attempts[model, asked])
            p = probabilities(added, self.test.questions, len(self.known) + 1)
            found[model] = p[-1].astype(np.float64)
        return found

    def pool(self) -> None:
        """The pool model in both settings, for every way to choose; the plain ways on the random questions."""
        matrix, count = self.session.matrix.take_models(self.known), len(self.names) - 1
        seen = np.sort(np.concatenate([self.split.train, self.split.validation]))
        test, everything = self.split.test, np.arange(len(self.benchmark))
        unseen, whole = PoolModel.fit(matrix.take(seen)), PoolModel.fit(matrix)
        text = TextMap.fit(unseen, matrix.questions.embeddings[seen])
        forecasts = text.forecast(matrix.questions.embeddings[test])
        weights = targets(self.benchmark[test], count)
        sets = Unseen.of(forecasts, weights, targets(self.benchmark[seen], count))
        target = Target.of(whole, targets(self.benchmark, count))
        for way in STRATEGIES:
            row = f"{new_models.POOL}-{way}"
            of_seen = self._choices(way, unseen, seen)
            for prefix, k in self._sizes(way):
                asked, without = of_seen.first(k)
                estimator = UnseenEstimator.of(unseen, text, asked, sets, without)
                self._unseen(row, prefix, k, estimator, forecasts, asked, seen[asked])
            of_all = self._choices(way, whole, everything)
            for prefix, k in self._sizes(way):
                asked, without = of_all.first(k)
                estimated = AnsweredEstimator.of(target, asked, without)
                for model in self.division.new.tolist():
                    probe = self._probe(model, asked, asked)
                    self._estimates(row, f"{prefix}answered", k, model, estimated.estimate(probe), everything)
        self._plain(whole, target.weights)

    def _sizes(self, way: str) -> list[tuple[str, int | None]]:
        some: list[tuple[str, int | None]] = [("", k) for k in new_models.OUTCOMES if k < len(self.order)]
        return [*some, (ALL, None)] if way == RANDOM else some

    def _choices(self, way: str, pool: PoolModel, at: IndexArray) -> _Choices:
        allowed = np.isin(at, self.split.train)
        chooser = Chooser(way, allowed, self.benchmark[at], self.seed)
        count = len(self.order) if way == RANDOM else min(new_models.OUTCOMES[-1], len(self.order))
        return _Choices(chooser.choose(pool, count).questions, chooser.without_each_fold(pool, count))

    def _probe(self, model: int, asked: IndexArray, questions: IndexArray) -> Probe:
        """The model's outcomes at these questions, which are at ``asked`` in the pool; without those it has not."""
        correct = self.session.matrix.correct[model, questions].astype(np.float64)
        attempts = self.session.matrix.attempts[model, questions].astype(np.float64)
        has = attempts > 0
        return Probe(asked[has], correct[has] / attempts[has], attempts[has])

    def _unseen(
        self, row: str, prefix: str, k: int | None, estimator: UnseenEstimator, forecasts: FloatArray,
        asked: IndexArray, questions: IndexArray,
    ) -> None:  # fmt: skip
        """Forecasts and accuracies at the test questions, whose outcomes the pool has not."""
        mean, factors = estimator.pool.whole.at(forecasts)
        p = {}
        for model in self.division.new.tolist():
            probe = self._probe(model, asked, questions)
            p[model] = mean + factors @ estimator.pool.place(probe).mean
            self._estimates(row, f"{prefix}unseen", k, model, estimator.estimate(probe), self.split.test)
        self._forecasts(row, prefix, k, p, forecasts)

    def _estimates(
        self, row: str, setting: str, k: int | None, model: int, found: Estimates, questions: IndexArray
    ) -> None:
        """Error, whether the interval holds the truth, and its half width, per benchmark and over all questions."""
        truth = self._truth(model, questions)
        for at, actual in enumerate(truth.tolist()):
            if np.isfinite(actual):
                holds = found.low[at] <= actual <= found.high[at]
                self._add(row, f"{setting}_mae", k, model, abs(found.value[at] - actual), at)
                self._add(row, f"{setting}_coverage", k, model, float(holds), at)
                self._add(row, f"{setting}_half_width", k, model, found.half_width[at], at)

    def _truth(self, model: int, questions: IndexArray) -> FloatArray:
        """A model's share correct (B,) on each benchmark and on all; NaN where it was not asked every question."""
        correct = self.session.matrix.correct[model, questions].astype(np.float64)
        attempts = self.session.matrix.attempts[model, questions].astype(np.float64)
        share = np.full(len(questions), np.nan)
        np.divide(correct, attempts, out=share, where=attempts > 0)
        codes = self.benchmark[questions]
        parts = [codes == code for code in range(len(self.names) - 1)]
        return np.array([share[part].mean() if part.any() else np.nan for part in (*parts, codes >= 0)])

    def _plain(self, pool: PoolModel, weights: FloatArray) -> None:
        """What the simple ways and item response theory make of the random questions."""
        responses = ItemResponse.fit(pool)
        everything = np.arange(len(self.benchmark))
        for prefix, k, asked in self._probes():
            for model in self.division.new.tolist():
                probe = self._probe(model, asked, asked)
                truth = self._truth(model, everything)
                found = {
                    new_models.MEAN: np.full(len(truth), plain_mean(pool, probe)),
                    new_models.BENCHMARK_MEAN: benchmark_means(pool, probe, weights),
                    new_models.RIDGE: ridge(pool, probe, weights),
                    new_models.IRT: responses.estimate(probe, weights),
                }
                for row, values in found.items():
                    for at, actual in enumerate(truth.tolist()):
                        self._add(row, f"{prefix}answered_mae", k, model, abs(values[at] - actual), at)


@dataclass(frozen=True, eq=False)
class _Choices:
    """Questions chosen with all known models, and without those of each fold; the first of them are the fewer."""

    questions: IndexArray
    without: tuple[IndexArray, ...] | None

    def first(self, k: int | None) -> tuple[IndexArray, tuple[IndexArray, ...] | None]:
        cut = slice(None) if k is None else slice(k)
        return self.questions[cut], None if self.without is None else tuple(one[cut] for one in self.without)
