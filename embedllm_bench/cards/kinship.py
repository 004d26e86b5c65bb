"""Which family and size a model is of: its card says so, else its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.cards.naming import family_in_name, parameters_in_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.cards.model import ModelCard

#: Upper ends of size classes, in parameters.
SIZE_CLASSES = {"under 2B": 2e9, "2B to 5B": 5e9, "5B to 10B": 10e9, "10B to 25B": 25e9, "25B to 50B": 50e9}
LARGEST = "50B and more"


def family_of(model: str, cards: Mapping[str, ModelCard]) -> str | None:
    """``cards`` are by model id; a card of the same weights in another configuration serves too."""
    card = card_of(model, cards)
    named = None if card is None else card.family
    if named is None:
        return family_in_name(model)
    return family_in_name(named) or named  # "Qwen2.5" and "Qwen2" are of one family here


def size_of(model: str, cards: Mapping[str, ModelCard]) -> str | None:
    """The size class, None where neither card nor name says how many parameters."""
    card = card_of(model, cards)
    parameters = (None if card is None else card.parameters) or parameters_in_name(model)
    return size_class(parameters)


def size_class(parameters: int | None) -> str | None:
    """Which of the classes so many parameters fall in."""
    if parameters is None:
        return None
    return next((name for name, end in SIZE_CLASSES.items() if parameters < end), LARGEST)


def card_of(model: str, cards: Mapping[str, ModelCard]) -> ModelCard | None:
    """The card of a model, or else of its weights in another configuration."""
    weights = model.partition("+")[0].partition("@")[0]  # a table's model may have a name that is no model id
    return cards.get(model) or cards.get(weights)
