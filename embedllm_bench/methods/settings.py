"""Hyper-parameters as users write them: ``embedllm.dimension=64``."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import TYPE_CHECKING, Any, Literal

from embedllm_bench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from embedllm_bench.methods.base import Method

TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parse_settings(texts: Iterable[str]) -> dict[str, dict[str, str]]:
    """METHOD.FIELD=VALUE texts as method -> field -> text."""
    settings: dict[str, dict[str, str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        method, dot, field = name.rpartition(".")
        if not (equals and dot and method and field):
            raise UsageError(f"{text!r} is no setting; write METHOD.FIELD=VALUE, such as knn.k=50.")
        settings.setdefault(method, {})[field] = value
    return settings


def build(method: type[Method], settings: Mapping[str, object], seed: int) -> Method:
    """An unfitted method with these hyper-parameters; texts are read as the field's type."""
    hints = typing.get_type_hints(method)
    known = [field.name for field in dataclasses.fields(method) if field.name != "seed"]
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in known:
            raise UsageError(
                f"The method {method.name!r} has no setting {name!r}; it has {', '.join(known) or 'none'}."
            )
        values[name] = read(f"{method.name}.{name}", value, hints[name]) if isinstance(value, str) else value
    return method(seed=seed, **values)


def read(name: str, text: str, kind: Any) -> object:
    """``text`` as the annotated type ``kind``: int, float, bool, str, a literal, or one of these or None."""
    options = typing.get_args(kind)
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        if types.NoneType in options and text.lower() in ("none", ""):
            return None
        return read(name, text, next(option for option in options if option is not types.NoneType))
    if typing.get_origin(kind) is Literal:
        if text not in options:
            raise UsageError(f"{name} is one of {', '.join(map(str, options))}, not {text!r}.")
        return text
    if kind is bool:
        if text.lower() not in TRUTH:
            raise UsageError(f"{name} is true or false, not {text!r}.")
        return TRUTH[text.lower()]
    try:
        return kind(text)
    except ValueError:
        raise UsageError(f"{name} is of type {kind.__name__}; {text!r} is not.") from None
