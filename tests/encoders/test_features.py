from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.encoders import features
from embedllm_bench.encoders.base import Settings
from embedllm_bench.encoders.catalog import catalog
from embedllm_bench.errors import EncoderError, UsageError
from embedllm_bench.testing import check_encoder


def test_the_contract_is_kept() -> None:
    check_encoder(catalog()[features.NAME])


def test_what_is_counted() -> None:
    row = features.text_features(["Is 12 + 3 = 15? Yes!"])[0]
    assert row[:5] == pytest.approx(np.log1p([20, 2, 3, 0, 2]))  # characters, words, numbers, lines, ends
    assert row[5:8] == pytest.approx(
        np.log1p([2, 3, 2.5])
    )  # digits of a number, letters of a word, on average
    assert row[8:14] == pytest.approx([1, 5 / 20, 2 / 20, 6 / 20, 0, 4 / 20])
    symbols, words = row[14 : 14 + len(features.SYMBOLS)], row[14 + len(features.SYMBOLS) :]
    once = np.log1p(1)
    assert {features.SYMBOLS[i] for i in np.flatnonzero(symbols)} == set("+=?!")
    assert {features.WORDS[i] for i in np.flatnonzero(words)} == {"is", "yes"}
    assert row[14:].max() == pytest.approx(once)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_a_vector_depends_on_its_text_alone_and_has_length_one(texts: list[str]) -> None:
    together = features.encode(texts)
    assert together.shape == (len(texts), features.WIDTH + 1)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert [features.encode([text])[0].tolist() for text in texts] == together.tolist()


def test_there_is_one_revision_in_one_precision() -> None:
    with pytest.raises(EncoderError, match="features has no revision 'x'; leave it out"):
        features.make(Settings(), "x")
    with pytest.raises(UsageError, match="features counts in float32; leave --dtype float16 out"):
        features.make(Settings(dtype="float16"), None)
