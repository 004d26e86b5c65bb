"""An artifact's folder: written whole or not at all, and looked through before anything of it is used.

``artifact.json`` names every other file with its SHA-256, and says what it hashes to itself. The other files stand in
a folder of their own beside it, so that replacing the one file replaces the artifact.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedllm_bench.artifact.description import Description
from embedllm_bench.errors import ArtifactError, first_line
from embedllm_bench.store.runs import is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FILE = "artifact.json"
KIND = "embedllm-bench artifact"
FORMAT = 1
CONTENT = re.compile(r"fitted-([1-9]\d*)")
SUFFIXES = (".json", ".safetensors")  #: nothing that could run when it is read
AGAIN = "fit it again with 'embedllm-bench fit'"


@dataclass(frozen=True)
class Opened:
    """A folder that was looked through: what it describes, and where the files are."""

    description: Description
    content: Path


def check_target(target: Path, *, force: bool) -> None:
    """Refuse a place where no artifact can be kept, before the work of fitting one.

    Raises:
        ArtifactError: something is there that is not to be replaced, or it cannot be written to.
    """
    target = target.resolve()
    if target.exists() and not target.is_dir():
        raise ArtifactError(f"{target} is a file; give the path of a folder.")
    if not target.parent.is_dir():
        raise ArtifactError(f"There is no folder {target.parent}; make it first.")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise ArtifactError(f"{target} cannot be written to; give another folder.")
    if (target / FILE).is_file():
        if not force:
            raise ArtifactError(f"{target} holds an artifact already; give another folder, or --force.")
    elif target.exists() and any(not _number(path) for path in target.iterdir()):
        raise ArtifactError(f"{target} holds other files and no artifact; give a new folder.")


def write_folder(
    target: Path, description: Description, write: Callable[[Path], None], *, force: bool = False
) -> None:
    """Keep what ``write`` puts into the folder it is given, with its description; a kill leaves all or nothing.

    Raises:
        ArtifactError: something is there and not to be replaced by ``force``, or it cannot be written.
    """
    check_target(target, force=force)
    target = target.resolve()
    _clear_unfinished(target)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        number = 1 + max((_number(path) for path in target.iterdir()), default=0) if target.exists() else 1
        content = unfinished / f"fitted-{number}"
        content.mkdir(parents=True)
        write(content)
        described = _described(description, content)
        (unfinished / FILE).write_text(described, encoding="utf-8")
        _put_in_place(unfinished, target, content.name)
    except OSError as error:
        reason = error.strerror or first_line(error)
        raise ArtifactError(f"{target} cannot be written: {reason}; give another folder.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def read_folder(folder: Path) -> Opened:
    """Look through a folder.

    Raises:
        ArtifactError: it holds no artifact, or one that is damaged or of a newer version.
    """
    file = folder / FILE
    read = _read(file)
    described = read.pop("digest", None)
    if described != _digest_of(read):
        raise ArtifactError(f"{file} is damaged or was changed by hand; {AGAIN}.")
    content = folder / str(read.get("folder"))
    if not CONTENT.fullmatch(content.name) or content.parent != folder:
        raise ArtifactError(f"{file} names no folder that could be its own; {AGAIN}.")
    _check_files(content, read.get("files"))
    try:
        return Opened(Description.from_json(read["content"]), content)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {first_line(error)}; {AGAIN}.") from error


def _read(file: Path) -> dict[str, Any]:
    """The object in the file, if it is one of ours and of this version."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtifactError(
            f"{file.parent} holds no artifact; make one with 'embedllm-bench fit -o {file.parent}'."
        ) from error
    except OSError as error:
        raise ArtifactError(f"{file} cannot be read: {error.strerror}; give an artifact's folder.") from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{file} is damaged: it is no JSON; {AGAIN}.") from error
    if not isinstance(read, dict) or read.get("kind") != KIND:
        raise ArtifactError(f"{file} is not what 'embedllm-bench fit' writes; give an artifact's folder.")
    if read.get("format") != FORMAT:
        raise ArtifactError(
            f"{file} is of format {read.get('format')!r}, written by {read.get('written_by')}, and {FORMAT} is"
            f" read here; update embedllm-bench, or {AGAIN}."
        )
    return read


def _check_files(content: Path, expected: object) -> None:
    found = _digests(content)
    for name, digest in expected.items() if isinstance(expected, dict) else [("its files", "")]:
        if name not in found:
            raise ArtifactError(f"{content / name} is missing; {AGAIN}.")
        if found[name] != digest:
            raise ArtifactError(f"{content / name} is damaged or of another fit; {AGAIN}.")


def _described(description: Description, content: Path) -> str:
    files = _digests(content)
    for name in files:
        if not name.endswith(SUFFIXES):
            raise ArtifactError(
                f"The method {description.method!r} saved {name}, and an artifact holds {' and '.join(SUFFIXES)}"
                " files only; mend its save."
            )
    versions = description.versions
    described: dict[str, object] = {
        "kind": KIND,
        "format": FORMAT,
        "written_by": f"embedllm-bench {versions.get('embedllm-bench', '')}".rstrip(),
        "content": description.as_json(),
        "folder": content.name,
        "files": files,
    }
    described["digest"] = _digest_of(described)
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _digest_of(described: Mapping[str, object]) -> str:
    """Of the content, however it is laid out."""
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _digests(content: Path) -> dict[str, str]:
    """SHA-256 of every file, by its path in the folder."""
    found = {}
    try:
        for path in sorted(content.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    found[path.relative_to(content).as_posix()] = hashlib.file_digest(
                        file, "sha256"
                    ).hexdigest()
    except OSError as error:
        raise ArtifactError(f"{content} cannot be read: {error.strerror}.") from error
    return found


def _put_in_place(unfinished: Path, target: Path, content: str) -> None:
    """One renaming makes the artifact, or the new one of an old one."""
    if not target.exists():
        unfinished.rename(target)
        return
    (unfinished / content).rename(target / content)
    (unfinished / FILE).replace(target / FILE)
    for path in target.iterdir():
        if path.name != content and _number(path):
            shutil.rmtree(path, ignore_errors=True)


def _number(path: Path) -> int:
    """Which of a folder's contents it is; 0 if none."""
    found = CONTENT.fullmatch(path.name)
    return int(found[1]) if found else 0


def _clear_unfinished(target: Path) -> None:
    """Delete what killed processes on the way to this folder have left."""
    start = f".{target.name}."
    for path in target.parent.iterdir():
        process = path.name.removeprefix(start).removesuffix(".part")
        if path.name == f"{start}{process}.part" and process.isdecimal() and not is_alive(int(process)):
            shutil.rmtree(path, ignore_errors=True)
