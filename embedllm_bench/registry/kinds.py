"""The five kinds of things that plugins register: the hook of each, and what is no such thing."""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic

from embedllm_bench.registry.benchmark import KnownBenchmark
from embedllm_bench.registry.catalog import Thing

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.cards import ModelCard
    from embedllm_bench.encoders.base import KnownEncoder
    from embedllm_bench.exchange.base import Importer
    from embedllm_bench.methods.base import Method


class WrongThingError(Exception):
    """What a plugin registered is not of the kind; says what it is."""


@dataclass(frozen=True)
class Kind(Generic[Thing]):
    """One kind: what it is called, its hook, and how what is handed over becomes a name and a thing."""

    name: str
    hook: str
    take: Callable[..., tuple[str, Thing]]
    strangers_first: bool = False  #: whether those of plugins come before the built-in ones


def _model(card: ModelCard) -> tuple[str, ModelCard]:
    from embedllm_bench.cards import ModelCard

    _refuse_unless(isinstance(card, ModelCard), card, "a ModelCard")
    return card.id, card


def _benchmark(card: object, questions: object = None) -> tuple[str, KnownBenchmark]:
    from embedllm_bench.cards import BenchmarkCard

    if not isinstance(card, BenchmarkCard):
        raise _wrong(card, "a BenchmarkCard")
    if questions is not None and not isinstance(questions, Path):
        raise _wrong(questions, "a pathlib.Path to the questions")
    return card.id, KnownBenchmark(card, questions)


def _method(method: type[Method]) -> tuple[str, type[Method]]:
    from embedllm_bench.methods.base import Method

    _refuse_unless(isinstance(method, type) and issubclass(method, Method), method, "a subclass of Method")
    missing = [
        name for name in ("name", "summary") if not isinstance(getattr(method, name, None), str)
    ] + sorted(getattr(method, "__abstractmethods__", ()))
    if missing:
        raise WrongThingError(f"the class {method.__name__}, which lacks {', '.join(missing)}")
    if not method.name or set(method.name) & set(" \t\n=,"):
        raise WrongThingError(f"the method {method.name!r}; a name is one word without '=' and ','")
    hidden = undeclared(method)
    if hidden:
        raise WrongThingError(
            f"the class {method.__name__}, whose {hidden[0]} is no setting; put @dataclass above the class"
        )
    needed = [
        field.name
        for field in dataclasses.fields(method)
        if field.init and field.default is field.default_factory is dataclasses.MISSING
    ]
    if needed:
        raise WrongThingError(f"the class {method.__name__}, whose {', '.join(needed)} has no default")
    return method.name, method


def undeclared(method: type[Method]) -> list[str]:
    """What is annotated as a setting in a class without the decorator that makes it one."""
    fields = {field.name for field in dataclasses.fields(method)}
    annotations: dict[str, object] = vars(method).get("__annotations__", {})
    return [
        name
        for name, kind in annotations.items()
        if "ClassVar" not in str(kind) and name not in fields and not name.endswith("_")
    ]


def _encoder(encoder: KnownEncoder) -> tuple[str, KnownEncoder]:
    from embedllm_bench.encoders.base import KnownEncoder

    _refuse_unless(isinstance(encoder, KnownEncoder), encoder, "a KnownEncoder")
    if not encoder.name.strip() or "@" in encoder.name:
        raise WrongThingError(f"the encoder {encoder.name!r}; a name is not blank and has no '@'")
    return encoder.name, encoder


def _importer(importer: Importer) -> tuple[str, Importer]:
    from embedllm_bench.exchange.base import Importer

    _refuse_unless(isinstance(importer, Importer), importer, "an Importer")
    return importer.name, importer


def _refuse_unless(right: bool, thing: object, wanted: str) -> None:
    if not right:
        raise _wrong(thing, wanted)


def _wrong(thing: object, wanted: str) -> WrongThingError:
    what = f"the class {thing.__name__}" if inspect.isclass(thing) else repr(thing)[:60]
    return WrongThingError(f"{what}, which is not {wanted}")


MODELS = Kind("model", "register_models", _model)
BENCHMARKS = Kind("benchmark", "register_benchmarks", _benchmark)
METHODS = Kind("method", "register_methods", _method)
ENCODERS = Kind("encoder", "register_encoders", _encoder)
IMPORTERS = Kind("format", "register_importers", _importer, strangers_first=True)
