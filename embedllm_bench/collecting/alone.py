"""One process at a time asks a model a benchmark's questions: two at once would both pay for the same answers."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

import platformdirs
from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def alone(store: Path, model: str, benchmark: str) -> Iterator[bool]:
    """Whether no other process of this user is asking for this store; none begins to while the context is open.

    A process that is killed is at it no longer. Where no lock can be made, everybody goes on.
    """
    name = hashlib.sha256("\0".join((str(store.resolve()), model, benchmark)).encode()).hexdigest()
    folder = platformdirs.user_cache_path("embedllm-bench", appauthor=False) / "collecting"
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(folder / f"{name}.lock", timeout=0))
        except Timeout:
            yield False
            return
        except OSError:  # no home, or one that cannot be written to
            pass
        yield True
