"""Fitted methods in a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.errors import MethodError
from embedllm_bench.methods.base import AddsModels, HasEmbeddings, Method, Saves
from embedllm_bench.methods.boosting import Boosting
from embedllm_bench.methods.embedllm import EmbedLLM
from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.irt import ItemResponse
from embedllm_bench.methods.kernel import Kernel
from embedllm_bench.methods.knn import KNN
from embedllm_bench.methods.logistic import Logistic
from embedllm_bench.methods.mf import MatrixFactorization
from embedllm_bench.methods.mlp import MultiLayerPerceptron
from embedllm_bench.methods.reference import BenchmarkMean, ModelMean, SubtaskMean
from embedllm_bench.methods.saving import ARRAYS_FILE, METHOD_FILE
from embedllm_bench.methods.uniroute import UniRoute
from tests.helpers import questions, random_matrix

if TYPE_CHECKING:
    from pathlib import Path

METHODS: list[Method] = [
    KNN(k=9),
    MatrixFactorization(seed=2, dimension=4),
    Logistic(),
    EmbedLLM(dimension=8, epochs=2, device="cpu"),
    EmbedLLM(dimension=8, epochs=2, vectors="hybrid", device="cpu"),
    ModelMean(),
    BenchmarkMean(),
    SubtaskMean(),
    UniRoute(clusters=5),
    ItemResponse(parameters="2pl", hidden=8, device="cpu"),
    MultiLayerPerceptron(hidden=8, layers=2, device="cpu"),
    Kernel(landmarks=40),
    Boosting(landmarks=40, rounds=5),
    Ensemble(landmarks=40, trees=10),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_what_is_loaded_is_what_was_saved(method: Method, tmp_path: Path) -> None:
    matrix = random_matrix(5, 60, missing=0.2)
    assert isinstance(method, Saves)
    method.fit(matrix)
    method.save(tmp_path / "fitted")
    loaded = type(method).load(tmp_path / "fitted")
    assert isinstance(loaded, Method)
    assert loaded == method  # the settings
    assert np.array_equal(loaded.predict_proba(matrix.questions), method.predict_proba(matrix.questions))
    if isinstance(method, AddsModels):  # what was loaded goes on as what was saved would
        assert isinstance(loaded, AddsModels)
        new = (matrix.questions, matrix.correct[0], matrix.attempts[0])
        one, other = (made.add_model(*new) for made in (method, loaded))
        assert isinstance(one, Method)
        assert isinstance(other, Method)
        assert np.array_equal(one.predict_proba(matrix.questions), other.predict_proba(matrix.questions))
    if isinstance(method, HasEmbeddings):
        assert isinstance(loaded, HasEmbeddings)
        assert np.array_equal(loaded.embeddings(), method.embeddings())
    assert sorted(path.name for path in (tmp_path / "fitted").iterdir()) == [ARRAYS_FILE, METHOD_FILE]


def test_groups_without_a_sub_task_are_still_known(tmp_path: Path) -> None:
    matrix = random_matrix(2, 4)
    asked = questions(["a", "b", "c", "d"], ["x", "x", "y", "y"])
    method = SubtaskMean().fit(type(matrix)(matrix.models, asked, matrix.correct, matrix.attempts))
    method.save(tmp_path)
    assert SubtaskMean.load(tmp_path).position_ == {("x", None): 0, ("y", None): 1}


def broken(folder: Path, how: str) -> None:
    described = json.loads((folder / METHOD_FILE).read_text())
    if how == "nothing":
        (folder / METHOD_FILE).unlink()
    elif how == "no JSON":
        (folder / METHOD_FILE).write_text('{"format": 1,')
    elif how == "newer":
        (folder / METHOD_FILE).write_text(json.dumps(described | {"format": 2}))
    elif how == "another's arrays":
        (folder / ARRAYS_FILE).write_bytes((folder / ARRAYS_FILE).read_bytes()[:-1])
    elif how == "unknown setting":
        (folder / METHOD_FILE).write_text(json.dumps(described | {"settings": {"depth": 3}}))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("nothing", "holds no fitted method: No such file or directory; fit and save one."),
        ("no JSON", "method.json is damaged; fit and save the method again."),
        ("newer", "is of format 2, and 1 is read here; fit and save it again."),
        ("another's arrays", "arrays.safetensors is damaged or of another fit; fit and save it again."),
        ("unknown setting", "unexpected keyword argument 'depth'; fit and save it again."),
    ],
)
def test_a_folder_that_is_not_whole_is_one_sentence(how: str, message: str, tmp_path: Path) -> None:
    ModelMean().fit(random_matrix(2, 4)).save(tmp_path)
    broken(tmp_path, how)
    with pytest.raises(MethodError) as raised:
        ModelMean.load(tmp_path)
    assert str(raised.value).startswith(str(tmp_path))
    assert str(raised.value).endswith(message)


def test_another_methods_folder_is_refused_by_name(tmp_path: Path) -> None:
    ModelMean().fit(random_matrix(2, 4)).save(tmp_path)
    with pytest.raises(MethodError, match="holds a fitted 'model-mean', not 'knn'"):
        KNN.load(tmp_path)
