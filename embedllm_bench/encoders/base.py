"""What an encoder is: question texts to vectors, under the name and revision that a store keeps them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray

DTYPES = ("float32", "bfloat16", "float16")
StoredDtype = Literal["float32", "float16"]


@dataclass(frozen=True)
class Settings:
    """How an encoder computes, and what its vectors are kept as where the store has none of it yet."""

    dtype: str = "float32"
    kept_as: StoredDtype = "float32"
    batch_size: int = 32
    device: str = "auto"


class Encoder(Protocol):
    """Texts in, vectors out; equal name and revision promise vectors that may stand in one matrix."""

    @property
    def name(self) -> str:
        """How users ask for it."""

    @property
    def revision(self) -> str:
        """Which weights, and how computed; empty where there is but one."""

    @property
    def limit(self) -> int | None:
        """The length at which texts are cut, as :meth:`lengths` counts; None if none is."""

    def lengths(self, texts: Sequence[str]) -> IndexArray | Sequence[int]:
        """How long each text is (n,), in the encoder's own tokens, as an array or a list."""

    def encode(self, texts: Sequence[str]) -> Float32Array:
        """Vectors (n, D), in the order of the texts."""


class Factory(Protocol):
    """Makes an encoder; the weights are loaded when it first encodes."""

    def __call__(self, settings: Settings, revision: str | None) -> Encoder:
        """The encoder, of that revision where one is named.

        Raises:
            EncoderError: its weights, or that revision, cannot be had.
        """


@dataclass(frozen=True)
class Weights:
    """Whether an encoder can be computed on this machine without a network, and where its weights lie."""

    here: bool
    where: str  #: or how to get them


@dataclass(frozen=True)
class KnownEncoder:
    """An entry of the catalog."""

    name: str
    dimension: int
    make: Factory
    weights: Callable[[], Weights] = lambda: Weights(here=True, where="needs none")
    install: str = ""  #: what to give to pip install for the weights
