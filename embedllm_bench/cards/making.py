"""A model's card from what a user says of it, with an id that tells its configuration."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embedllm_bench.cards.ids import parse_model_id
from embedllm_bench.cards.model import ModelCard

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from embedllm_bench.cards.fields import Scalar
    from embedllm_bench.cards.model import Formulation

#: What is known of a model and changes none of its answers, but for tags.
FACTS = ("parameters", "family", "base", "licence", "released", "price_in", "price_out")
SHORT = 6  #: hexadecimal digits of what is too long or too odd for an id


@dataclass(frozen=True)
class Configuration:
    """The choices that change a model's answers, as a command line gives them."""

    backend: str = "hf"
    model_args: Mapping[str, Scalar] | None = None
    num_fewshot: int | None = None
    apply_chat_template: bool = False
    system_instruction: str | None = None
    formulation: Formulation = "letters"


def make_model_card(name: str, configuration: Configuration, known: Mapping[str, ModelCard]) -> ModelCard:
    """The card of ``org/name[@revision]`` in a configuration; facts come from the registry's card of its weights.

    Whatever differs from the plain model is part of the id (``org/name+5-shot.chat``), so that two
    configurations never come under one name. A name that carries a variant already keeps it.

    Raises:
        DataError: the name is no model id.
    """
    parsed = parse_model_id(name)
    given = dict(configuration.model_args or {})
    variant = parsed.variant or ".".join(_differences(configuration, given))
    base = f"{parsed.weights}@{parsed.revision}" if parsed.revision else parsed.weights
    facts = known.get(base) or known.get(parsed.weights) or ModelCard(id=base)
    return replace(
        facts,
        id=f"{base}+{variant}" if variant else base,
        backend=configuration.backend,
        model_args=given,
        num_fewshot=configuration.num_fewshot,
        apply_chat_template=configuration.apply_chat_template,
        system_instruction=configuration.system_instruction,
        formulation=configuration.formulation,
    )


def with_facts_of(card: ModelCard, stored: ModelCard | None, said: Collection[str] = ()) -> ModelCard:
    """The card with the facts that a ``stored`` one of its id has, but for those that were ``said`` anew.

    Tags are those of both.
    """
    if stored is None:
        return card
    facts = {name: getattr(stored, name) for name in FACTS if name not in said}
    known = {name: value for name, value in facts.items() if value is not None}
    return replace(card, tags=tuple(dict.fromkeys((*stored.tags, *card.tags))), **known)


def _differences(configuration: Configuration, given: Mapping[str, Scalar]) -> list[str]:
    parts = []
    if configuration.backend != "hf":
        parts.append(configuration.backend)
    parts += [_readable(f"{key}-{value}") for key, value in sorted(given.items())]
    if configuration.num_fewshot is not None:
        parts.append(f"{configuration.num_fewshot}-shot")
    if configuration.apply_chat_template:
        parts.append("chat")
    if configuration.formulation != "letters":
        parts.append(configuration.formulation)
    if configuration.system_instruction is not None:
        parts.append(f"system-{_digest(configuration.system_instruction)}")
    return parts


def _readable(text: str) -> str:
    """As it is, where an id can hold it; else the key and a digest."""
    if re.fullmatch(r"[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*", text) and len(text) <= 40:
        return text
    return f"{re.sub(r'[^A-Za-z0-9_]', '_', text.partition('-')[0])}-{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:SHORT]
