"""A model loaded by one of lm-eval's backends, and what the backend can do."""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedllm_bench.cards.ids import parse_model_id
from embedllm_bench.devices import choose_device
from embedllm_bench.errors import LoadError, UsageError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lm_eval.api.model import LM

    from embedllm_bench.cards import ModelCard

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
#: These run on the torch device they are given, and on CUDA where they are given none, be there one or not.
TORCH_BACKENDS = frozenset(
    {
        "hf", "hf-audiolm-qwen", "hf-auto", "hf-mistral3", "hf-multimodal", "huggingface", "mamba_ssm", "steered",
    }
)  # fmt: skip
TEXT_ONLY_BACKENDS = CHAT_BACKENDS | {"anthropic-completions", "sglang-generate", "watsonx_llm"}


NOTHING = "None"  #: how a card, whose TOML has no such value, holds it; lm-eval reads the word so


def parse_model_args(text: str) -> dict[str, str | int | float | bool]:
    """``k=v,k=v`` as lm-eval reads it.

    Raises:
        UsageError: an argument has no value, or one of a kind that no card can hold.
    """
    from lm_eval.utils import simple_parse_args_string

    given = [argument for argument in text.strip().split(",") if argument]
    if any("=" not in argument for argument in given):
        raise UsageError(f"--model_args is {text!r}; write it as KEY=VALUE,KEY=VALUE.")
    for key, count in Counter(argument.partition("=")[0] for argument in given).items():
        if count > 1:
            raise UsageError(f"--model_args gives {key} {count} values; leave all but one out.")
    arguments: dict[str, str | int | float | bool] = {
        key: NOTHING if value is None else value for key, value in simple_parse_args_string(text).items()
    }
    odd = [key for key, value in arguments.items() if not isinstance(value, str | int | float | bool)]
    if odd:
        raise UsageError(f"--model_args gives {odd[0]} a value that is no text, number, true or false.")
    return arguments


def backend_fault(card: ModelCard) -> str | None:
    """Why nothing can be asked by its backend, with what there is or the remedy; None where nothing is wrong."""
    import lm_eval.models  # noqa: F401 - fills the registry
    from lm_eval.api.registry import model_registry

    if card.backend not in model_registry:
        names = ", ".join(sorted(model_registry.keys()))
        return f"lm-eval has no backend {card.backend!r}; it has {names}."
    if card.backend in CHAT_BACKENDS and not card.apply_chat_template:
        return f"backend {card.backend} takes chat messages only; add --apply_chat_template."
    return None


def check_device(models: Iterable[ModelCard], device: str | None) -> None:
    """Refuse a device that is not here, in whose place lm-eval would silently take the CPU.

    Raises:
        UsageError: one of the models would be run there by torch, which cannot.
    """
    if device is not None and any(model.backend in TORCH_BACKENDS for model in models):
        choose_device(device)


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
        LoadError: it cannot be had; names the model, the backend and the reason.
    """
    from lm_eval.api.registry import get_model

    _check_weights(card)
    settings = {"batch_size": batch_size, "max_batch_size": None, "device": _device(card, device)}
    try:
        with quiet():
            given = {key: None if value == NOTHING else value for key, value in arguments_of(card).items()}
            lm = get_model(card.backend).create_from_arg_obj(given, settings)
            lacking = card.apply_chat_template and not _has_chat_template(lm)
    except Exception as error:  # backends raise whatever their libraries raise
        check = "check the name, --model_args, and whether its weights can be reached from here"
        remedy = "install what this backend needs" if isinstance(error, ImportError) else check
        raise LoadError(
            f"{card.id} cannot be loaded by backend {card.backend}: {first_line(error)}; {remedy}."
        ) from error
    if lacking:
        raise LoadError(f"{card.id} has no chat template; leave --apply_chat_template out.")
    return lm


def _device(card: ModelCard, device: str | None) -> str | None:
    """What lm-eval is told: left to itself it takes CUDA, where there is none too."""
    if card.backend in TORCH_BACKENDS and device in (None, "auto") and "device" not in card.model_args:
        return str(choose_device("auto"))
    return device


def _check_weights(card: ModelCard) -> None:
    """A path that leads nowhere is taken for a name of the hub, which then is not spelt as one."""
    if card.backend not in PRETRAINED_BACKENDS:
        return
    arguments = arguments_of(card)
    weights, file = str(arguments.get("pretrained", "")), arguments.get("gguf_file")
    path = weights.startswith(("/", "./", "../", "~")) or weights.count("/") > 1
    if path and not Path(weights).exists():
        raise LoadError(f"{card.id} cannot be loaded: there is no folder {weights}; check --model_args.")
    if file is not None and Path(weights).is_dir() and not Path(weights, str(file)).exists():
        there = ", ".join(sorted(found.name for found in Path(weights).glob("*.gguf")))
        remedy = f"--model_args could name {there}" if there else "no GGUF file is there, check --model_args"
        raise LoadError(f"{card.id} cannot be loaded: there is no file {Path(weights, str(file))}; {remedy}.")


def _has_chat_template(lm: LM) -> bool:
    """Without one every question would fail; some backends load their tokenizer only when they are asked for it."""
    from lm_eval.api.model import LM as Base  # noqa: N811 - what backends that apply none inherit from

    if type(lm).apply_chat_template is Base.apply_chat_template:
        return False
    if not getattr(lm, "tokenized_requests", True):  # the endpoint applies it
        return True
    places = [getattr(lm, name, None) for name in ("tokenizer", "processor")]
    templates = [getattr(place, "chat_template") for place in places if hasattr(place, "chat_template")]  # noqa: B009 - of any type
    return not templates or any(templates)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep lm-eval's logs and bars down, and what backends print off standard output.

    The collector has a bar of its own, which the bars of the libraries below it would break up.
    """
    loggers = [logging.getLogger(name) for name in ("lm_eval", "asyncio")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(sys.stderr), _without_bars():
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """lm-eval, transformers and datasets all draw theirs with tqdm, and each has another switch or none."""
    from tqdm import tqdm

    draw = tqdm.__init__

    def undrawn(bar: Any, *args: Any, **kwargs: Any) -> None:
        draw(bar, *args, **{**kwargs, "disable": True})  # whatever the library asked for

    setattr(tqdm, "__init__", undrawn)  # noqa: B010 - no assignment, for mypy
    try:
        yield
    finally:
        setattr(tqdm, "__init__", draw)  # noqa: B010


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
