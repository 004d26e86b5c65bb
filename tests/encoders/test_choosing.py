from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench import Store
from embedllm_bench.encoders import features, hashed
from embedllm_bench.encoders.choosing import better_vectors, question_vectors
from embedllm_bench.encoders.encoding import encode
from embedllm_bench.errors import StoreError, UsageError
from embedllm_bench.store.location import STARTER
from tests.helpers import minilm_folder, store_texts

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["one", "two"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "s.db", write=True) as store:
        store_texts(store, TEXTS)
    return tmp_path / "s.db"


def add(store: Store, encoder: str, revision: str, value: float, questions: int = 2) -> None:
    keys = [("b", f"{i:04}") for i in range(questions)]
    store.write_vectors(encoder, revision, keys, np.full((questions, 1), value, dtype=np.float32))


def chosen(store: Store, encoder: str | None) -> tuple[str, float]:
    name, vectors = question_vectors(store, encoder)
    assert vectors.shape == (2, 1)
    return name, float(vectors[0, 0])


def test_the_best_encoder_that_covers_all_questions_is_chosen(path: Path) -> None:
    with Store.open(path, write=True) as store:
        assert question_vectors(store, None)[0] == hashed.NAME
        add(store, "all-mpnet-base-v2", "", 1, questions=1)
        assert question_vectors(store, None)[0] == hashed.NAME
        add(store, hashed.NAME, "", 2)
        add(store, "other", "", 3)
        assert chosen(store, None) == ("other", 3)
        add(store, "org/all-MiniLM-L12-v2", "", 4)
        assert chosen(store, None) == ("org/all-MiniLM-L12-v2", 4)
        add(store, "all-mpnet-base-v2", "", 1)
        assert chosen(store, None) == ("all-mpnet-base-v2", 1)
        assert chosen(store, hashed.NAME) == (hashed.NAME, 2)


def test_every_set_of_vectors_has_a_name_of_its_own(path: Path) -> None:
    with Store.open(path, write=True) as store:
        for value, (revision, questions) in enumerate((("1", 2), ("2", 2), ("3", 1))):
            add(store, "e", revision, value, questions)
        assert chosen(store, "e") == ("e@2", 1)
        assert chosen(store, "e@1") == ("e@1", 0)
        assert chosen(store, None) == ("e@2", 1)
        add(store, "e", "", 9)
        assert chosen(store, "e") == chosen(store, None) == ("e", 9)


def test_hashed_ngrams_are_computed_where_they_are_not_stored(path: Path) -> None:
    with Store.open(path, write=True) as store:
        name, computed = question_vectors(store, None)
        report = encode(store, hashed.NAME)
        assert (report.encoder, report.added, report.dimension) == (name, 2, 768)
        assert question_vectors(store, hashed.NAME)[1].tolist() == computed.tolist()


def test_an_encoder_without_vectors_names_the_command_that_makes_them(path: Path) -> None:
    with Store.open(path, write=True) as store:
        add(store, "e", "1", 1, questions=1)
        add(store, "f", "", 1)
        with pytest.raises(StoreError) as error:
            question_vectors(store, "e")
    assert str(error.value) == (
        f"{path} has vectors of encoder 'e' for 1 of 2 questions; compute them with 'embedllm-bench encode"
        f" --encoder e --store {path}', or choose one it has for all questions (f) or hashed-ngrams."
    )


def test_encode_leaves_a_store_alone_that_has_vectors_as_good(path: Path) -> None:
    minilm_folder()
    with Store.open(path, write=True) as store:
        add(store, "all-mpnet-base-v2", "", 1)
        report = encode(store)
    assert (report.encoder, report.questions, report.added) == ("all-mpnet-base-v2", 2, 0)


def test_what_would_be_better_than_hashed_ngrams_is_said() -> None:
    minilm_folder()
    assert better_vectors("my.db").startswith(
        "Vectors of a sentence encoder forecast better than hashed n-grams"
    )
    assert "'embedllm-bench encode --store my.db' gives the questions those of all-" in better_vectors(
        "my.db"
    )


def test_the_starter_is_never_written_to_and_no_remedy_says_so() -> None:
    with pytest.raises(StoreError, match=r"is the starter inside the package, .* leave --store out"):
        Store.open(STARTER, write=True)
    with Store.open(STARTER) as store, pytest.raises(StoreError) as error:
        question_vectors(store, "none-such")
    assert "'embedllm-bench encode --encoder none-such', or choose" in str(error.value)
    minilm_folder()
    assert "'embedllm-bench encode' gives the questions those" in better_vectors(str(STARTER))


def test_joined_encoders_stand_side_by_side(path: Path) -> None:
    with Store.open(path, write=True) as store:
        add(store, "e", "1", 3)
        name, vectors = question_vectors(store, "e+features")
        assert name == "e@1+features"
        assert vectors[:, 0].tolist() == [3, 3]
        assert vectors[:, 1:].tolist() == features.encode(TEXTS).tolist()
        again, same = question_vectors(store, name)  # as a manifest names it
        assert (again, same.tolist()) == (name, vectors.tolist())
        add(store, "e+features", "", 7)  # what a store has under the whole name goes first
        assert chosen(store, "e+features") == ("e+features", 7)
        with pytest.raises(StoreError, match="has no vectors of encoder 'f'"):
            question_vectors(store, "e+f")


@pytest.mark.parametrize("text", ["e+", "+e", "e+e", "+"])
def test_a_join_has_two_different_sides(path: Path, text: str) -> None:
    with (
        Store.open(path) as store,
        pytest.raises(UsageError, match=r"write names with \+ between, each once: a\+b"),
    ):
        question_vectors(store, text)
