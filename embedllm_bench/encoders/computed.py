"""Encoders without weights, whose vectors are computed where a store has none: they take seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.encoders import features, hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from embedllm_bench.arrays import Float32Array

COMPUTED: Mapping[str, Callable[[Sequence[str]], Float32Array]] = {
    hashed.NAME: hashed.encode,
    features.NAME: features.encode,
}
