"""Sentence-transformers models as encoders."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from embedllm_bench.devices import choose_device
from embedllm_bench.errors import EncoderError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.encoders.base import Settings
    from embedllm_bench.encoders.weights import Located

TOKENIZED = 2048  #: texts at a time


@dataclass(frozen=True)
class SentenceEncoder:
    """A model in a folder that :mod:`embedllm_bench.encoders.weights` has looked through."""

    name: str
    located: Located
    settings: Settings

    @property
    def revision(self) -> str:
        """The weights, and the precision where it is not float32: the two do not mix in one matrix."""
        exact = self.settings.dtype == "float32"
        return self.located.revision if exact else f"{self.located.revision}-{self.settings.dtype}"

    @property
    def limit(self) -> int | None:
        """Tokens a text may have; None where the model says none."""
        limit = self._model.max_seq_length
        known = callable(self._model.tokenizer) and limit is not None and np.isfinite(limit)
        return int(limit) if known else None

    def lengths(self, texts: Sequence[str]) -> IndexArray:
        """Tokens of each text (n,), uncut; characters where the model has no limit."""
        if self.limit is None:
            return np.array([len(text) for text in texts], dtype=np.int64)
        prompt = self._model.prompts.get(self._model.default_prompt_name or "", "")
        counts: list[int] = []
        for start in range(0, len(texts), TOKENIZED):
            part = [prompt + text for text in texts[start : start + TOKENIZED]]
            tokens = self._model.tokenizer(part, truncation=False, padding=False, verbose=False)["input_ids"]
            counts += map(len, tokens)
        return np.array(counts, dtype=np.int64)

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Vectors (n, D), cut texts included."""
        try:
            made = self._model.encode(
                list(texts),
                batch_size=self.settings.batch_size,
                convert_to_tensor=True,
                show_progress_bar=False,
            )
        except RuntimeError as error:  # out of memory, or no such operation in this precision
            raise EncoderError(
                f"{self.name} cannot encode {self.settings.batch_size} texts at a time in {self.settings.dtype} here"
                f" ({first_line(error)}); give a smaller --batch-size or another --dtype."
            ) from error
        vectors: Float32Array = made.float().cpu().numpy()
        return vectors

    @cached_property
    def _model(self) -> Any:
        import torch
        from sentence_transformers import SentenceTransformer

        device = choose_device(self.settings.device)
        with _no_bars():
            try:
                model = SentenceTransformer(
                    str(self.located.folder),
                    device=str(device),
                    trust_remote_code=False,
                    local_files_only=True,
                    model_kwargs={"use_safetensors": True},
                )
            except Exception as error:  # a folder can be broken in more ways than the library names
                raise EncoderError(
                    f"The model in {self.located.folder} cannot be loaded: {first_line(error)}."
                ) from error
        return model.to(getattr(torch, self.settings.dtype))


@contextlib.contextmanager
def _no_bars() -> Iterator[None]:
    """Transformers draws a bar for weights that load in a second; this room prints nothing."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
