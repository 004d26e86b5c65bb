"""What belongs to the whole process and is to be left as found: random generators, settings, standard output."""

from __future__ import annotations

import contextlib
import os
import random
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def generators() -> dict[str, object]:
    """The states of the generators everybody shares, comparable."""
    states: dict[str, object] = {"Python's random generator": random.getstate()}
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        name, keys, position, has_gauss, gauss = numpy.random.get_state()
        states["NumPy's random generator"] = (name, keys.tobytes(), position, has_gauss, gauss)
    if torch is not None:
        states["torch's random generator"] = torch.get_rng_state().numpy().tobytes()
    return states


def settings() -> dict[str, object]:
    """How NumPy and torch compute in this process."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    found: dict[str, object] = {} if numpy is None else {"NumPy's error handling": numpy.geterr()}
    return found if torch is None else found | _settings_of(torch)


def changed(before: dict[str, object], after: dict[str, object]) -> str:
    """The first of ``before`` that is no longer what it was; empty where all is as found."""
    return next((name for name, state in before.items() if after[name] != state), "")


def reseed(seed: int) -> None:
    """Begin the generators everybody shares anew, those of libraries that are loaded."""
    random.seed(seed)
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        numpy.random.seed(seed)
    if torch is not None:
        torch.manual_seed(seed)


@contextlib.contextmanager
def preserved() -> Iterator[None]:
    """Put generators and settings back as they were; what torch begins with, where it is first imported within."""
    python = random.getstate()
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        drawn, errors = numpy.random.get_state(), numpy.geterr()
    if torch is not None:
        torch_drawn, computes = torch.get_rng_state(), _settings_of(torch)
    try:
        yield
    finally:
        random.setstate(python)
        if numpy is not None:
            numpy.random.set_state(drawn)
            numpy.seterr(**errors)
        if torch is not None:
            torch.set_rng_state(torch_drawn)
            _set(torch, computes)
        elif "torch" in sys.modules:
            _set(sys.modules["torch"], _defaults(sys.modules["torch"]))


@contextlib.contextmanager
def guest() -> Iterator[None]:
    """While a stranger's code runs: what it sets for the process ends with it, and what it prints goes to stderr.

    Standard output is for what a command was asked for, such as JSON that another program reads.
    """
    with preserved(), contextlib.redirect_stdout(sys.stderr):
        yield


def _settings_of(torch: Any) -> dict[str, object]:
    return {
        "torch's default dtype": torch.get_default_dtype(),
        "torch's thread count": torch.get_num_threads(),
        "torch's gradient mode": torch.is_grad_enabled(),
        "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
    }


def _set(torch: Any, wanted: dict[str, object]) -> None:
    """Only what differs, as to set the thread count is no small thing."""
    setters = (
        torch.set_default_dtype, torch.set_num_threads, torch.set_grad_enabled, torch.use_deterministic_algorithms,
    )  # fmt: skip
    for setter, value, now in zip(setters, wanted.values(), _settings_of(torch).values(), strict=True):
        if now != value:
            setter(value)


def _defaults(torch: Any) -> dict[str, object]:
    """What torch begins with; how many threads it had is known only where the environment says so."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return _settings_of(torch) | {
        "torch's default dtype": torch.float32,
        "torch's gradient mode": True,
        "torch's deterministic mode": False,
        **({"torch's thread count": int(threads)} if threads.isdigit() and int(threads) else {}),
    }
