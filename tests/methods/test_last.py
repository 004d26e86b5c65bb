"""Methods that look at the same questions once, however many models are added."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.methods.boosting import Boosting
from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.kernel import Kernel
from embedllm_bench.methods.kernels.views import Viewed
from tests.helpers import random_matrix

if TYPE_CHECKING:
    from embedllm_bench.matrix import Questions
    from embedllm_bench.methods.kernels.shared import SharedScores
    from embedllm_bench.methods.kernels.views import Scales

METHODS = (
    Kernel(landmarks=40),
    Boosting(rounds=5, landmarks=40),
    Ensemble(trees=5, landmarks=40, clusters=3),
)
MATRIX = random_matrix(6, 120)
TRAIN, ASKED, OTHERS = np.arange(80), np.arange(80, 100), np.arange(100, 120)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_questions_are_looked_at_once_for_all_models(
    method: SharedScores, monkeypatch: pytest.MonkeyPatch
) -> None:
    method.fit(MATRIX.take(TRAIN).take_models(np.arange(4)), None)
    looked: list[int] = []
    look = Viewed.of

    def counted(questions: Questions, scales: Scales) -> Viewed:
        looked.append(len(questions))
        return look(questions, scales)

    monkeypatch.setattr(Viewed, "of", counted)
    asked, others = MATRIX.questions.take(ASKED), MATRIX.questions.take(OTHERS)
    known = method.predict_proba(asked)
    train = MATRIX.take(TRAIN)
    for model in (4, 5):
        added = method.add_model(train.questions, train.correct[model], train.attempts[model])
        assert np.array_equal(added.predict_proba(asked)[:4], known)
    assert len(looked) == 1
    assert not np.array_equal(method.predict_proba(others), known)
    assert np.array_equal(method.predict_proba(dataclasses.replace(asked)), known)
    assert len(looked) == 3


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_another_fit_looks_anew(method: SharedScores) -> None:
    asked = MATRIX.questions.take(ASKED)
    first = method.fit(MATRIX.take(TRAIN), None).predict_proba(asked)
    again = method.fit(MATRIX.take(OTHERS), None).predict_proba(asked)
    assert not np.array_equal(again, first)
    assert np.array_equal(
        again, dataclasses.replace(method).fit(MATRIX.take(OTHERS), None).predict_proba(asked)
    )
