from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench import Store
from embedllm_bench.encoders import hashed
from embedllm_bench.encoders.choosing import better_vectors, question_vectors
from embedllm_bench.encoders.encoding import encode
from embedllm_bench.errors import StoreError
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
