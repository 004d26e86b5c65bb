"""New questions to vectors, by the very encoder whose vectors a method was fitted on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.encoders.base import DTYPES
from embedllm_bench.encoders.catalog import SENTENCE_TRANSFORMERS, make_encoder
from embedllm_bench.encoders.encoding import CHUNK, CHUNK_BATCHES, encode_texts
from embedllm_bench.encoders.sentence import SentenceEncoder
from embedllm_bench.encoders.weights import MINILM, MPNET, SHORT, NotHereError
from embedllm_bench.errors import EncoderError, UnknownNameError
from embedllm_bench.process import guest
from embedllm_bench.store.records import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.artifact.description import EncoderFacts
    from embedllm_bench.encoders.base import Encoder, Settings
    from embedllm_bench.encoders.encoding import Progress, TextVectors
    from embedllm_bench.registry import Plugins

#: How far a witness may lie from its vector, in lengths of the vector: half precision is off by a hundredth, other
#: weights by about one.
TOLERANCE = 0.05


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads questions as the questions that a method was fitted on were read, or not at all.

    ``given`` says where the encoder is that the facts name: a name, a folder, or a hub id; not given, it is
    looked for under the name it has.
    """

    facts: EncoderFacts
    witnesses: Float32Array  #: (W, D) of the texts in the facts
    plugins: Plugins
    settings: Settings
    given: str | None = None

    def read(self, texts: Sequence[str], progress: Progress | None = None) -> TextVectors:
        """Vectors (n, D) of texts, on the same way as the questions of a store.

        Raises:
            EncoderError: the encoder cannot be had here, or is not the one.
        """
        chunk = max(CHUNK, CHUNK_BATCHES * self.settings.batch_size)
        encoder = self.encoder
        with self.plugins.encoders.blaming(lambda: encoder.name), guest():
            return encode_texts(encoder, texts, chunk, progress)

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder, once it has proved to be the one.

        Raises:
            EncoderError: it cannot be had here, or is not the one.
        """
        encoder = self._located() if self.given is None else self._made(self.given)
        if not self._is_same(encoder):
            raise EncoderError(
                f"The artifact was fitted on vectors of {self.facts.label}, and the encoder given is"
                f" {label(encoder.name, encoder.revision)}; give the folder of the artifact's own."
            )
        self._check_witnesses(encoder)
        return encoder

    def _located(self) -> Encoder:
        """The encoder by its name and revision, else by its name, where the weights are known to be the same."""
        name, (revision, _) = self.facts.name, self._precision
        try:
            return self._made(label(name, revision))
        except (EncoderError, UnknownNameError) as error:
            if self.facts.weights is not None:
                try:
                    other = self._made(name)
                except (EncoderError, UnknownNameError):
                    other = None
                if other is not None and self._is_same(other):
                    return other
            raise EncoderError(self._lacking(error)) from error

    def _made(self, text: str) -> Encoder:
        _, dtype = self._precision
        catalog = self.plugins.encoders
        name = text.removeprefix(SENTENCE_TRANSFORMERS).partition("@")[0]
        with catalog.explaining(name), catalog.blaming(lambda: name), guest():
            return make_encoder(text, dataclasses.replace(self.settings, dtype=dtype), catalog.things)

    @property
    def _precision(self) -> tuple[str, str]:
        """The weights' revision, and the precision that is part of an encoder's where it is not float32."""
        revision, _, dtype = self.facts.revision.rpartition("-")
        return (revision, dtype) if dtype in DTYPES else (self.facts.revision, "float32")

    def _is_same(self, encoder: Encoder) -> bool:
        """By revision or weights; without a revision the witnesses alone tell."""
        if not self.facts.revision or encoder.revision == self.facts.revision:
            return True
        return (
            self.facts.weights is not None
            and isinstance(encoder, SentenceEncoder)
            and encoder.located.sha256 == self.facts.weights
        )

    def _check_witnesses(self, encoder: Encoder) -> None:
        """Whether it gives the artifact's own questions the vectors that the method was fitted on."""
        if not self.facts.witnesses:  # every question was blank
            return
        with self.plugins.encoders.blaming(lambda: encoder.name), guest():
            made = encode_texts(encoder, self.facts.witnesses).vectors
        known, near = self.witnesses, made.shape == self.witnesses.shape
        if near:
            near = bool((_lengths(made - known) <= TOLERANCE * np.maximum(_lengths(known), 1e-6)).all())
        if not near:
            raise EncoderError(
                f"{label(encoder.name, encoder.revision)} is not the encoder of that name that the artifact was fitted"
                " on: it gives the same questions other vectors; give its folder with --encoder, or fit on vectors"
                " that 'embedllm-bench encode' made."
            )

    def _lacking(self, error: Exception) -> str:
        cause = error.__cause__ if isinstance(error.__cause__, NotHereError) else error
        known = self.plugins.encoders.things.get(self.facts.name)
        unknown = isinstance(error, UnknownNameError)
        why = "no encoder of that name is known here" if unknown else str(cause)
        remedy = "give the folder of its weights with --encoder"
        if unknown:
            remedy += ", or the plugin that brings it with --plugin"
        if known is not None and known.install:
            remedy = f"'pip install {known.install}' may bring it, or {remedy}"
        return (
            f"The artifact was fitted on vectors of {self.facts.label}, which cannot be computed here"
            f" ({why.rstrip('.')}); {remedy}."
        )


def published_weights(name: str, revision: str) -> str | None:
    """SHA-256 of the weights, where name and revision are of those that packages carry."""
    for published in (MPNET, MINILM):
        if name == published.hub.removeprefix(SENTENCE_TRANSFORMERS):
            return published.sha256 if revision.startswith(published.sha256[:SHORT]) else None
    return None


def _lengths(vectors: Float32Array) -> Float32Array:
    lengths: Float32Array = np.linalg.norm(vectors, axis=1)
    return lengths
