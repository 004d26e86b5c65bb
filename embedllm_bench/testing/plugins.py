"""All checks of all that a plugin registers, each ready to be called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from embedllm_bench.encoders.base import KnownEncoder, Settings, Weights
from embedllm_bench.errors import ABORTS, first_line
from embedllm_bench.testing.base import Check, NotRun, require
from embedllm_bench.testing.benchmarks import benchmark_checks
from embedllm_bench.testing.cards import Cards, card_checks
from embedllm_bench.testing.encoders import DIMENSION, encoder_checks
from embedllm_bench.testing.entry import EntryModule, entry_checks
from embedllm_bench.testing.importers import Reading, importer_checks
from embedllm_bench.testing.methods import method_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from embedllm_bench.encoders.base import Encoder
    from embedllm_bench.methods.base import Method
    from embedllm_bench.testing.registered import Registrations

T = TypeVar("T")
FIRST = {"settings", "probabilities"}  #: checks of a method on which the others stand


@dataclass(frozen=True)
class BoundCheck:
    """A check of one thing; calling it raises AssertionError where the promise is broken."""

    kind: str  #: plugin, method, encoder, importer, cards or benchmark
    thing: str
    check: str
    promise: str
    run: Callable[[], None]
    skip: str = ""  #: why it cannot be run, where it cannot

    def __call__(self) -> None:
        self.run()

    def __str__(self) -> str:
        return f"{self.thing}-{self.check}"


def plugin_checks(
    registered: Registrations, examples: Mapping[str, Path] | None = None
) -> tuple[BoundCheck, ...]:
    """The checks of a plugin's module, methods, encoders, importers, cards and questions, in this order.

    ``examples`` gives by an importer's name a small file or folder of its format; without one the importer is
    not checked.
    """
    found: list[BoundCheck] = []
    if registered.module is not None:
        entry = EntryModule(registered.module.__name__, registered.module.__file__ or "")
        found += _bound("plugin", registered.name, entry_checks(), entry)
    found += _bound("plugin", registered.name, (SOMETHING,), registered)
    for hook in registered.idle if _has_something(registered) else ():
        reason = f"its {hook} registers nothing; call register(...) for each thing, or leave the hook out"
        found.append(BoundCheck("plugin", registered.name, hook, "", _nothing, reason))
    for method in registered.methods:
        found += _method(method)
    for encoder in registered.encoders:
        found += _encoder(encoder)
    for importer in registered.importers:
        example = (examples or {}).get(importer.name)
        if example is None:
            reason = f"give an example of its format: --example {importer.name}=PATH"
            found.append(BoundCheck("importer", importer.name, "example", "", _nothing, reason))
        else:
            found += _bound("importer", importer.name, importer_checks(), Reading(importer, example))
    cards = (*registered.models, *(known.card for known in registered.benchmarks))
    if cards:
        found += _bound("cards", registered.name, card_checks(), Cards(cards, registered.name))
    for known in registered.benchmarks:
        found += _bound("benchmark", known.card.id, benchmark_checks(), known)
    return tuple(found)


def _has_something(registered: Registrations) -> bool:
    kinds = ("methods", "encoders", "importers", "models", "benchmarks")
    return any(getattr(registered, kind) for kind in kinds)


def _registers(registered: Registrations) -> None:
    hooks = " and ".join(registered.idle)
    require(
        _has_something(registered),
        f"its {hooks} register{'s' * (len(registered.idle) == 1)} nothing; call register(...) for each thing.",
    )


SOMETHING: Check[Registrations] = Check("registers", "it registers something", _registers)


def _method(method: type[Method]) -> Iterator[BoundCheck]:
    """Where its settings or its forecasts are wrong, that is told once, and not by every check that fits it."""
    failed: list[str] = []

    def run(check: Check[type[Method]]) -> None:
        if failed:
            raise NotRun(f"its {failed[0]} come first")
        try:
            check(method)
        except AssertionError:
            failed.extend({check.name} & FIRST)
            raise

    for check in method_checks(method):
        yield BoundCheck("method", method.name, check.name, check.promise, partial(run, check))


def _encoder(entry: KnownEncoder) -> Iterator[BoundCheck]:
    try:
        weights = entry.weights()
    except ABORTS:
        raise
    except BaseException as error:
        weights = Weights(here=False, where=f"cannot be told: {type(error).__name__}: {first_line(error)}")
    if not weights.here:
        yield BoundCheck("encoder", entry.name, "weights", "", _nothing, f"no weights here: {weights.where}")
        return

    @cache
    def made() -> Encoder:
        return entry.make(Settings(device="cpu"), None)

    yield from _bound("encoder", entry.name, (DIMENSION,), entry)
    for check in encoder_checks():
        yield BoundCheck("encoder", entry.name, check.name, check.promise, partial(_late, check, made))


def _late(check: Check[Encoder], made: Callable[[], Encoder]) -> None:
    check(made())


def _bound(kind: str, name: str, checks: tuple[Check[T], ...], thing: T) -> Iterator[BoundCheck]:
    for check in checks:
        yield BoundCheck(kind, name, check.name, check.promise, partial(check, thing))


def _nothing() -> None:
    """What a check that is skipped does."""
