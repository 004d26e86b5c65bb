"""A method that routes by something else than its forecasts is scored by that, and by its forecasts elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.errors import MethodError
from embedllm_bench.methods.base import Forecast, Method, forecast
from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.kernels.link import logit
from embedllm_bench.methods.reference import ModelMean
from embedllm_bench.methods.uniroute import UniRoute
from embedllm_bench.splits import question_split
from embedllm_bench.tasks import forecasting, routing
from embedllm_bench.tasks.base import Fitted, Scope, pool
from tests.helpers import random_matrix

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array


def test_routing_takes_the_preferred_model_and_forecasting_the_forecasts() -> None:
    matrix = random_matrix(4, 300)
    split = question_split(matrix.questions, 0)
    truth = matrix.take(split.test).correct.astype(np.float32)
    wrong = Forecast(1 - truth, None)
    mixed = Forecast(1 - truth, None, preference=truth)
    run = pool([Fitted(name, 0, split, made, 0, 0) for name, made in (("wrong", wrong), ("mixed", mixed))])[0]
    scope = Scope("", None, None, 0, len(split.test))
    single = np.zeros(truth.shape)
    routed = routing.score_runs(matrix, [run], [single], scope, ["wrong", "mixed"], [], 200)
    forecast_ = forecasting.score_runs(matrix, [run], scope, ["wrong", "mixed"], [], 200)
    value = {
        (s.method, s.metric, task): s.value
        for task, scores in (("r", routed), ("f", forecast_))
        for s in scores
    }
    answerable = float((truth.max(0) > 0).mean())
    assert value["mixed", "accuracy", "r"] == pytest.approx(answerable)
    assert value["wrong", "accuracy", "r"] == pytest.approx(1 - float((truth.min(0) < 1).mean()))
    assert value["mixed", "accuracy", "f"] == value["wrong", "accuracy", "f"] == 0
    narrowed = run.on(matrix, "b1")
    assert narrowed.preferences["mixed"].shape == narrowed.forecasts["mixed"].shape


def test_the_ensemble_routes_by_its_forecast_and_the_cluster_together() -> None:
    matrix = random_matrix(5, 200)
    method = Ensemble(trees=10, clusters=8).fit(matrix)
    p = method.predict_proba(matrix.questions)
    local = (
        UniRoute(clusters=8, assignment="nearest", device="cpu").fit(matrix).predict_proba(matrix.questions)
    )
    expected = (logit(p.astype(np.float64)) + logit(local.astype(np.float64))) / 2
    assert method.preference(matrix.questions, p) == pytest.approx(expected, abs=1e-5)
    made = forecast(method, matrix.questions, 5)
    assert made.preference is not None
    assert made.preference == pytest.approx(expected, abs=1e-5)


def test_a_preference_of_another_shape_is_the_method_s_failure() -> None:
    class Short(ModelMean):
        def preference(self, questions: object, p: Float32Array) -> Float32Array:  # noqa: ARG002 - the protocol's signature
            return np.asarray(p[0], dtype=np.float32)

    matrix = random_matrix(3, 20)
    method: Method = Short().fit(matrix)
    with pytest.raises(MethodError, match=r"model-mean\.preference returned shape \(20,\); expected 3 x 20"):
        forecast(method, matrix.questions, 3)
