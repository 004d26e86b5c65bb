from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.encoders import hashed
from embedllm_bench.encoders.base import Settings
from embedllm_bench.errors import EncoderError, UsageError


def test_the_vectors_are_the_same_on_every_machine() -> None:
    vector = hashed.encode(["a b"])[0]
    # words "a", "b" are too short to count; " a ", " b " are one character n-gram each
    assert np.flatnonzero(vector).tolist() == [475, 696]
    assert vector[[475, 696]].tolist() == pytest.approx([-(0.5**0.5), -(0.5**0.5)])


def test_an_empty_text_is_zeros_and_no_text_is_no_vector() -> None:
    assert not hashed.encode(["", " \n"]).any()
    assert hashed.encode([]).shape == (0, 768)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8))
def test_a_vector_depends_on_its_text_alone_and_has_length_one_or_zero(texts: list[str]) -> None:
    together = hashed.encode(texts)
    assert together.dtype == np.float32
    assert [hashed.encode([text])[0].tolist() for text in texts] == together.tolist()
    lengths = np.linalg.norm(together, axis=1)
    assert np.all((lengths == 0) | (np.abs(lengths - 1) < 1e-5))


def test_many_texts_are_encoded_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"question {i}" for i in range(7)]
    whole = hashed.encode(texts)
    monkeypatch.setattr(hashed, "ROWS", 3)
    assert hashed.encode(texts).tolist() == whole.tolist()


def test_it_has_one_revision_and_one_precision() -> None:
    with pytest.raises(EncoderError, match="hashed-ngrams has no revision '2'"):
        hashed.make(Settings(), "2")
    with pytest.raises(UsageError, match="leave --dtype bfloat16 out"):
        hashed.make(Settings(dtype="bfloat16"), None)
