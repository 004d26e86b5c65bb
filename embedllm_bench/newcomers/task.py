"""Every seed, every division of the models, every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.methods.base import (
    AddsDescribedModels,
    AddsModels,
    Forecast,
    preferences,
    probabilities,
)
from embedllm_bench.newcomers.ledger import Ledger
from embedllm_bench.newcomers.pools import PoolRows
from embedllm_bench.onboarding.choosing import STRATEGIES
from embedllm_bench.onboarding.place import Probe
from embedllm_bench.onboarding.pool import PoolModel
from embedllm_bench.onboarding.text import TextFeatures, TextMap
from embedllm_bench.tasks import new_models
from embedllm_bench.tasks.new_models import REFIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray
    from embedllm_bench.methods.base import Method
    from embedllm_bench.planning import Plan
    from embedllm_bench.results import Score
    from embedllm_bench.session import Session
    from embedllm_bench.splits import Split
    from embedllm_bench.tasks.new_models import Division


def expected(session: Session, plan: Plan) -> int:
    """How many rows new models go through, one for each division: what a progress bar counts."""
    rows = len(session.adders) + len(STRATEGIES) + 2  # with auto and the plain ways
    return sum(rows * len(_divisions(session, seed)) for seed in plan.question)


def _divisions(session: Session, seed: int) -> list[Division]:
    return list(new_models.divisions(session.matrix.models, seed, session.matrix.cards))


def score_new_models(session: Session, plan: Plan) -> list[Score]:
    """Every method that adds models, the pool model with every way to choose questions, and the plain ways.

    Of each seed the first split; probes are of its training questions only.
    """
    tally = new_models.Tally(len(session.matrix.models))
    for seed, splits in plan.question.items():
        split = next(iter(splits.values()))
        refits = {fit.method: fit.forecast for fit in session.fit(split, seed)}
        seen = np.sort(np.concatenate([split.train, split.validation]))
        features = TextFeatures.of(session.matrix.questions.embeddings[seen])
        pool = f"{new_models.POOL}-{new_models.RANDOM}"
        refits[pool] = Forecast(_refitted_pool(session, split, seen, features), None)
        for division in _divisions(session, seed):
            ledger = Ledger(session, split, seed, division, tally)
            _refits(ledger, refits)
            _methods(ledger)
            PoolRows.of(ledger, seen, features).note()
    return tally.scores()


def _refitted_pool(session: Session, split: Split, seen: IndexArray, features: TextFeatures) -> Float32Array:
    """The pool model's forecast (M, T) of its own models, from the questions ``seen``, which the features are of."""
    pool = PoolModel.fit(session.matrix.take(seen))
    text = TextMap.fit(pool, features)
    forecasts = text.forecast(session.matrix.questions.embeddings[split.test])
    mean, factors = pool.whole.at(forecasts)
    train = np.searchsorted(seen, split.train)
    rows = []
    for share, attempts in zip(pool.outcomes[:, train], session.matrix.attempts[:, split.train], strict=True):
        asked = np.flatnonzero(attempts)
        place = pool.place(Probe(train[asked], share[asked], attempts[asked].astype(np.float64)))
        rows.append(mean + factors @ place.mean)
    return np.clip(np.stack(rows), 0, 1).astype(np.float32)


def _refits(ledger: Ledger, forecasts: Mapping[str, Forecast]) -> None:
    """Of methods that were fitted on all models' training outcomes."""
    for row, forecast in forecasts.items():
        liked = forecast.p if forecast.preference is None else forecast.preference
        p = {m: forecast.p[m].astype(np.float64) for m in ledger.new}
        ledger.forecasts(row, REFIT, None, p)
        ledger.means(row, REFIT, None, p)
        ledger.routes(
            row, REFIT, None, {m: liked[m].astype(np.float64) for m in ledger.new}, liked[ledger.known]
        )


def _methods(ledger: Ledger) -> None:
    """Each fitted on the known models; every new one is added to that fit by itself."""
    session = ledger.session
    for name, method in session.adding(ledger.split, ledger.seed, ledger.known).items():
        with session.failing(name, ledger.split):
            _, known = _preferred(ledger, method, len(ledger.known))
            for prefix, k, asked in ledger.probes():
                p, liked = _added(ledger, method, asked)
                ledger.forecasts(name, prefix, k, p)
                ledger.means(name, prefix, k, p)
                ledger.routes(name, prefix, k, liked, known)


def _preferred(ledger: Ledger, method: Method, models: int) -> tuple[Float32Array, Float32Array]:
    """Forecasts of the test questions and what these are routed by, each (models, T)."""
    questions = ledger.test.questions
    p = probabilities(method, questions, models)
    liked = preferences(method, questions, p)
    return p, p if liked is None else liked


def _added(
    ledger: Ledger, method: Method, asked: IndexArray
) -> tuple[dict[int, FloatArray], dict[int, FloatArray]]:
    """Forecasts and preferences (T,) for each new model by its outcomes at these questions, and its card if read."""
    matrix = ledger.session.matrix
    forecasts: dict[int, FloatArray] = {}
    liked: dict[int, FloatArray] = {}
    questions = matrix.questions.take(asked)
    for model in ledger.new:
        outcomes = questions, matrix.correct[model, asked], matrix.attempts[model, asked]
        if isinstance(method, AddsDescribedModels):
            added: Method = method.add_described_model(ledger.traits[model], *outcomes)
        else:
            assert isinstance(method, AddsModels)  # noqa: S101 - session.adding gives no others
            added = method.add_model(*outcomes)
        p, preference = _preferred(ledger, added, len(ledger.known) + 1)
        forecasts[model], liked[model] = p[-1].astype(np.float64), preference[-1].astype(np.float64)
    return forecasts, liked
