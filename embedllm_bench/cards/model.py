"""What a model is: weights in one configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from embedllm_bench.cards.base import Card, as_json, is_below, is_no_text, refuse
from embedllm_bench.cards.fields import Fields, located
from embedllm_bench.cards.ids import parse_model_id

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from embedllm_bench.cards.fields import Scalar

#: Choices named by letters, of which the model gives one; or each choice as the question's completion.
Formulation = Literal["letters", "cloze"]
FORMULATIONS: tuple[Formulation, ...] = ("letters", "cloze")


@dataclass(frozen=True)
class ModelCard(Card):
    """A model in one configuration: its weights, what else changes its answers, and what is known of it.

    ``num_fewshot`` None means the benchmark's own number; prices are dollars per million tokens.
    """

    backend: str = "hf"  #: as lm-eval calls it
    model_args: Mapping[str, Scalar] = field(default_factory=dict, hash=False)  #: as lm-eval calls them
    num_fewshot: int | None = None
    apply_chat_template: bool = False
    system_instruction: str | None = None
    formulation: Formulation = "letters"  #: how questions of a file are put, where they have choices
    parameters: int | None = None
    family: str | None = None
    base: str | None = None  #: the id of the model this one was made from
    licence: str | None = None
    released: dt.date | None = None
    tags: tuple[str, ...] = ()
    price_in: float | None = None
    price_out: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        parse_model_id(self.id)
        object.__setattr__(self, "model_args", dict(sorted(self.model_args.items())))
        numbers = [value for value in self.model_args.values() if isinstance(value, float)]
        arguments = [value for value in self.model_args.values() if isinstance(value, str)]
        texts = ("backend", "system_instruction", "family", "base", "licence")
        refuse(
            {
                **{f"{name} is blank or no Unicode": is_no_text(getattr(self, name)) for name in texts},
                "a tag is blank or no Unicode": any(map(is_no_text, self.tags)),
                "a tag stands twice": len(set(self.tags)) < len(self.tags),
                "a text in model_args is blank or no Unicode": any(
                    map(is_no_text, [*self.model_args, *arguments])
                ),
                "a number in model_args is not finite": not all(map(math.isfinite, numbers)),
                f"formulation is {self.formulation!r}, not one of {', '.join(FORMULATIONS)}": (
                    self.formulation not in FORMULATIONS
                ),
                f"num_fewshot is {self.num_fewshot}, less than 0": is_below(self.num_fewshot, 0),
                f"parameters is {self.parameters}, less than 1": is_below(self.parameters, 1),
                f"price_in is {self.price_in}, no price": is_below(self.price_in, 0),
                f"price_out is {self.price_out}, no price": is_below(self.price_out, 0),
            }
        )

    @property
    def configuration(self) -> str:
        names = ("backend", "model_args", "num_fewshot", "apply_chat_template", "system_instruction")
        other = {} if self.formulation == "letters" else {"formulation": self.formulation}
        return as_json({name: getattr(self, name) for name in names} | other)

    @classmethod
    def from_content(cls, content: Mapping[str, object], where: str) -> ModelCard:
        with located(where):
            fields = Fields(content, cls.known_keys())
            return cls(
                id=fields.needed("id"),
                backend=fields.needed("backend", cls.backend),
                model_args=fields.scalars("model_args"),
                num_fewshot=fields.whole("num_fewshot"),
                apply_chat_template=fields.flag("apply_chat_template"),
                system_instruction=fields.text("system_instruction"),
                formulation=fields.one_of("formulation", FORMULATIONS, cls.formulation),
                parameters=fields.size("parameters"),
                family=fields.text("family"),
                base=fields.text("base"),
                licence=fields.text("licence"),
                released=fields.date("released"),
                tags=fields.texts("tags"),
                price_in=fields.number("price_in"),
                price_out=fields.number("price_out"),
            )
