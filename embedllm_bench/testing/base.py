"""What a check is: a name, what it promises, and a body that says in one sentence what broke."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
import warnings
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Generic, TypeVar

from embedllm_bench.errors import ABORTS, BenchError
from embedllm_bench.process import preserved, reseed
from embedllm_bench.registry.loading import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

#: Where every check's random generators begin: no number that anybody seeds with, as who sets a generator to
#: where it already is cannot be seen to set it.
BEGINNING = 1_903_481_117


class NotRun(unittest.SkipTest):
    """A check cannot be run to its end here; says why, without a full stop."""


@dataclass(frozen=True)
class Check(Generic[T]):
    """Calling it with a thing raises AssertionError, in one sentence, where the promise is broken.

    Whatever the thing prints or warns of meanwhile is kept from the terminal, and random generators and
    the like begin alike and are put back, so that no check depends on what ran before.
    """

    name: str
    promise: str
    body: Callable[[T], None]
    needs: type | None = None  #: the optional capability it is about

    def __call__(self, thing: T) -> None:
        """Run it.

        Raises:
            AssertionError: the promise is broken.
            NotRun: that cannot be told here.
        """
        named = getattr(thing, "card", thing)
        label = next(
            (text for what in ("name", "id", "__name__") if (text := getattr(named, what, None))),
            type(thing).__name__,
        )
        with preserved(), silence():
            reseed(BEGINNING)
            try:
                self.body(thing)
            except (*ABORTS, NotRun):
                raise
            except BaseException as error:
                said = str(error) if isinstance(error, AssertionError | BenchError) else ""
                reason = said or f"{told(error)}."
                raise AssertionError(f"{label}, {self.name}: {reason}") from error


def run_all(checks: Iterable[Check[T]], thing: T) -> None:
    """Run checks until one fails; warns of those that cannot be run here.

    Raises:
        AssertionError: a promise is broken.
    """
    for check in checks:
        try:
            check(thing)
        except NotRun as reason:
            warnings.warn(f"{check.name} is not run to its end: {reason}.", stacklevel=3)


def require(holds: object, sentence: str) -> None:
    """Raise the sentence where it does not hold."""
    if not holds:
        raise AssertionError(sentence)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Nothing reaches the terminal, and no warning becomes an error."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def printed(action: Callable[[], object]) -> str:
    """The first line that an action wrote or warned of; empty where it was silent.

    What it writes past Python, to the file descriptors, counts too. Deprecations are for authors and reach no
    user's terminal, so they count as silence.
    """
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(record=True) as warned,
        tempfile.TemporaryFile() as written,
        _descriptors_to(written),
    ):
        warnings.simplefilter("always")
        for hidden in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", hidden)
        action()
        written.seek(0)
        below = written.read().decode(errors="replace")
    texts = (out.getvalue(), err.getvalue(), below, *(str(w.message) for w in warned))
    return next((line.strip() for text in texts for line in text.splitlines() if line.strip()), "")


@contextlib.contextmanager
def _descriptors_to(file: IO[bytes]) -> Iterator[None]:
    """Standard output and error of the process, as libraries in C and child processes know them."""
    kept = {}
    try:
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):  # a process may have none
                kept[descriptor] = os.dup(descriptor)
                os.dup2(file.fileno(), descriptor)
        yield
    finally:
        for descriptor, copy in kept.items():
            os.dup2(copy, descriptor)
            os.close(copy)
