"""What an lm-eval results file says of the run beside it: which model, in which configuration."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import readable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What lm-eval takes a model's name from, in its order.
NAMING = ("peft", "delta", "pretrained", "model", "path", "engine")
#: Arguments that say where and how fast a model runs, or give access, and not what it answers.
ELSEWHERE = frozenset(
    {
        "api_key", "auth_token", "base_url", "batch_size", "cache_dir", "data_parallel_size", "device",
        "device_map", "gpu_memory_utilization", "low_cpu_mem_usage", "max_batch_size", "max_retries",
        "num_concurrent", "parallelize", "tensor_parallel_size", "timeout", "token", "trust_remote_code",
    }
)  # fmt: skip
#: Settings whose value explains itself.
BARE = frozenset({"backend", "chat", "multiturn", "results", "sha", "system"})
SHOWN_OF_HASH = 6


@dataclass(frozen=True)
class Configuration:
    """A model as it was run; two of the same name and settings are one model."""

    name: str  #: org/name[:gguf file][@revision]
    from_folder: bool
    settings: Mapping[str, str] = field(default_factory=dict)
    shots: Mapping[str, int] = field(default_factory=dict)  #: by lm-eval task
    lower_is_better: frozenset[tuple[str, str]] = frozenset()  #: task and metric


def from_folder(folder: Path) -> Configuration:
    """What is left to know where there is no results file: the name lm-eval made a folder of."""
    name = folder.name.replace("__", "/")
    return Configuration(name, from_folder=True, settings={"results": "no-results-file"})


def read_results(path: Path) -> Configuration:
    """Read a results file.

    Raises:
        DataError: it is no JSON object.
    """
    try:
        with readable(path, "lm-eval results"):
            content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise DataError(
            f"{path} is no JSON object, as lm-eval's results are; mend it, or take it away and the folder"
            " names the model."
        )
    config = _object(content.get("config"))
    arguments = _arguments(config.get("model_args"))
    name = _text(content.get("model_name")) or next((arguments[k] for k in NAMING if k in arguments), "")
    shots = {task: count for task, count in _object(content.get("n-shot")).items() if isinstance(count, int)}
    lower = {
        (task, metric)
        for task, metrics in _object(content.get("higher_is_better")).items()
        for metric, higher in _object(metrics).items()
        if higher is False
    }
    if not name:
        unnamed = from_folder(path.resolve().parent)
        return Configuration(unnamed.name, True, _settings(content, config, {}), shots, frozenset(lower))
    full = (
        name
        + "".join(f":{file}" for file in [arguments.get("gguf_file")] if file)
        + _revision(arguments, config)
    )
    kept = {key: value for key, value in arguments.items() if value != name}
    return Configuration(full, False, _settings(content, config, kept), shots, frozenset(lower))


def _revision(arguments: Mapping[str, str], config: Mapping[str, object]) -> str:
    revision = arguments.get("revision") or _text(config.get("model_revision"))
    return f"@{revision}" if revision not in ("", "main", "None") else ""


def _settings(
    content: Mapping[str, object], config: Mapping[str, object], arguments: Mapping[str, str]
) -> dict[str, str]:
    """What else makes a configuration, by names that a model id can carry."""
    found = {k: v for k, v in arguments.items() if k not in ELSEWHERE | {"gguf_file", "revision"}}
    found |= {f"gen.{key}": value for key, value in _arguments(config.get("gen_kwargs")).items()}
    found["backend"] = _text(config.get("model"))
    found["sha"] = _short("sha", _text(config.get("model_sha")))
    for key, named in (("chat", "chat_template"), ("system", "system_instruction")):
        text = _text(content.get(named))
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""
        found[key] = _short(key, _text(content.get(f"{named}_sha")) or digest)
    if found["chat"] and content.get("fewshot_as_multiturn") is True:
        found["multiturn"] = "multiturn"
    return {key: value for key, value in found.items() if value}


def _short(key: str, digest: str) -> str:
    return f"{key}-{digest[:SHOWN_OF_HASH]}" if digest else ""


def _arguments(given: object) -> dict[str, str]:
    """lm-eval's ``key=value,key=value``, or the object newer versions write."""
    if isinstance(given, str):
        parts = re.split(r",(?=\w+=)", given)
        given = dict(part.split("=", 1) for part in parts if "=" in part)
    return {key.strip(): str(value).strip() for key, value in _object(given).items() if value is not None}


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
