"""An encoder that reads nothing but the form of a text: lengths, digits, symbols, question words. No weights.

What a question asks for shows in its form more than an encoder of meaning tells: a table of numbers, code, a
condition, answers to choose from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.errors import EncoderError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.encoders.base import Settings

NAME = "features"
SYMBOLS = "+-*/=<>^_\\${}[]()|&%#@~`'\";:,.?!\n"
WORDS = (
    "what", "which", "who", "when", "where", "why", "how", "true", "false", "yes", "no", "not", "and", "or", "if",
    "then", "write", "find", "list", "your", "you", "must", "should", "many", "number", "answer", "following",
    "options", "sentence", "word", "there", "all", "each", "is",
)  # fmt: skip
SHAPES = 14  #: numbers of a text that count neither a symbol nor a word
CONSTANT = (
    5.0  #: of the size of a text's logarithms, so that these stay told apart where lengths are made equal
)
WIDTH = SHAPES + len(SYMBOLS) + len(WORDS)
_WORD, _NUMBER, _END = re.compile(r"[^\W\d_]+"), re.compile(r"\d+"), re.compile(r"[.!?]")


class TextFeatures:
    """Logarithms of counts, and shares, as vectors of length 1; equal texts have equal ones in every store."""

    name = NAME
    revision = ""
    limit = None

    def lengths(self, texts: Sequence[str]) -> IndexArray:
        """Characters (n,)."""
        return np.array([len(text) for text in texts], dtype=np.int64)

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Vectors (n, WIDTH + 1) of length 1."""
        return encode(texts)


def make(settings: Settings, revision: str | None) -> TextFeatures:
    """The one there is."""
    if revision:
        raise EncoderError(f"{NAME} has no revision {revision!r}; leave it out.")
    if settings.dtype != "float32":
        raise UsageError(f"{NAME} counts in float32; leave --dtype {settings.dtype} out.")
    return TextFeatures()


def encode(texts: Sequence[str]) -> Float32Array:
    """Vectors (n, WIDTH + 1) of length 1; the last number is a constant, so that none is zero."""
    plain = text_features(texts)
    rows = np.column_stack([plain, np.full(len(plain), CONSTANT, dtype=np.float32)])
    unit: Float32Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def text_features(texts: Sequence[str]) -> Float32Array:
    """The features (n, WIDTH) as they are: logarithms of 1 + counts, and shares from 0 to 1."""
    rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        words = _WORD.findall(text.lower())
        row[:SHAPES] = _shape(text, words)
        row[SHAPES:] = [text.count(s) for s in SYMBOLS] + [words.count(w) for w in WORDS]
    rows[:, SHAPES:] = np.log1p(rows[:, SHAPES:])
    return rows


def _shape(text: str, words: Sequence[str]) -> list[float]:
    """Lengths, shares of kinds of characters, and how varied and long the words are."""
    characters, count = max(len(text), 1), max(len(words), 1)
    numbers = _NUMBER.findall(text)
    lengths = [len(word) for word in words] or [0]
    counts = [len(text), len(words), len(numbers), text.count("\n"), len(_END.findall(text))]
    return [
        *np.log1p(counts).tolist(),
        float(np.log1p(max((len(number) for number in numbers), default=0))),
        float(np.log1p(max(lengths))),
        float(np.log1p(sum(lengths) / count)),
        len(set(words)) / count,
        sum(map(str.isdigit, text)) / characters,
        sum(map(str.isupper, text)) / characters,
        sum(map(str.isspace, text)) / characters,
        sum(not c.isascii() for c in text) / characters,
        sum(not (c.isalnum() or c.isspace()) for c in text) / characters,
    ]
