"""An encoder without weights: hashed character and word n-grams, the same on every machine and forever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import EncoderError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.encoders.base import Settings

NAME = "hashed-ngrams"
WIDTH = 384  #: of each half: words, characters
ROWS = 4096  #: texts at a time, since their counts are dense float64 for a moment


class HashedNgrams:
    """Counts of word 1- and 2-grams and of character 3- to 5-grams, hashed; empty text gives zeros."""

    name = NAME
    revision = ""
    limit = None

    def lengths(self, texts: Sequence[str]) -> IndexArray:
        """Characters (n,)."""
        return np.array([len(text) for text in texts], dtype=np.int64)

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Vectors (n, 768) of length 1."""
        return encode(texts)


def make(settings: Settings, revision: str | None) -> HashedNgrams:
    """The one there is."""
    if revision:
        raise EncoderError(f"{NAME} has no revision {revision!r}; leave it out.")
    if settings.dtype != "float32":
        raise UsageError(f"{NAME} counts in float32; leave --dtype {settings.dtype} out.")
    return HashedNgrams()


def encode(texts: Sequence[str]) -> Float32Array:
    """Vectors (Q, 768) of length 1, zeros where a text holds nothing to count.

    Weinberger et al. 2009, "Feature hashing for large scale multitask learning" (signed hashes).
    """
    from sklearn.feature_extraction.text import HashingVectorizer  # heavy: only where it is used

    halves = [
        HashingVectorizer(n_features=WIDTH, ngram_range=(1, 2), norm="l2"),
        HashingVectorizer(n_features=WIDTH, analyzer="char_wb", ngram_range=(3, 5), norm="l2"),
    ]
    unit = np.zeros((len(texts), 2 * WIDTH), dtype=np.float32)
    for start in range(0, len(texts), ROWS):
        part = texts[start : start + ROWS]
        vectors = np.concatenate([half.transform(part).toarray() for half in halves], axis=1)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit[start : start + ROWS] = vectors / np.where(length > 0, length, 1)
    return unit
