"""The contract of encoders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.encoders.base import KnownEncoder, Settings
from embedllm_bench.process import changed, generators, settings
from embedllm_bench.testing.base import Check, printed, require, run_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.encoders.base import Encoder

TEXTS = (
    "What is 3 + 4?",
    "Which gas do plants take in?\nA. oxygen\nB. carbon dioxide",
    "A train leaves at nine and arrives at noon. How long did it travel?",
    "Prove that the square root of two is irrational.",
    "Who wrote the play, and in which year was it first performed on a stage?",
)
AWKWARD = (
    "", " \n\t ", "?", "9" * 3000, "word " * 5000, "数学の問題です。", "naïve café 🙂", "zero\x00byte", "<s>[MASK]</s>",
)  # fmt: skip
TOLERANCE = 1e-3  #: between a text's vectors alone and in company, in parts of their length


def _identity(encoder: Encoder) -> None:
    require(
        isinstance(encoder.name, str) and encoder.name.strip() and "@" not in encoder.name,
        "its name is no text, or has '@' in it, which begins a revision.",
    )
    require(isinstance(encoder.revision, str), "its revision is no text; leave it '' where there is but one.")
    limit = encoder.limit
    require(limit is None or (isinstance(limit, int) and limit > 0), f"its limit is {limit!r}, no length.")


def _lengths(encoder: Encoder) -> None:
    lengths = np.asarray(encoder.lengths(TEXTS))
    require(lengths.shape == (len(TEXTS),), f"lengths returned shape {lengths.shape} for {len(TEXTS)} texts.")
    require(np.issubdtype(lengths.dtype, np.integer), f"lengths are {lengths.dtype}, no whole numbers.")
    short, long = np.asarray(encoder.lengths(["a word", "a word " * 50])).tolist()
    require(0 <= short < long, f"a text fifty times as long as another has length {long}, the other {short}.")


def _vectors(encoder: Encoder) -> None:
    width = encode(encoder, TEXTS).shape[1]
    alone = encode(encoder, TEXTS[:1]).shape[1]
    require(
        width == alone and width > 0, f"vectors have {width} numbers, and {alone} for another list of texts."
    )


def _awkward_texts(encoder: Encoder) -> None:
    vectors = _plain(encoder, AWKWARD)
    require(len(vectors) == len(AWKWARD), f"{len(AWKWARD)} awkward texts get {len(vectors)} vectors.")
    for text, vector in zip(AWKWARD, vectors, strict=True):
        require(np.isfinite(vector).all(), f"the vector of {text[:20]!r} is not finite.")
    encoder.lengths(AWKWARD)


def _same_again(encoder: Encoder) -> None:
    first, second = _plain(encoder, TEXTS), _plain(encoder, TEXTS)
    require(np.array_equal(first, second), "the same texts get other vectors the second time.")


def _company(encoder: Encoder) -> None:
    """A store is filled in batches, and gone on with after a stop: a vector is its text's alone."""
    together = _plain(encoder, [*TEXTS, TEXTS[0]])
    turned = _plain(encoder, TEXTS[::-1])[::-1]
    alone = np.concatenate([_plain(encoder, [text]) for text in TEXTS])
    length = np.linalg.norm(alone, axis=1).max()
    for other in (together[:-1], turned):
        most = np.abs(other - alone).max() / max(length, 1e-12)
        require(
            most <= TOLERANCE, f"a text's vector depends on the texts beside it, by {most:.2g} of its length."
        )
    require(
        np.abs(together[0] - together[-1]).max() <= TOLERANCE * max(length, 1e-12),
        "one text twice in a list gets two vectors.",
    )


def _distinct(encoder: Encoder) -> None:
    vectors = _plain(encoder, TEXTS)
    same = len(np.unique(vectors, axis=0)) < len(TEXTS)
    require(not same, "different texts get the same vector.")


def _silent(encoder: Encoder) -> None:
    said = printed(lambda: encoder.encode(TEXTS))
    require(not said, f"it printed or warned {said!r}; the command line tells of progress.")


def _process(encoder: Encoder) -> None:
    before = generators() | settings()
    encoder.encode(TEXTS)
    name = changed(before, generators() | settings())
    require(not name, f"{name} is not left as found.")


def encode(encoder: Encoder, texts: Sequence[str]) -> Float32Array:
    """Its vectors (n, D), checked."""
    vectors = encoder.encode(texts)
    require(isinstance(vectors, np.ndarray), f"encode returned {type(vectors).__name__}, no NumPy array.")
    require(
        vectors.ndim == 2 and len(vectors) == len(texts),
        f"encode returned shape {vectors.shape} for {len(texts)} texts; expected {len(texts)} rows.",
    )
    require(vectors.dtype == np.float32, f"vectors are {vectors.dtype}; return float32.")
    require(np.isfinite(vectors).all(), "a vector is not finite.")
    return vectors


def _plain(encoder: Encoder, texts: Sequence[str]) -> Float32Array:
    """Its vectors, as the other checks take them; their form is the business of one."""
    return np.asarray(encoder.encode(texts), dtype=np.float32)


CHECKS: tuple[Check[Encoder], ...] = (
    Check("identity", "name, revision and limit are what a store can keep", _identity),
    Check("lengths", "a whole number per text, more for longer ones", _lengths),
    Check("vectors", "a finite float32 vector per text, all of one length", _vectors),
    Check("awkward-texts", "empty, blank, very long and foreign texts have vectors", _awkward_texts),
    Check("same-again", "the same texts have the same vectors, bit for bit", _same_again),
    Check("company", f"a text's vector is the same alone and among others, within {TOLERANCE}", _company),
    Check("distinct", "different texts have different vectors", _distinct),
    Check("silent", "encoding prints and warns of nothing", _silent),
    Check("process-untouched", "random generators and process settings are left as found", _process),
)  # fmt: skip


def encoder_checks() -> tuple[Check[Encoder], ...]:
    """Every check of an encoder."""
    return CHECKS


def check_encoder(encoder: Encoder | KnownEncoder) -> None:
    """Run every check on an encoder, or on what an entry of the catalog makes on the CPU.

    Raises:
        AssertionError: the first promise that is broken, in one sentence.
    """
    if isinstance(encoder, KnownEncoder):
        DIMENSION(encoder)
        encoder = encoder.make(Settings(device="cpu"), None)
    run_all(CHECKS, encoder)


def _dimension(entry: KnownEncoder) -> None:
    encoder = entry.make(Settings(device="cpu"), None)
    require(
        encoder.name == entry.name,
        f"the catalog calls it {entry.name!r}, and it calls itself {encoder.name!r}.",
    )
    width = encode(encoder, TEXTS[:1]).shape[1]
    require(
        width == entry.dimension, f"the catalog says {entry.dimension} numbers, and its vectors have {width}."
    )


DIMENSION: Check[KnownEncoder] = Check(
    "catalog-entry", "name and dimension are what the catalog says", _dimension
)
