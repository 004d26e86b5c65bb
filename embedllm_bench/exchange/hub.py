"""Files of a data set on the Hugging Face hub, downloaded once and then read from its cache."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: owner/name, and a branch, tag or commit if one is wanted
NAME = re.compile(r"(?P<dataset>[\w.-]+/[\w.-]+)(@(?P<revision>[^@\s]+))?")


def fetch_dataset(name: str, files: Sequence[str]) -> Path:
    """The folder with those of the named files that a hub data set ``owner/name[@revision]`` has.

    HF_HUB_OFFLINE, HF_HOME and HF_ENDPOINT mean what they mean to every program that uses the hub.

    Raises:
        DataError: the name is no such id, or the hub cannot be reached and the cache has no copy.
    """
    parsed = NAME.fullmatch(name)
    if parsed is None:
        raise DataError(f"There is no folder {name}, and it is no hub dataset id of the form owner/name.")
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            parsed["dataset"], repo_type="dataset", revision=parsed["revision"], allow_patterns=list(files)
        )
    except Exception as error:  # the client, its transport and its cache have no base of errors in common
        raise DataError(
            f"There is no folder {name}, and the hub dataset of that id cannot be had: {_reason(error)};"
            f" download {', '.join(files)} elsewhere and give the folder they are in."
        ) from error
    return Path(folder)


def _reason(error: Exception) -> str:
    from huggingface_hub.errors import OfflineModeIsEnabled, RepositoryNotFoundError, RevisionNotFoundError

    cause = error.__cause__ or error
    if isinstance(cause, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set and no copy is in the cache"
    if isinstance(error, RevisionNotFoundError):
        return "it has no such revision"
    if isinstance(error, RepositoryNotFoundError):
        return "the hub has none, or shows it to others only"
    line = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    return re.sub(r"^\[Errno -?\d+\] ", "", line).rstrip(".")
