"""A fitted method that forecasts and routes questions as texts."""

from __future__ import annotations

import contextlib
import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from safetensors.numpy import load_file, save_file

from embedllm_bench.artifact.folder import AGAIN, read_folder, write_folder
from embedllm_bench.artifact.reading import Reader
from embedllm_bench.encoders.base import Settings
from embedllm_bench.encoders.encoding import TextVectors
from embedllm_bench.errors import ABORTS, BenchError, MethodError, UnknownNameError, UsageError
from embedllm_bench.exchange.columns import BadValueError, read_optional_text, shown
from embedllm_bench.matrix import Questions
from embedllm_bench.methods.base import Method, Saves, ScoresLinearly, preferences, probabilities
from embedllm_bench.process import guest
from embedllm_bench.registry import Plugins, look_up
from embedllm_bench.registry.loading import told
from embedllm_bench.router import Router

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import BoolArray, Float32Array
    from embedllm_bench.artifact.description import Description
    from embedllm_bench.encoders.encoding import Progress

METHOD, WITNESSES = "method", "encoder.safetensors"
TOP = 3  #: models a route names, if not told otherwise
NEAR = 3  #: names a message suggests


@dataclass(frozen=True, eq=False)
class Prediction:
    """P(correct) of M models at Q questions."""

    models: tuple[str, ...]
    texts: tuple[str, ...]
    p: Float32Array  #: (M, Q)
    cut: BoolArray  #: (Q,) texts longer than the encoder reads


@dataclass(frozen=True)
class Ranked:
    """A model and its forecast P(correct)."""

    model: str
    p: float


@dataclass(frozen=True)
class Route:
    """The model chosen for a question, which is the first, and its runners-up."""

    text: str
    ranked: tuple[Ranked, ...]
    cut: bool  #: whether the text is longer than the encoder reads

    @property
    def choice(self) -> str:
        """The model chosen."""
        return self.ranked[0].model


@dataclass(frozen=True, eq=False)
class Artifact:
    """Made by :func:`embedllm_bench.fit`, kept by :meth:`save`, and read again by :meth:`load`."""

    description: Description
    method: Method
    reader: Reader = field(repr=False)

    @property
    def models(self) -> tuple[str, ...]:
        """In the order of the forecasts."""
        return self.description.models

    def predict(
        self, texts: Sequence[str], models: Sequence[str] | None = None, progress: Progress | None = None
    ) -> Prediction:
        """P(correct) of the models, or of all, at questions of these texts.

        Raises:
            UnknownNameError: a model is none of the artifact's; names the nearest.
            UsageError: a text is empty.
            EncoderError: the encoder it was fitted with cannot be had here.
        """
        rows = [self._row(model) for model in (self.models if models is None else models)]
        read = self._read(texts, progress)
        p = self.forecast(read.vectors, texts)[rows]
        return Prediction(tuple(self.models[row] for row in rows), tuple(texts), p, read.cut)

    def route(
        self, texts: Sequence[str], top: int = TOP, progress: Progress | None = None
    ) -> tuple[Route, ...]:
        """For questions of these texts the ``top`` models by forecast, the one to ask first.

        A method that routes by something else than its forecasts is asked for that; among equal values its scores
        decide, where it has such (:class:`embedllm_bench.Router`).

        Raises:
            UsageError: a text is empty, or ``top`` is below 1.
            EncoderError: the encoder it was fitted with cannot be had here.
        """
        if top < 1:
            raise UsageError(f"Of {top} models none can be chosen; give at least 1.")
        read = self._read(texts, progress)
        questions = self._questions(read.vectors, texts)
        p = self.forecast(read.vectors, texts)
        with self._running("in routing"):
            preferred = preferences(self.method, questions, p)
        values = p if preferred is None else preferred
        order = np.tile(np.arange(len(self.models)), (len(texts), 1))  # (Q, M)
        if isinstance(self.method, ScoresLinearly):
            with self._running("in routing"):
                order = Router.of(self.method, self.models).rank(read.vectors)
        routes = []
        for question, text in enumerate(texts):
            by_score = order[question]
            ranked = by_score[np.argsort(-values[by_score, question], kind="stable")][:top]
            found = tuple(Ranked(self.models[m], float(p[m, question])) for m in ranked)
            routes.append(Route(text, found, bool(read.cut[question])))
        return tuple(routes)

    def forecast(self, vectors: Float32Array, texts: Sequence[str] | None = None) -> Float32Array:
        """P(correct) (M, Q) at questions whose vectors (Q, D) are at hand; their texts, if the method reads any.

        Raises:
            UsageError: the vectors are not of the encoder's size.
        """
        vectors = np.asarray(vectors, dtype=np.float32)
        dimension = self.description.encoder.dimension
        if vectors.ndim != 2 or vectors.shape[1] != dimension:
            raise UsageError(
                f"Vectors of {self.description.encoder.label} are (Q, {dimension}), not {vectors.shape}."
            )
        with self._running("in forecasting"):
            return probabilities(self.method, self._questions(vectors, texts), len(self.models))

    def _questions(self, vectors: Float32Array, texts: Sequence[str] | None) -> Questions:
        count = len(vectors)
        ids, named = tuple(map(str, range(count))), tuple(texts or ("",) * count)
        return Questions(ids, named, ("",) * count, (None,) * count, vectors)

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> None:
        """Keep it in a new folder; with ``force`` in place of the artifact that is there. All or nothing is written.

        Raises:
            ArtifactError: something is there, or the folder cannot be written.
        """
        method = self.method
        assert isinstance(method, Saves)  # noqa: S101 - no other is fitted

        def write(content: Path) -> None:
            with self._running("while it was saved"):
                method.save(content / METHOD)
            save_file({"witnesses": np.ascontiguousarray(self.reader.witnesses)}, content / WITNESSES)

        write_folder(Path(folder), self.description, write, force=force)

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike[str],
        *,
        encoder: str | None = None,
        settings: Settings | None = None,
        plugins: Plugins | None = None,
    ) -> Self:
        """Read what :meth:`save` wrote; the encoder is loaded when the first question is read.

        ``encoder`` says where that is, a folder say, if it is not to be had under the name in the artifact.

        Raises:
            ArtifactError: the folder holds none, or one that is damaged or of a newer version.
            UnknownNameError, PluginError: the method is of a plugin that is not here, or broken.
            MethodError: the method cannot read what it has saved.
        """
        opened = read_folder(Path(folder))
        plugins = plugins or Plugins()
        described = opened.description
        kind = _kind(described, folder, plugins)
        with running(described.method, f"while it was loaded from {folder}; {AGAIN}"):
            method = kind.load(opened.content / METHOD)
            witnesses = load_file(opened.content / WITNESSES)["witnesses"]
        if not isinstance(method, Method):
            raise MethodError(f"{described.method}.load returns no method; mend it.")
        reader = Reader(described.encoder, witnesses, plugins, settings or Settings(), encoder)
        return cls(described, method, reader)

    def _read(self, texts: Sequence[str], progress: Progress | None) -> TextVectors:
        if isinstance(texts, str):
            raise UsageError("Give a list of questions, not a single text.")
        for text in texts:
            check_text(text)
        if not texts:
            none = np.empty((0, self.description.encoder.dimension), dtype=np.float32)
            return TextVectors(none, np.empty(0, dtype=bool))
        return self.reader.read(texts, progress)

    def _row(self, model: str) -> int:
        if model not in self.models:
            near = _near(model, self.models)
            hint = (
                f"Did you mean {' or '.join(map(repr, near))}?" if near else f"It has {_some(self.models)}."
            )
            raise UnknownNameError(
                f"The artifact has no model {model!r} among its {len(self.models)}. {hint}", near=bool(near)
            )
        return self.models.index(model)

    def _running(self, when: str) -> contextlib.AbstractContextManager[None]:
        return running(self.method.name, when)


@contextlib.contextmanager
def running(method: str, when: str) -> Iterator[None]:
    """While a method's code runs: it is a guest, and what it raises is a sentence.

    Raises:
        MethodError: in place of what it raised.
    """
    try:
        with guest():
            yield
    except (BenchError, *ABORTS):
        raise
    except BaseException as error:
        raise MethodError(f"{method} failed {when} ({told(error)}).") from error


def check_text(text: str) -> None:
    """Refuse what is no question.

    Raises:
        UsageError: it is empty, or nothing that a file could hold.
    """
    try:
        empty = not (read_optional_text(text) or "").strip()
    except BadValueError as error:
        raise UsageError(f"The question {shown(text)} {error}; mend it.") from error
    if empty:
        raise UsageError("A question is empty; leave it out.")


def _kind(described: Description, folder: str | os.PathLike[str], plugins: Plugins) -> type[Saves]:
    try:
        (kind,) = look_up(plugins.methods, [described.method])
    except UnknownNameError as error:
        raise UnknownNameError(
            f"{folder} holds a fitted {described.method!r}, a method of plugin {described.plugin!r}, which is not"
            " here; install it, or name its file with --plugin."
        ) from error
    if not issubclass(kind, Saves):
        raise MethodError(f"The method {described.method!r} that is here cannot load what {folder} holds.")
    return kind


def _near(name: str, models: Sequence[str]) -> list[str]:
    """Models whose names contain this one, or are spelt much like it."""
    lower = {model.lower(): model for model in models}
    found = [model for text, model in lower.items() if name.lower() in text]
    found = found or [lower[text] for text in difflib.get_close_matches(name.lower(), lower, n=NEAR)]
    return found[:NEAR]


def _some(models: Sequence[str]) -> str:
    more = len(models) - NEAR
    return ", ".join(models[:NEAR]) + (f" and {more} more" if more > 0 else "")
