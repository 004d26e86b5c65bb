"""A plugin with one encoder; it is imported when somebody encodes with it, and brings scikit-learn then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.encoders.base import Encoder, KnownEncoder, Settings


@hookimpl
def register_encoders(register: Callable[[KnownEncoder], None]) -> None:
    """One encoder, whose weights need no place as there are none."""
    from embedllm_bench.encoders.base import KnownEncoder

    register(KnownEncoder("folded-words", dimension=256, make=_make))


def _make(settings: Settings, revision: str | None) -> Encoder:
    from embedllm_bench_example_encoder.folded_words import FoldedWords

    return FoldedWords.made(settings, revision)
