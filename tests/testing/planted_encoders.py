"""Encoders with one fault each."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.encoders import hashed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray


class Sound(hashed.HashedNgrams):
    """Breaks nothing."""


class Named(Sound):
    name = "letters@home"


class Unmeasured(Sound):
    def lengths(self, texts: Sequence[str]) -> IndexArray:
        return np.ones(len(texts), dtype=np.int64)


class Doubles(Sound):
    def encode(self, texts: Sequence[str]) -> Float32Array:
        return super().encode(texts).astype(np.float64)  # the fault


class DividesByLength(Sound):
    def encode(self, texts: Sequence[str]) -> Float32Array:
        lengths = np.array([[len(text)] for text in texts], dtype=np.float32)
        return super().encode(texts) / lengths * lengths


class Noisy(Sound):
    def encode(self, texts: Sequence[str]) -> Float32Array:
        noise = np.random.default_rng().normal(scale=1e-6, size=(len(texts), 1))
        return super().encode(texts) + noise.astype(np.float32)


class Centred(Sound):
    def encode(self, texts: Sequence[str]) -> Float32Array:
        vectors = super().encode(texts)
        centred: Float32Array = vectors - vectors.mean(0)
        return centred


class Blind(Sound):
    def encode(self, texts: Sequence[str]) -> Float32Array:
        return np.ones((len(texts), 3), dtype=np.float32)


class Chatty(Sound):
    def encode(self, texts: Sequence[str]) -> Float32Array:
        sys.stderr.write("Batches: 100%\n")
        return super().encode(texts)


class Seeding(Sound):
    def encode(self, texts: Sequence[str]) -> Float32Array:
        random.seed(0)
        return super().encode(texts)
