from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench import Store
from embedllm_bench.encoders.base import Settings
from embedllm_bench.encoders.catalog import make_encoder
from embedllm_bench.encoders.encoding import encode, encode_questions
from embedllm_bench.errors import DataError, EncoderError, StoreError, UsageError
from tests.helpers import minilm_folder, store_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray


@dataclass
class Spelling:
    """A vector that tells the text: its length, and its first letter's number; keeps what it was given."""

    name: str = "spelling"
    revision: str = "1"
    limit: int | None = 8
    calls: list[list[str]] = field(default_factory=list)

    def lengths(self, texts: Sequence[str]) -> IndexArray:
        return np.array([len(text) for text in texts], dtype=np.int64)

    def encode(self, texts: Sequence[str]) -> Float32Array:
        self.calls.append(list(texts))
        return np.array([[len(text), ord(text[0]) if text else 1] for text in texts], dtype=np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def test_longest_first_and_equal_texts_once_while_vectors_keep_the_questions_order(path: Path) -> None:
    encoder, seen = Spelling(), []
    with Store.open(path, write=True) as store:
        store_texts(store, ["bb", "a", "dddddddddd", "bb", ""])
        report = encode_questions(store, encoder, chunk=2, progress=lambda n, share: seen.append((n, share)))
        assert encoder.calls == [["dddddddddd", "bb"], ["a", ""]]
        assert store.vectors("spelling", "1").tolist() == [[2, 98], [1, 97], [10, 100], [2, 98], [0, 1]]
    assert (report.encoder, report.questions, report.added, report.dimension) == ("spelling@1", 5, 5, 2)
    assert (report.texts, report.cut, report.limit) == (4, 1, 8)
    assert seen == [(3, 12 / 13), (2, 1.0)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text("abc", max_size=4), min_size=1, max_size=12), st.integers(1, 5))
def test_whatever_the_order_and_chunk_every_question_gets_its_own_vector(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], chunk: int
) -> None:
    encoder = Spelling()
    with Store.open(tmp_path_factory.mktemp("s") / "s.db", write=True) as store:
        store_texts(store, texts)
        encode_questions(store, encoder, chunk)
        assert store.vectors("spelling", "1").tolist() == Spelling().encode(texts).tolist()
    assert sorted(text for call in encoder.calls for text in call) == sorted(set(texts))


def test_a_second_run_encodes_only_what_was_imported_since(path: Path) -> None:
    encoder = Spelling()
    with Store.open(path, write=True) as store:
        store_texts(store, ["one"])
        assert encode_questions(store, encoder).added == 1
        assert encode_questions(store, encoder).added == 0
        store_texts(store, ["three", "four"], benchmark="c")
        assert (store.encoders()[0].questions, len(store.questions())) == (1, 3)
        with pytest.raises(StoreError, match="'spelling@1' has no vector for 2 of 3 questions"):
            store.vectors("spelling", "1")
        assert encode_questions(store, encoder).added == 2
        assert len(store.vectors("spelling", "1")) == 3
        encode_questions(store, Spelling(revision="2"))
        assert [(e.label, e.questions) for e in store.encoders()] == [("spelling@1", 3), ("spelling@2", 3)]
    assert encoder.calls == [["one"], ["three", "four"]]


def test_two_processes_at_once_keep_the_vector_that_was_first(path: Path) -> None:
    class Overtaken(Spelling):
        def encode(self, texts: Sequence[str]) -> Float32Array:
            with Store.open(path, write=True) as other:
                encode_questions(other, Spelling())
            return super().encode(texts) * np.float32(1.0000001)

    with Store.open(path, write=True) as store:
        store_texts(store, ["one", "four"])
        assert encode_questions(store, Overtaken()).added == 0
        assert store.vectors("spelling", "1").tolist() == [[3, 111], [4, 102]]


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ([[1.0], [np.nan]], "not finite, or all zeros, for 1 of 2 texts, 'b' first"),
        ([[0.0], [1.0]], "'aa' first"),
        ([[1.0]], r"an array of shape \(1, 1\) for 2 texts"),
    ],
)
def test_what_is_no_vector_is_refused(path: Path, vectors: list[list[float]], message: str) -> None:
    class Broken(Spelling):
        def encode(self, texts: Sequence[str]) -> Float32Array:  # noqa: ARG002 - broken
            return np.array(vectors, dtype=np.float32)

    with Store.open(path, write=True) as store:
        store_texts(store, ["aa", "b"])
        with pytest.raises(EncoderError, match=message):
            encode_questions(store, Broken())
        assert store.encoders() == []


def test_the_store_takes_only_finite_vectors_of_its_own_questions(path: Path) -> None:
    with Store.open(path, write=True) as store:
        store_texts(store, ["one"])
        with pytest.raises(DataError, match="not finite numbers"):
            store.write_vectors("e", "", [("b", "0000")], np.array([[np.inf]], dtype=np.float32))
        with pytest.raises(DataError, match="1 of 2 vectors are of questions that the store does not have"):
            store.write_vectors("e", "", [("b", "0000"), ("b", "9")], np.ones((2, 1), dtype=np.float32))
        assert store.encoders() == []


def test_a_read_only_store_and_a_wrong_setting_are_told(path: Path) -> None:
    with Store.open(path, write=True) as store:
        with pytest.raises(DataError, match="holds no question; import some"):
            encode(store, "hashed-ngrams")
        store_texts(store, ["one"])
    with Store.open(path) as store:
        with pytest.raises(StoreError, match="open for reading only"):
            encode(store, "hashed-ngrams")
        with pytest.raises(UsageError, match="no dtype 'int8'; there are float32, bfloat16, float16"):
            encode(store, "hashed-ngrams", Settings(dtype="int8"))
        with pytest.raises(UsageError, match="at least one text, not 0"):
            encode(store, "hashed-ngrams", Settings(batch_size=0))


def test_a_device_that_is_not_here_is_told(path: Path) -> None:
    minilm_folder()
    with Store.open(path, write=True) as store:
        store_texts(store, ["one"])
        with pytest.raises(UsageError, match="cannot compute on device 'abacus' here"):
            encode(store, "all-MiniLM-L6-v2", Settings(device="abacus"))
        assert store.encoders() == []


class Logged:
    """The real MiniLM, writing down every text it is given; at the call ``hang`` it never comes back."""

    def __init__(self, log: str, hang: int = 0) -> None:
        self.real = make_encoder("all-MiniLM-L6-v2", Settings(device="cpu"))
        self.name, self.revision, self.limit = self.real.name, self.real.revision, self.real.limit
        self.lengths = self.real.lengths
        self.log, self.hang, self.calls = Path(log), hang, 0

    def encode(self, texts: Sequence[str]) -> Float32Array:
        vectors = self.real.encode(texts)
        with self.log.open("a") as file:
            file.writelines(f"{text}\n" for text in texts)
        self.calls += 1
        if self.calls == self.hang:
            print("HANGS", flush=True)  # noqa: T201 - for the process that kills this one
            time.sleep(60)
        return vectors


KILLED = """
import sys
sys.path.insert(0, {root!r})
from embedllm_bench import Store
from tests.encoders.test_encoding import Logged, encode_questions
with Store.open({path!r}, write=True) as store:
    encode_questions(store, Logged({log!r}, hang=4), chunk=8)
"""


@pytest.mark.long
def test_a_kill_in_the_middle_loses_one_chunk(path: Path, tmp_path: Path) -> None:
    minilm_folder()
    texts = [f"Question {i}: what is {i} times {'seven ' * (i % 9)}?" for i in range(48)]
    with Store.open(path, write=True) as store:
        store_texts(store, texts)
    root, log = str(Path(__file__).parents[2]), str(tmp_path / "log")
    code = KILLED.format(root=root, path=str(path), log=log)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "HANGS\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    encoder = Logged(log)
    with Store.open(path, write=True) as store:
        assert store.encoders()[0].questions == 24
        assert encode_questions(store, encoder, chunk=8).added == 24
        resumed = store.vectors(encoder.name, encoder.revision)
    times = Counter(Path(log).read_text().splitlines())
    assert set(times) == set(texts)
    assert sorted(times.values()) == [1] * 40 + [2] * 8
    with Store.open(tmp_path / "whole.db", write=True) as store:
        store_texts(store, texts)
        encode_questions(store, encoder.real, chunk=8)
        assert np.abs(store.vectors(encoder.name, encoder.revision) - resumed).max() < 1e-6
