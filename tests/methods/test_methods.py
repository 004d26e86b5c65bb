from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embedllm_bench.errors import MethodError, UsageError
from embedllm_bench.matrix import CorrectnessMatrix
from embedllm_bench.methods.base import HasEmbeddings, Method, forecast
from embedllm_bench.methods.boosting import Boosting
from embedllm_bench.methods.embedllm import EmbedLLM
from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.geometry import score_geometry
from embedllm_bench.methods.irt import ItemResponse
from embedllm_bench.methods.kernel import Kernel
from embedllm_bench.methods.knn import KNN
from embedllm_bench.methods.logistic import Logistic
from embedllm_bench.methods.mf import MatrixFactorization
from embedllm_bench.methods.mlp import MultiLayerPerceptron
from embedllm_bench.methods.reference import BenchmarkMean, ModelMean, SubtaskMean
from embedllm_bench.methods.settings import build, parse_settings
from embedllm_bench.methods.uniroute import UniRoute
from tests.helpers import questions, random_matrix

METHODS: list[type[Method]] = [
    KNN,
    MatrixFactorization,
    Logistic,
    EmbedLLM,
    ModelMean,
    BenchmarkMean,
    SubtaskMean,
    UniRoute,
    ItemResponse,
    MultiLayerPerceptron,
    Kernel,
    Boosting,
    Ensemble,
]
LEARNED: list[type[Method]] = [
    KNN,
    MatrixFactorization,
    Logistic,
    EmbedLLM,
    UniRoute,
    ItemResponse,
    MultiLayerPerceptron,
    Kernel,
    Boosting,
    Ensemble,
]


def parts(matrix: CorrectnessMatrix) -> tuple[CorrectnessMatrix, CorrectnessMatrix, CorrectnessMatrix]:
    order = np.arange(len(matrix.questions))
    return matrix.take(order[:240]), matrix.take(order[240:270]), matrix.take(order[270:])


@pytest.mark.parametrize("kind", METHODS)
def test_a_forecast_is_a_probability_for_every_model_and_the_same_again(kind: type[Method]) -> None:
    train, validation, test = parts(random_matrix(6, 300, missing=0.3))
    first = forecast(kind(seed=1).fit(train, validation), test.questions, 6)
    again = forecast(kind(seed=1).fit(train, validation), test.questions, 6)
    assert first.p.shape == (6, 30)
    assert np.array_equal(first.p, again.p)


@pytest.mark.parametrize("kind", METHODS)
def test_what_stands_in_cells_nobody_asked_does_not_matter(kind: type[Method]) -> None:
    """A gap filled in training would show: the same answers with one model's column of gaps left out."""
    train, validation, test = parts(random_matrix(6, 300))
    blank = train.attempts.copy()
    blank[2] = 0
    gone = dataclasses.replace(train, attempts=blank, correct=train.correct * (blank > 0))
    p = kind(seed=0).fit(gone, validation).predict_proba(test.questions)
    assert np.isfinite(p).all()
    # a model that was never asked must not be forecast as if it had failed everything
    assert p[2].mean() > 0.2


@pytest.mark.parametrize("kind", LEARNED)
def test_learned_methods_beat_the_model_mean_where_there_is_something_to_learn(kind: type[Method]) -> None:
    train, validation, test = parts(random_matrix(20, 300))
    hits = {}
    for method in (kind(seed=0), ModelMean()):
        p = method.fit(train, validation).predict_proba(test.questions)
        hits[method.name] = ((p >= 0.5) == test.correct).mean()
    assert hits[kind.name] > hits["model-mean"] + 0.05


def test_knn_is_the_share_among_the_neighbours_with_the_mean_as_one_more() -> None:
    asked = questions(["a", "b", "c"], vectors=[[0.0, 0], [1.0, 0], [9.0, 0]])
    correct = np.array([[1, 1, 0], [0, 0, 0]], dtype=np.uint8)
    train = CorrectnessMatrix(("m", "n"), asked, correct, np.array([[1, 1, 1], [1, 0, 1]], dtype=np.uint8))
    p = KNN(k=2).fit(train).predict_proba(questions(["x"], vectors=[[0.4, 0]]))
    assert p[:, 0] == pytest.approx([(2 + 2 / 3) / 3, 0.001 / 2], rel=1e-5)


def test_the_paper_protocol_reaches_what_the_default_does() -> None:
    train, validation, test = parts(random_matrix(20, 300))
    hits = []
    for method in (EmbedLLM(), EmbedLLM(protocol="paper", learning_rate=1e-3)):
        p = method.fit(train, validation).predict_proba(test.questions)
        hits.append(((p >= 0.5) == test.correct).mean())
    assert hits[1] == pytest.approx(hits[0], abs=0.04)


def test_logistic_regressions_end_where_scikit_learn_s_do() -> None:
    from sklearn.linear_model import LogisticRegression

    train, _, test = parts(random_matrix(3, 300, missing=0.3))
    penalty, count = 1e-2, len(train.questions)
    p = Logistic(penalty=penalty).fit(train).predict_proba(test.questions)
    for model in range(3):
        asked = train.attempts[model] > 0
        theirs = LogisticRegression(C=1 / (penalty * count), solver="newton-cholesky", tol=1e-8)
        theirs.fit(train.questions.embeddings[asked], train.correct[model, asked])
        np.testing.assert_allclose(p[model], theirs.predict_proba(test.questions.embeddings)[:, 1], atol=2e-3)


def test_methods_with_vectors_have_one_per_model() -> None:
    train, validation, _ = parts(random_matrix(6, 300))
    for kind, size in ((MatrixFactorization, 17), (EmbedLLM, 232), (Kernel, 7), (Boosting, 7), (Ensemble, 7)):
        method = kind().fit(train, validation)
        assert isinstance(method, HasEmbeddings)
        assert method.embeddings().shape == (6, size)
    assert not isinstance(KNN(), HasEmbeddings)


def test_the_distance_of_two_vectors_is_how_differently_the_models_are_scored() -> None:
    train, validation, _ = parts(random_matrix(6, 300))
    method = EmbedLLM(device="cpu").fit(train, validation)
    p = method.predict_proba(train.questions).astype(np.float64)
    logits = np.log(p) - np.log1p(-p)
    squared = ((logits[:, None] - logits[None]) ** 2).mean(-1)  # (M, M)
    vectors = method.embeddings()
    distance = ((vectors[:, None] - vectors[None]) ** 2).sum(-1)
    np.testing.assert_allclose(distance, squared, rtol=1e-3, atol=1e-4)


def test_what_no_question_tells_is_no_distance() -> None:
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(50, 4)).astype(np.float32)
    factors[:, 3] = 0
    models = generator.normal(size=(3, 4)).astype(np.float32)
    placed = models @ score_geometry(factors)
    scores = models @ factors.T
    for a, b in ((0, 1), (0, 2), (1, 2)):
        expected = ((scores[a] - scores[b]) ** 2).mean()
        assert ((placed[a] - placed[b]) ** 2).sum() == pytest.approx(expected, rel=1e-4)


@dataclasses.dataclass
class Diverged(ModelMean):
    def predict_proba(self, questions):  # type: ignore[no-untyped-def]
        return np.full((len(self.means_), len(questions)), np.nan)


def test_a_forecast_of_nans_is_an_error_and_no_score() -> None:
    matrix = random_matrix(3, 10)
    with pytest.raises(MethodError, match="30 values that are not finite"):
        forecast(Diverged().fit(matrix), matrix.questions, 3)


def test_settings_are_read_as_their_fields_type() -> None:
    settings = parse_settings(["embedllm.protocol=paper", "embedllm.dimension=8", "knn.k=none"])
    method = build(EmbedLLM, settings["embedllm"], seed=5)
    assert method == EmbedLLM(seed=5, protocol="paper", dimension=8)
    assert build(KNN, settings["knn"], seed=0) == KNN(k=None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("knn.k=many", "knn.k is of type int"),
        ("knn.size=3", "has no setting 'size'; it has k, device"),
        ("embedllm.protocol=fast", "is one of default, paper"),
        ("knn", "write METHOD.FIELD=VALUE"),
    ],
)
def test_a_wrong_setting_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        built(text)


def built(text: str) -> list[Method]:
    kinds: dict[str, type[Method]] = {"knn": KNN, "embedllm": EmbedLLM}
    return [build(kinds[name], values, seed=0) for name, values in parse_settings([text]).items()]
