"""Reading and writing the files that commands are given."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from embedllm_bench.analysis.base import Analysis
    from embedllm_bench.results import Comparison


def read_comparison(path: Path) -> Comparison:
    """A result file."""
    from embedllm_bench.results import Comparison

    return Comparison.from_json(_text(path), str(path))


def read_analysis(path: Path) -> Analysis:
    """What an analyze command said in JSON."""
    from embedllm_bench.analysis.base import Analysis

    return Analysis.from_json(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise DataError(f"{path} cannot be read: {reason}.") from error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
        unfinished.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def on_trial(path: Path, text: str, *, stays: Callable[[], bool]) -> Iterator[None]:
    """Write a file now, and at the end bring back what was there before unless it ``stays``.

    Raises:
        DataError: it cannot be written; nothing else has been done then.
    """
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "what lies there is not text"
        raise DataError(f"{path} cannot be written: {reason}.") from error
    write_whole(path, text)
    try:
        yield
    finally:
        if not stays():
            if before is None:
                path.unlink(missing_ok=True)
            else:
                write_whole(path, before)
            for folder in made:
                with contextlib.suppress(OSError):  # something else was put there meanwhile
                    folder.rmdir()
