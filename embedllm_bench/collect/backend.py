"""A model loaded by one of lm-eval's backends, and what the backend can do."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING

from embedllm_bench.errors import CollectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lm_eval.api.model import LM

    from embedllm_bench.cards import ModelCard

#: Chat endpoints return text, not the log-probabilities that scoring given answers needs.
CHAT_BACKENDS = frozenset(
    {
        "anthropic-chat", "anthropic-chat-completions", "litellm", "litellm-chat", "litellm-chat-completions",
        "local-chat-completions", "openai-chat-completions",
    }
)  # fmt: skip
TEXT_ONLY_BACKENDS = CHAT_BACKENDS | {"anthropic-completions", "sglang-generate", "watsonx_llm"}


def check_backend(card: ModelCard) -> None:
    """Refuse a backend lm-eval does not have, or a chat endpoint without its chat template.

    Raises:
        UsageError: names what there is, or the remedy.
    """
    import lm_eval.models  # noqa: F401 - fills the registry
    from lm_eval.api.registry import model_registry

    if card.backend not in model_registry:
        raise UsageError(
            f"{card.id}: lm-eval has no backend {card.backend!r}; it has"
            f" {', '.join(sorted(model_registry.keys()))}."
        )
    if card.backend in CHAT_BACKENDS and not card.apply_chat_template:
        raise UsageError(
            f"{card.id}: backend {card.backend} takes chat messages only; add --apply_chat_template."
        )


def load_model(card: ModelCard, batch_size: int | str, device: str | None) -> LM:
    """The model, ready to answer.

    Raises:
        CollectError: it cannot be had; names the model, the backend and the reason.
    """
    from lm_eval.api.registry import get_model

    settings = {"batch_size": batch_size, "max_batch_size": None, "device": device}
    try:
        with quiet():
            return get_model(card.backend).create_from_arg_obj(dict(card.model_args), settings)
    except Exception as error:  # backends raise whatever their libraries raise
        raise CollectError(
            f"{card.id} cannot be loaded by backend {card.backend}: {first_line(error)}; check the name,"
            " --model_args, and whether its weights can be reached from here."
        ) from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep lm-eval's log below warnings, and what backends print off standard output."""
    logger = logging.getLogger("lm_eval")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        logger.setLevel(level)


def first_line(error: BaseException) -> str:
    """What an exception says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a smaller batch could help; torch raises several kinds."""
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()
