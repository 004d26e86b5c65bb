"""A model loaded by one of lm-eval's backends, and what the backend can do."""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
import traceback
import warnings
from typing import TYPE_CHECKING

from embedllm_bench.cards.ids import parse_model_id
from embedllm_bench.errors import CollectError, UsageError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lm_eval.api.model import LM

    from embedllm_bench.cards import BenchmarkCard, ModelCard

#: Chat endpoints return text, not the log-probabilities that scoring given answers needs.
CHAT_BACKENDS = frozenset(
    {
        "anthropic-chat", "anthropic-chat-completions", "litellm", "litellm-chat", "litellm-chat-completions",
        "local-chat-completions", "openai-chat-completions",
    }
)  # fmt: skip
#: What the argument that names the weights is called; other backends call it "model", or have none.
PRETRAINED_BACKENDS = frozenset(
    {"hf", "hf-auto", "huggingface", "hf-multimodal", "vllm", "vllm-vlm", "sglang"}
)
NAMELESS_BACKENDS = frozenset({"dummy", "ggml", "gguf"})
TEXT_ONLY_BACKENDS = CHAT_BACKENDS | {"anthropic-completions", "sglang-generate", "watsonx_llm"}


def parse_model_args(text: str) -> dict[str, str | int | float | bool]:
    """``k=v,k=v`` as lm-eval reads it.

    Raises:
        UsageError: an argument has no value, or one of a kind that no card can hold.
    """
    from lm_eval.utils import simple_parse_args_string

    if any("=" not in argument for argument in filter(None, text.split(","))):
        raise UsageError(f"--model_args is {text!r}; write it as KEY=VALUE,KEY=VALUE.")
    arguments: dict[str, str | int | float | bool] = simple_parse_args_string(text)
    odd = [key for key, value in arguments.items() if not isinstance(value, str | int | float | bool)]
    if odd:
        raise UsageError(f"--model_args gives {odd[0]} a value that is no text, number, true or false.")
    return arguments


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


def check_fit(model: ModelCard, benchmark: BenchmarkCard) -> None:
    """Refuse to ask an endpoint that returns texts for the log-probabilities of given answers.

    Raises:
        UsageError: names the benchmark to ask instead, where there is one.
    """
    if benchmark.needs_log_probabilities and model.backend in TEXT_ONLY_BACKENDS:
        other = benchmark.generative
        instead = f"ask benchmark {other}" if other else "choose a benchmark of generated answers"
        raise UsageError(
            f"{benchmark.id} is scored from log-probabilities of its choices, which backend {model.backend} of"
            f" {model.id} does not give; {instead} instead."
        )


def arguments_of(card: ModelCard) -> dict[str, str | int | float | bool]:
    """What the backend is given: the weights and revision that the id names, unless the card names others."""
    named = parse_model_id(card.id)
    arguments: dict[str, str | int | float | bool] = {}
    if card.backend not in NAMELESS_BACKENDS:
        arguments["pretrained" if card.backend in PRETRAINED_BACKENDS else "model"] = named.weights
        if named.revision is not None:
            arguments["revision"] = named.revision
    return {**arguments, **card.model_args}


def load_model(card: ModelCard, batch_size: int | str, device: str | None) -> LM:
    """The model, ready to answer.

    Raises:
        CollectError: it cannot be had; names the model, the backend and the reason.
    """
    from lm_eval.api.registry import get_model

    settings = {"batch_size": batch_size, "max_batch_size": None, "device": device}
    try:
        with quiet():
            return get_model(card.backend).create_from_arg_obj(arguments_of(card), settings)
    except Exception as error:  # backends raise whatever their libraries raise
        raise CollectError(
            f"{card.id} cannot be loaded by backend {card.backend}: {first_line(error)}; check the name,"
            " --model_args, and whether its weights can be reached from here."
        ) from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the logs of what lm-eval does down, and what backends print off standard output."""
    loggers = [logging.getLogger(name) for name in ("lm_eval", "asyncio")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def let_go(error: BaseException) -> None:
    """Free what a failed call left in the frames of its error.

    Concurrent requests leave tasks whose own errors nobody reads, which asyncio reports with their
    tracebacks whenever they are freed: here, where nobody has to see it.
    """
    traceback.clear_frames(error.__traceback__)
    with quiet(), warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a smaller batch could help; torch raises several kinds."""
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()
