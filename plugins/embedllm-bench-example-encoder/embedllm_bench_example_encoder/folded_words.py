"""Words and pairs of words, hashed to 2**15 counts and folded into 256 numbers by a fixed random projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from embedllm_bench.errors import EncoderError
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.random_projection import SparseRandomProjection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.encoders.base import Settings

DIMENSION, FEATURES, SEED = 256, 2**15, 20240930
DENSITY = 1 / 8  #: of the projection: each count goes into 32 of the 256 numbers on average


class FoldedWords:
    """Random projections keep distances (Johnson and Lindenstrauss 1984); equal texts get equal vectors."""

    name = "folded-words"
    revision = "1"  #: another one whenever vectors change
    limit = None

    def __init__(self) -> None:
        self.count = HashingVectorizer(n_features=FEATURES, ngram_range=(1, 2), norm="l2")
        self.fold = SparseRandomProjection(DIMENSION, density=DENSITY, random_state=SEED).fit(
            np.zeros((1, FEATURES))
        )

    @classmethod
    def made(cls, settings: Settings, revision: str | None) -> Self:
        """The one there is; what it computes in and on does not matter."""
        del settings
        if revision not in (None, cls.revision):
            raise EncoderError(f"{cls.name} has the revision {cls.revision}, not {revision!r}; leave it out.")
        return cls()

    def lengths(self, texts: Sequence[str]) -> IndexArray:
        """Characters (n,)."""
        return np.array([len(text) for text in texts], dtype=np.int64)

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Vectors (n, 256) of length 1, zeros where a text has no word."""
        vectors = np.asarray(self.fold.transform(self.count.transform(texts)).todense(), dtype=np.float32)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(length > 0, length, 1)).astype(np.float32)
