"""An encoder without weights: hashed character and word n-grams, the same on every machine and forever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array

NAME = "hashed-ngrams"
WIDTH = 384  #: of each half: words, characters


def encode(texts: Sequence[str]) -> Float32Array:
    """Vectors (Q, 768) of length 1: counts of word 1- and 2-grams and of character 3- to 5-grams, hashed.

    Weinberger et al. 2009, "Feature hashing for large scale multitask learning" (signed hashes).
    """
    from sklearn.feature_extraction.text import HashingVectorizer  # heavy: only where it is used

    halves = [
        HashingVectorizer(n_features=WIDTH, ngram_range=(1, 2), norm="l2"),
        HashingVectorizer(n_features=WIDTH, analyzer="char_wb", ngram_range=(3, 5), norm="l2"),
    ]
    vectors = np.concatenate([half.transform(texts).toarray() for half in halves], axis=1)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Float32Array = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
    return unit
