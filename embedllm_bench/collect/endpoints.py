"""What an HTTP endpoint returned, looked at before lm-eval makes an answer of it."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lm_eval.api.model import LM

LONGEST_SHOWN = 120


class NoAnswerError(Exception):
    """The endpoint replied, but not with an answer; lm-eval would grade the empty text as wrong."""


@dataclass(frozen=True)
class Usage:
    """What a request cost, by the endpoint's own count, and which model it says has answered."""

    prompt_tokens: int | None
    completion_tokens: int | None
    served_model: str | None


class UsageLog:
    """Usage by prompt, where one reply was for one prompt."""

    def __init__(self) -> None:
        self._by_prompt: dict[str, Usage] = {}
        self.served_models: set[str] = set()

    def add(self, reply: dict[str, Any], prompt: str | None) -> None:
        usage = reply.get("usage") or {}
        served = reply.get("model")
        if isinstance(served, str):
            self.served_models.add(served)
        if prompt is not None:
            counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
            self._by_prompt[prompt] = Usage(*counts, served)

    def of(self, prompt: str) -> Usage | None:
        """What the last reply to a prompt cost."""
        return self._by_prompt.get(prompt)


def observe(lm: LM) -> UsageLog:
    """Check every reply of an endpoint's model, and log its usage; other models have none."""
    log = UsageLog()
    parse = getattr(lm, "parse_generations", None)
    if parse is None:
        return log

    @functools.wraps(parse)
    def checked(outputs: Any, contexts: Any = None, **kwargs: Any) -> list[str | None]:
        replies = outputs if isinstance(outputs, list) else [outputs]
        for reply in replies:
            _check(reply)
            log.add(reply, str(contexts[0]) if contexts is not None and len(contexts) == 1 else None)
        return list(parse(outputs=outputs, contexts=contexts, **kwargs))

    lm.parse_generations = checked
    return log


def _check(reply: object) -> None:
    """An answer is a text in every choice: a null is a filter or a reasoning that ran out, no answer.

    Raises:
        NoAnswerError: shows the reply.
    """
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices:
        raise NoAnswerError(f"the endpoint replied without an answer: {_shown(reply)}")
    for choice in choices:
        message = choice.get("message") if isinstance(choice, dict) else None
        text = message.get("content") if isinstance(message, dict) else None
        if text is None and isinstance(choice, dict):
            text = choice.get("text")
        if not isinstance(text, str):
            raise NoAnswerError(f"the endpoint replied without a text: {_shown(choice)}")


def _shown(reply: object) -> str:
    text = json.dumps(reply, default=str)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."
