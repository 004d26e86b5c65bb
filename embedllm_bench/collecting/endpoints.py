"""What an HTTP endpoint returned, looked at before lm-eval makes an answer of it."""

from __future__ import annotations

import contextlib
import functools
import json
import time
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from embedllm_bench.errors import first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    latency: float | None  #: seconds from request to reply; None where requests wait for one another


@dataclass(frozen=True)
class _Request:
    """What was sent by the thread or task that now reads the reply."""

    prompt: str | None  #: None where one request asks several
    started: float | None


_REQUEST: ContextVar[_Request | None] = ContextVar("request", default=None)


class UsageLog:
    """Usage by prompt, where one reply was for one prompt."""

    def __init__(self) -> None:
        self._by_prompt: dict[str, Usage] = {}
        self.served_models: set[str] = set()

    def add(self, reply: dict[str, Any], request: _Request | None) -> None:
        usage = reply.get("usage") or {}
        served = reply.get("model")
        if isinstance(served, str):
            self.served_models.add(served)
        if request is not None and request.prompt is not None:
            latency = None if request.started is None else time.perf_counter() - request.started
            counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
            self._by_prompt[request.prompt] = Usage(*counts, served, latency)

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
            request = _REQUEST.get()
            if request is not None and contexts is not None:
                request = replace(
                    request, prompt=_only(contexts)
                )  # a request may hold tokens, this is the text
            log.add(reply, request)
        return list(parse(outputs=outputs, contexts=contexts, **kwargs))

    lm.parse_generations = checked
    _remember_requests(lm)
    return log


def _remember_requests(lm: LM) -> None:
    """Keep what was asked, and when, for whoever reads the reply in the same thread or task.

    A request among several at once has waited for its turn too, so its time says nothing of the endpoint.
    """
    call, call_among_others, where = (
        lm.model_call,
        lm.amodel_call,
        str(getattr(lm, "base_url", "its endpoint")),
    )

    def model_call(messages: Any, **kwargs: Any) -> Any:
        _REQUEST.set(_Request(_only(messages), time.perf_counter()))
        with _reading(where):
            return call(messages=messages, **kwargs)

    async def amodel_call(*args: Any, messages: Any, **kwargs: Any) -> Any:
        _REQUEST.set(_Request(_only(messages), None))
        with _reading(where):
            return await call_among_others(*args, messages=messages, **kwargs)

    lm.model_call, lm.amodel_call = model_call, amodel_call


@contextlib.contextmanager
def _reading(where: str) -> Iterator[None]:
    """Say in words that there is no server, or that its reply cannot be read; the libraries say how they are built."""
    from aiohttp import ClientConnectionError, ContentTypeError
    from requests import JSONDecodeError
    from requests.exceptions import ConnectionError as NoConnectionError

    try:
        yield
    except (NoConnectionError, ClientConnectionError) as error:
        raise NoAnswerError(f"there is no connection to {where}: {_system_s_word(error)}") from error
    except (ContentTypeError, JSONDecodeError, json.JSONDecodeError) as error:
        raise NoAnswerError("the endpoint's reply is no JSON") from error


def _system_s_word(error: BaseException) -> str:
    """What the operating system said, below all that libraries made of it."""
    said, below = first_line(error), error.__cause__ or error.__context__
    while below is not None:
        if isinstance(below, OSError) and below.strerror:
            said = below.strerror
        below = below.__cause__ or below.__context__
    return said


def prompt_text(prompt: object) -> str:
    """A prompt, the same before and after lm-eval makes a plain tuple of its chat messages to log them."""
    return str(prompt[0]) if isinstance(prompt, tuple) and len(prompt) == 1 else str(prompt)


def _only(messages: Any) -> str | None:
    return prompt_text(messages[0]) if len(messages) == 1 else None


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
