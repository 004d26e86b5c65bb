"""The questions of a store through an encoder: once each, in chunks that stay when the process does not."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from embedllm_bench.encoders.base import DTYPES, Settings
from embedllm_bench.encoders.catalog import best_here, make_encoder
from embedllm_bench.encoders.choosing import best_stored, place
from embedllm_bench.errors import DataError, EncoderError, UsageError
from embedllm_bench.store.records import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from embedllm_bench.arrays import BoolArray, Float32Array
    from embedllm_bench.encoders.base import Encoder, KnownEncoder, StoredDtype
    from embedllm_bench.store.records import StoredQuestions
    from embedllm_bench.store.store import Store

CHUNK = 128  #: texts between two commits, or
CHUNK_BATCHES = 4  #: so many batches if that is more
#: Told of how many questions more have a vector, and the share of the tokens that is done.
Progress: TypeAlias = "Callable[[int, float], None]"


@dataclass(frozen=True)
class EncodingReport:
    """What an encoding did; ``texts``, ``cut`` and ``limit`` are unknown where nothing was left to do."""

    encoder: str  #: its label, with the revision
    questions: int  #: in the store
    added: int  #: of them have a vector since now
    texts: int = 0  #: different ones in the store
    cut: int = 0  #: of them are longer than the encoder reads
    limit: int | None = None  #: tokens it reads
    dimension: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class TextVectors:
    """Texts' vectors (n, D), and which texts (n,) are longer than the encoder reads and were cut."""

    vectors: Float32Array
    cut: BoolArray


def encode(
    store: Store,
    encoder: str | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    known: Mapping[str, KnownEncoder] | None = None,
) -> EncodingReport:
    """Give all questions of a store the vectors of an encoder, by name, folder or hub id.

    Names are those of ``known``: the built-in ones, if not given.

    Not named, it is the best one whose weights are on this machine; nothing is done where the store has
    all vectors of one as good.

    Raises:
        UsageError: there is no such encoder, precision or device.
        EncoderError: its weights cannot be had here, or give no vectors.
        DataError: the store holds no question.
    """
    settings = settings or Settings()
    if settings.dtype not in DTYPES:
        raise UsageError(f"There is no dtype {settings.dtype!r}; there are {', '.join(DTYPES)}.")
    if settings.batch_size < 1:
        raise UsageError(f"A batch holds at least one text, not {settings.batch_size}.")
    if encoder is None:
        encoder, stored, questions = best_here(), store.encoders(), len(store.questions())
        best = best_stored(stored, questions)
        if best is not None and place(best.name) <= place(encoder):
            return EncodingReport(best.label, questions, added=0)
    chunk = max(CHUNK, CHUNK_BATCHES * settings.batch_size)
    return encode_questions(store, make_encoder(encoder, settings, known), chunk, progress, settings.kept_as)


def encode_questions(
    store: Store,
    encoder: Encoder,
    chunk: int = CHUNK,
    progress: Progress | None = None,
    kept_as: StoredDtype = "float32",
) -> EncodingReport:
    """Encode the questions that lack a vector of this encoder and revision, equal texts once.

    Vectors are kept as those of the same encoder that the store has already, whatever ``kept_as`` says.

    Longest first, so that a batch holds texts of like length and the memory that is needed shows at
    once. Every ``chunk`` of texts is committed: after a kill the next run goes on behind the last.
    """
    start = time.perf_counter()
    name, revision = encoder.name, encoder.revision
    questions = store.questions()
    if not len(questions):
        raise DataError(f"{store.path} holds no question; import some with 'embedllm-bench import'.")
    positions = _lacking(questions, store.encoded(name, revision))
    report = EncodingReport(label(name, revision), len(questions), added=0)
    if not positions:
        return report
    length = lengths_of(encoder, list(dict.fromkeys(questions.texts)))
    stored = {(known.name, known.revision): known.dtype for known in store.encoders()}
    dtype = stored.get((name, revision), kept_as)
    added = dimension = 0
    for part, vectors, share in in_chunks(encoder, {text: length[text] for text in positions}, chunk):
        dimension = vectors.shape[1]
        row = np.repeat(np.arange(len(part)), [len(positions[text]) for text in part])
        keys = [(questions.benchmarks[at], questions.ids[at]) for text in part for at in positions[text]]
        # What another process has encoded meanwhile differs in the last bits only, and stays.
        added += store.write_vectors(name, revision, keys, vectors[row].astype(dtype), keep_known=True)
        if progress is not None:
            progress(len(keys), share)
    return EncodingReport(
        encoder=report.encoder,
        questions=len(questions),
        added=added,
        texts=len(length),
        cut=0 if encoder.limit is None else sum(tokens > encoder.limit for tokens in length.values()),
        limit=encoder.limit,
        dimension=dimension,
        seconds=time.perf_counter() - start,
    )


def encode_texts(
    encoder: Encoder, texts: Sequence[str], chunk: int = CHUNK, progress: Progress | None = None
) -> TextVectors:
    """The vectors of texts that are in no store, made as :func:`encode_questions` makes them.

    Raises:
        EncoderError: what the encoder returns are no vectors.
    """
    length = lengths_of(encoder, list(dict.fromkeys(texts)))
    made: dict[str, Float32Array] = {}
    for part, vectors, share in in_chunks(encoder, length, chunk):
        made.update(zip(part, vectors, strict=True))
        if progress is not None:
            progress(len(part), share)
    limit = encoder.limit
    cut = np.array([limit is not None and length[text] > limit for text in texts], dtype=bool)
    return TextVectors(np.stack([made[text] for text in texts]), cut)


def lengths_of(encoder: Encoder, texts: Sequence[str]) -> dict[str, int]:
    """How long each of the texts, which differ, is to this encoder."""
    lengths = np.asarray(encoder.lengths(texts))
    if lengths.shape != (len(texts),):
        raise EncoderError(
            f"{encoder.name} returned lengths of shape {lengths.shape} for {len(texts)} texts."
        )
    return dict(zip(texts, lengths.tolist(), strict=True))


def in_chunks(
    encoder: Encoder, length: Mapping[str, int], chunk: int
) -> Iterator[tuple[list[str], Float32Array, float]]:
    """Texts, longest first, with their checked vectors (n, D) and the share of the tokens that is done by then."""
    order = sorted(length, key=lambda text: -length[text])
    work, done = max(sum(length.values()), 1), 0
    for first in range(0, len(order), chunk):
        part = order[first : first + chunk]
        vectors = _checked(encoder.name, part, encoder.encode(part))
        done += sum(length[text] for text in part)
        yield part, vectors, done / work


def _lacking(questions: StoredQuestions, encoded: set[int]) -> dict[str, list[int]]:
    """The positions of the questions without a vector, by text."""
    positions: dict[str, list[int]] = {}
    for position, (row, text) in enumerate(zip(questions.rows.tolist(), questions.texts, strict=True)):
        if row not in encoded:
            positions.setdefault(text, []).append(position)
    return positions


def _checked(name: str, texts: Sequence[str], vectors: Float32Array) -> Float32Array:
    """The vectors (n, D), if they are vectors."""
    if vectors.ndim != 2 or len(vectors) != len(texts) or not vectors.shape[1]:
        raise EncoderError(f"{name} returned an array of shape {vectors.shape} for {len(texts)} texts.")
    broken = ~np.isfinite(vectors).all(axis=1)
    broken |= ~vectors.any(axis=1) & np.array([bool(text.strip()) for text in texts])
    if broken.any():
        text = texts[int(broken.argmax())]
        raise EncoderError(
            f"{name} returned a vector that is not finite, or all zeros, for {int(broken.sum())} of"
            f" {len(texts)} texts, {text[:40]!r} first; with float16, try bfloat16 or float32."
        )
    return vectors
