"""What a card tells of a model before it is asked anything; where the card is silent its name may tell it.

The rule for names, of which any part may be missing: maker, family, generation, parameters, and whether it was tuned
to follow instructions, by :mod:`embedllm_bench.cards.naming`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from embedllm_bench.cards.kinship import card_of, family_of
from embedllm_bench.cards.naming import generation_in_name, maker_in_name, parameters_in_name, tuned_in_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from embedllm_bench.cards.model import ModelCard

TUNED = frozenset({"instruct", "chat"})  #: tags that say a model was tuned to follow instructions
DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Traits:
    """What is known of a model; None, or no tags, where it is not known."""

    parameters: int | None = None
    family: str | None = None
    generation: str | None = None  #: of its family, such as Qwen 2.5
    weights: str | None = None  #: the id of the weights it was made from, or else of its own
    maker: str | None = None  #: whoever published it
    tuned: bool | None = None  #: to follow instructions
    tags: frozenset[str] = frozenset()
    released: float | None = None  #: in years
    prompting: str | None = None  #: how questions are put to it, such as cloze with a chat template

    def content(self) -> dict[str, object]:
        """As JSON has it; :meth:`of_content` reads it."""
        return {**asdict(self), "tags": sorted(self.tags)}

    @classmethod
    def of_content(cls, content: Mapping[str, object]) -> Self:
        """What :meth:`content` wrote."""
        tags = content["tags"]
        assert isinstance(tags, list)  # noqa: S101 - the file's digest was checked
        return cls(**{**content, "tags": frozenset(tags)})  # type: ignore[arg-type]  # as written


def are_strangers(some: Sequence[Traits], known: Sequence[Traits]) -> list[bool]:
    """Which of some models are of a family that no known one is of, or that nothing tells."""
    families = {one.family for one in known}
    return [one.family is None or one.family not in families for one in some]


def traits_of(model: str, cards: Mapping[str, ModelCard]) -> Traits:
    """What the card of a model and its name tell; ``cards`` are by model id.

    A card of the same weights in another configuration serves too.
    """
    card, weights = card_of(model, cards), _weights(model)
    if card is None:
        return Traits(
            parameters_in_name(model), family_of(model, cards), generation_in_name(model), weights,
            maker_in_name(model), tuned_in_name(model),
        )  # fmt: skip
    named = generation_in_name(card.family) if card.family else None
    tuned = True if TUNED & set(card.tags) else tuned_in_name(model)
    return Traits(
        parameters=card.parameters or parameters_in_name(model),
        family=family_of(model, cards),
        generation=named or generation_in_name(model),
        weights=_weights(card.base) if card.base else weights,
        maker=maker_in_name(model),
        tuned=tuned,
        tags=frozenset(card.tags) - TUNED,
        released=None if card.released is None else _years(card.released),
        prompting=_prompting(card) if card.id == model else None,
    )


def all_traits(models: Iterable[str], cards: Mapping[str, ModelCard]) -> tuple[Traits, ...]:
    """Of each model, in their order."""
    return tuple(traits_of(model, cards) for model in models)


def traits_digest(traits: Iterable[Traits]) -> str:
    """SHA-256 of what is known of models, in their order."""
    return hashlib.sha256(json.dumps([one.content() for one in traits]).encode()).hexdigest()


def _weights(model: str) -> str:
    return model.partition("+")[0].partition("@")[0]


def _prompting(card: ModelCard) -> str:
    return f"{card.formulation}{' chat' if card.apply_chat_template else ''}"


def _years(day: dt.date) -> float:
    return 1 + day.toordinal() / DAYS_A_YEAR  # day 1 is in the year 1
