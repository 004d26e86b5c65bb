"""What an artifact forecasts is what the method it was fitted with forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench import Artifact, Plugins, Router, Store, compare, fit
from embedllm_bench.encoders import hashed
from embedllm_bench.encoders.encoding import TextVectors
from embedllm_bench.errors import (
    ArtifactError,
    DataError,
    MethodError,
    UnknownNameError,
    UsageError,
)
from embedllm_bench.matrix import Questions
from embedllm_bench.methods.ensemble import Ensemble
from embedllm_bench.methods.settings import build
from embedllm_bench.simulation import simulate, write
from embedllm_bench.splits import question_split, whole_split
from embedllm_bench.store.location import STARTER
from embedllm_bench.store.records import FAILED, GRADED, OutcomeTable, QuestionRecord, Source
from tests.helpers import questions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.arrays import Float32Array


TEXTS = ["What is 3 + 4?", "Backwards: 'bed'", "Name the capital of France.", "Backwards: 'bed'"]
METHODS: dict[str, dict[str, object]] = {
    "embedllm": {"dimension": 8, "epochs": 3},
    "knn": {"k": 9},
    "mf": {"dimension": 4},
    "logistic": {"penalty": 1e-2},
    "model-mean": {},
    "ensemble": {"trees": 5},
}
HASHED = "hashed-ngrams"


@pytest.fixture(scope="module")
def starter() -> Iterator[Store]:
    with Store.open(STARTER) as opened:
        yield opened


@pytest.fixture(scope="module")
def fitted(starter: Store) -> Artifact:
    return fit(starter, "mf", encoder=HASHED)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_kept_forecasts_bit_for_bit_what_was_fitted(
    method: str, starter: Store, tmp_path: Path
) -> None:
    made = fit(starter, method, settings=METHODS[method], encoder=HASHED, seed=3)
    made.save(tmp_path / "kept")
    loaded = Artifact.load(tmp_path / "kept")
    assert loaded.description == made.description
    assert loaded.method == made.method
    assert np.array_equal(loaded.predict(TEXTS).p, made.predict(TEXTS).p)
    assert loaded.route(TEXTS) == made.route(TEXTS)
    # and both are what the method says that is fitted by hand on the same division
    vectors = starter.matrix(_hashed(starter))
    split = whole_split(vectors.questions, seed=3)
    own = build(Plugins().methods.things[method], METHODS[method], seed=3)
    own.fit(vectors.take(split.train), vectors.take(split.validation))
    asked = Questions(("",) * 4, tuple(TEXTS), ("",) * 4, (None,) * 4, _vectors(TEXTS))
    assert np.array_equal(loaded.predict(TEXTS).p, own.predict_proba(asked))
    assert (made.description.training, made.description.validation) == (1080, 120)


def _hashed(store: Store) -> Float32Array:
    return _vectors(list(store.questions().texts))


def _vectors(texts: list[str]) -> Float32Array:
    return hashed.encode(texts)


def test_a_tenth_that_a_comparison_validates_on_is_held_out_and_nothing_is_left_out(starter: Store) -> None:
    asked = starter.matrix(_hashed(starter)).questions
    whole, split = whole_split(asked, seed=5), question_split(asked, seed=5)
    assert whole.validation.tolist() == split.validation.tolist()
    assert sorted([*whole.train, *whole.validation]) == list(range(1200))
    assert not len(whole.test)


@pytest.mark.parametrize("seed", range(12))
def test_a_single_question_is_trained_on(seed: int) -> None:
    assert whole_split(questions(["a"]), seed).train.tolist() == [0]


def test_a_question_is_routed_to_the_highest_forecast(fitted: Artifact) -> None:
    p = fitted.predict(TEXTS).p
    for at, route in enumerate(fitted.route(TEXTS, top=100)):
        assert len(route.ranked) == 18
        assert sorted(ranked.model for ranked in route.ranked) == sorted(fitted.models)
        forecasts = [ranked.p for ranked in route.ranked]
        assert forecasts == sorted(forecasts, reverse=True)
        assert forecasts == [float(p[fitted.models.index(ranked.model), at]) for ranked in route.ranked]
        assert route.choice == route.ranked[0].model
    assert [len(route.ranked) for route in fitted.route(TEXTS, top=2)] == [2] * 4


def test_the_ensemble_s_routes_go_by_what_it_prefers(starter: Store) -> None:
    made = fit(starter, "ensemble", settings={"trees": 5}, encoder=HASHED)
    assert isinstance(made.method, Ensemble)
    p = made.predict(TEXTS).p
    asked = Questions(("",) * 4, tuple(TEXTS), ("",) * 4, (None,) * 4, _vectors(TEXTS))
    preferred = made.method.preference(asked, p)
    for at, route in enumerate(made.route(TEXTS, top=3)):
        best = np.argsort(-preferred[:, at], kind="stable")[:3]
        assert [(r.model, r.p) for r in route.ranked] == [(made.models[m], float(p[m, at])) for m in best]


def test_equal_forecasts_are_ranked_by_the_scores_behind_them(
    fitted: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the matrix factorisation's forecasts end at .99: one long vector takes many models there."""
    vector = 100 * _vectors(["What is 3 + 4?"])
    p = fitted.forecast(vector)[:, 0]
    top = np.flatnonzero(p == p.max())
    assert len(top) > 1
    monkeypatch.setattr(Artifact, "_read", lambda *_: TextVectors(vector, np.array([False])))
    (route,) = fitted.route(["long"], top=18)
    router = Router.of(fitted.method, fitted.models)
    assert [ranked.model for ranked in route.ranked] == [fitted.models[m] for m in router.rank(vector)[0]]
    assert route.choice == router.choose(vector[0]) != fitted.models[top[0]]


def test_models_are_chosen_by_name_in_the_order_asked_for(fitted: Artifact) -> None:
    names = [fitted.models[7], fitted.models[2]]
    assert np.array_equal(fitted.predict(TEXTS, names).p, fitted.predict(TEXTS).p[[7, 2]])
    assert fitted.predict(TEXTS, names).models == tuple(names)


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip), max_size=5
    )
)
def test_a_forecast_is_its_text_s_alone(fitted: Artifact, texts: list[str]) -> None:
    together = fitted.predict(texts).p
    assert together.shape == (18, len(texts))
    assert ((together >= 0) & (together <= 1)).all()
    for at, text in enumerate(texts):
        np.testing.assert_allclose(together[:, [at]], fitted.predict([text]).p, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "gemma",
            "no model 'gemma' among its 18. Did you mean 'google/gemma-3-270m+Q4_0.cloze' or 'google/gemma",
        ),
        ("google/gema-3-270m+Q4_0.cloze", "Did you mean 'google/gemma-3-270m+Q4_0.cloze'"),
        ("zzz", "It has HuggingFaceTB/SmolLM2-135M-Instruct+Q4_0.cloze, "),
    ],
)
def test_an_unknown_model_is_told_with_the_nearest(fitted: Artifact, model: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match="no model") as raised:
        fitted.predict(TEXTS, [model])
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a", " \n"], "A question is empty"),
        (["a\0b"], "holds a NUL character"),
        (["\ud800"], "is not valid Unicode"),
        ("What?", "Give a list of questions"),
    ],
)
def test_what_is_no_question_is_refused(fitted: Artifact, texts: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fitted.predict(texts)


def test_vectors_of_another_size_are_refused(fitted: Artifact) -> None:
    with pytest.raises(UsageError, match=r"Vectors of hashed-ngrams are \(Q, 768\), not \(2, 3\)"):
        fitted.forecast(np.zeros((2, 3), dtype=np.float32))
    with pytest.raises(UsageError, match="give at least 1"):
        fitted.route(TEXTS, top=0)


def test_gaps_and_failures_teach_nothing_and_ungraded_models_are_left_out(tmp_path: Path) -> None:
    """Model c was asked and only failed; question 3 nobody answered."""
    cells = [(m, q) for m in range(2) for q in range(12)] + [(2, 0), (0, 12)]
    failed = np.array([False] * 24 + [True] * 2)
    table = OutcomeTable(
        models=("a", "b", "c"),
        questions=tuple(QuestionRecord("x", f"{q:02}", f"text number {q}") for q in range(13)),
        model=np.array([m for m, _ in cells]),
        question=np.array([q for _, q in cells]),
        attempt=np.ones(26, dtype=np.int64),
        state=np.where(failed, FAILED, GRADED).astype(np.uint8),
        correct=np.where(failed, -1, np.array([m for m, _ in cells]) == 0).astype(np.int8),
    )
    with Store.open(tmp_path / "s.db", write=True) as store:
        store.write_outcomes(table, Source("import", "t", "t"))
        made = fit(store, "model-mean")
    assert made.models == ("a", "b")
    assert made.description.ungraded == ("c",)
    assert made.description.training + made.description.validation == 12
    assert made.description.data.models == 3
    assert made.predict(["anything"]).p[:, 0].tolist() > [0.9, 0.0]
    assert made.predict(["anything"]).p[1, 0] < 0.1


def test_the_data_hash_is_that_of_a_comparison_and_simulated_data_says_so(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, simulate(4, 60, benchmarks=2, dimension=8), "test")
        made = fit(store, "model-mean")
        compared = compare(store, methods=["model-mean"], tasks=["forecasting"], replicates=10)
    assert made.description.data == compared.manifest.data
    assert made.description.data.simulated


def test_where_torch_computed_is_no_part_of_what_is_kept(starter: Store) -> None:
    made = fit(starter, "knn", settings={"k": 3, "device": "cpu"}, encoder=HASHED)
    assert made.description.settings == {"k": 3, "device": "auto"}


@pytest.mark.parametrize(
    ("method", "values", "error", "message"),
    [
        ("mff", {}, UnknownNameError, "Did you mean 'mf'?"),
        ("knn", {"depth": 3}, UsageError, "has no setting 'depth'"),
        ("knn", {"k": 0}, UsageError, "it counts neighbours"),
        ("benchmark-mean", {}, UsageError, "which a new question does not have; fit a method"),
        ("embedllm", {"learning_rate": 1e30, "epochs": 2}, MethodError, "values that are not finite numbers"),
    ],
)
def test_what_cannot_be_fitted_is_one_sentence(
    starter: Store, method: str, values: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        fit(starter, method, settings=values, encoder=HASHED)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_store_without_a_graded_outcome_is_refused(tmp_path: Path) -> None:
    with (
        Store.open(tmp_path / "s.db", write=True) as store,
        pytest.raises(DataError, match="no graded outcome"),
    ):
        fit(store, "knn")


PLUGIN = '''
import json
from dataclasses import dataclass
import numpy as np
from embedllm_bench.hookspecs import hookimpl
from embedllm_bench.methods.base import Method

@dataclass
class Forgetful(Method):
    """Cannot be kept."""
    name = "forgetful"
    summary = "half"
    def fit(self, train, validation=None):
        self.models_ = len(train.models)
        return self
    def predict_proba(self, questions):
        return np.full((self.models_, len(questions)), 0.5)

@dataclass
class Lengths(Forgetful):
    """Reads the texts; can be kept, as the setting says."""
    name = "lengths"
    how: str = "well"
    def fit(self, train, validation=None):
        print("fitting")
        if self.how == "breaks":
            raise KeyError("what")
        return super().fit(train)
    def predict_proba(self, questions):
        return np.tile([min(len(text), 100) / 100 for text in questions.texts], (self.models_, 1))
    def save(self, folder):
        folder.mkdir()
        if self.how == "full":
            raise RuntimeError("no room")
        (folder / ("m.pkl" if self.how == "pickles" else "m.json")).write_text(json.dumps([self.models_, self.how]))
    @classmethod
    def load(cls, folder):
        models, how = json.loads((folder / "m.json").read_text())
        if how == "unreadable":
            raise IndexError("nothing there")
        if how == "nothing":
            return None
        loaded = cls(how=how)
        loaded.models_ = models
        return loaded

@hookimpl
def register_methods(register):
    register(Forgetful)
    register(Lengths)
'''


@pytest.fixture
def plugins(tmp_path: Path) -> Plugins:
    (tmp_path / "stranger.py").write_text(PLUGIN)
    return Plugins((str(tmp_path / "stranger.py"),))


def test_a_method_of_a_plugin_is_kept_and_needs_its_plugin(
    starter: Store, plugins: Plugins, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = fit(starter, "lengths", encoder=HASHED, plugins=plugins)
    assert capsys.readouterr().out == ""  # what it prints is no result
    made.save(tmp_path / "kept")
    loaded = Artifact.load(tmp_path / "kept", plugins=plugins)
    assert loaded.predict(["ten chars.", "five."]).p[0].tolist() == [np.float32(0.1), np.float32(0.05)]
    with pytest.raises(
        UnknownNameError, match=r"a method of plugin 'stranger', which is not here; install it"
    ):
        Artifact.load(tmp_path / "kept", plugins=Plugins())


@pytest.mark.parametrize(
    ("method", "how", "message"),
    [
        ("forgetful", None, "'forgetful' cannot be kept, as it has no save and load"),
        ("lengths", "breaks", "lengths failed in its fit (KeyError: 'what', stranger.py line"),
        ("lengths", "full", "lengths failed while it was saved (RuntimeError: no room, stranger.py line"),
        (
            "lengths",
            "pickles",
            "'lengths' saved method/m.pkl, and an artifact holds .json and .safetensors files",
        ),
        ("lengths", "unreadable", "fit it again with 'embedllm-bench fit' (IndexError: nothing there"),
        ("lengths", "nothing", "lengths.load returns no method"),
    ],
)
def test_a_strange_method_is_told_of_in_a_sentence_and_leaves_nothing(
    starter: Store, plugins: Plugins, tmp_path: Path, method: str, how: str | None, message: str
) -> None:
    values = {} if how is None else {"how": how}

    def kept_and_loaded() -> None:
        fit(starter, method, settings=values, encoder=HASHED, plugins=plugins).save(tmp_path / "kept")
        Artifact.load(tmp_path / "kept", plugins=plugins)

    with pytest.raises((MethodError, UsageError, ArtifactError)) as raised:
        kept_and_loaded()
    assert message in str(raised.value)
    left = {path.name for path in tmp_path.iterdir()} - {"stranger.py", "__pycache__"}
    assert left == ({"kept"} if how in {"unreadable", "nothing"} else set())
