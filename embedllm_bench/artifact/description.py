"""What an artifact says of itself: enough to use it, and to know what it was fitted on."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedllm_bench.results import DataFacts
from embedllm_bench.store.records import label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.results import Setting


@dataclass(frozen=True)
class EncoderFacts:
    """Whose question vectors the method was fitted on.

    ``witnesses`` are texts whose vectors the artifact has, so that an encoder of the same name can prove to be
    the same.
    """

    name: str
    revision: str
    dimension: int
    weights: str | None  #: SHA-256, where known
    witnesses: tuple[str, ...]

    @property
    def label(self) -> str:
        """How users name it."""
        return label(self.name, self.revision)


@dataclass(frozen=True)
class Description:
    """A fitted method's models, in the order of its forecasts, and where it comes from."""

    method: str
    plugin: str  #: that the method is of
    settings: Mapping[str, Setting]
    seed: int
    models: tuple[str, ...]
    ungraded: tuple[str, ...]  #: models of the store left out, as none of their outcomes is graded
    encoder: EncoderFacts
    data: DataFacts  #: all that was in the store, as a comparison reports it
    labels: str
    training: int  #: questions
    validation: int  #: questions, that settings were chosen on and training stopped by; not trained on
    split: str  #: hash of this division
    versions: Mapping[str, str]
    created: str

    def as_json(self) -> dict[str, object]:
        """As JSON has it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Description:
        """Read what :meth:`as_json` gave.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        values = dict(content)
        encoder = dict(values["encoder"])
        values["encoder"] = EncoderFacts(**encoder | {"witnesses": tuple(encoder["witnesses"])})
        values["data"] = DataFacts(**values["data"])
        for name in ("models", "ungraded"):
            values[name] = tuple(values[name])
        return cls(**values)
