"""The variants of the ensemble that its ablations are made with."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.settings import build
from embedllm_bench.registry import Plugins
from tests.helpers import random_matrix

FILE = Path(__file__).parents[2] / "benchmarks" / "variants.py"


def test_the_variant_with_labels_reads_a_sub_task_that_nothing_else_tells() -> None:
    plain = random_matrix(5, 400)
    by_label = np.array([name in ("s0", "s3") for name in plain.questions.subtasks])
    noise = np.random.default_rng(1).random(plain.correct.shape) < 0.1
    matrix = dataclasses.replace(plain, correct=(by_label ^ noise).astype(np.uint8))
    train, validation, test = (matrix.take(np.arange(*part)) for part in ((0, 300), (300, 350), (350, 400)))
    right = {}
    plugins = Plugins((str(FILE),))
    for name in ("ensemble", "ensemble-labels"):
        kind = plugins.methods[name].thing
        method = build(kind, {"trees": 20}, 0).fit(train, validation)
        assert isinstance(method, Ensemble)
        right[name] = float(((method.predict_proba(test.questions) > 0.5) == test.correct).mean())
    assert right["ensemble"] < 0.65
    assert right["ensemble-labels"] > 0.85


def test_the_variant_without_kernels_grows_its_forest_on_texts_and_vectors_alone() -> None:
    matrix = random_matrix(5, 120)
    plugins = Plugins((str(FILE),))
    kinds = [plugins.methods[name].thing for name in ("ensemble", "ensemble-without-kernels")]
    whole, without = (build(kind, {"trees": 20}, 0).fit(matrix) for kind in kinds)
    assert isinstance(whole, Ensemble)
    assert isinstance(without, Ensemble)
    seen = whole.rows_.see(matrix.questions)
    numbers = without.rows_.see(matrix.questions).rows.shape[1]
    assert numbers == seen.rows.shape[1] - sum(made.shape[1] for made in seen.forecasts)
    assert numbers > without.trees_.number.max()
    assert whole.trees_.number.max() >= numbers
