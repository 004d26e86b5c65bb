"""Reading and writing the files that commands are given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.results import Comparison


def read_comparison(path: Path) -> Comparison:
    """A result file."""
    from embedllm_bench.results import Comparison

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise DataError(f"{path} cannot be read: {reason}.") from error
    return Comparison.from_json(text, str(path))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
