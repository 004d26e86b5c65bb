"""Which store a command means: the one named, the user's own, or the starter inside the package."""

from __future__ import annotations

from pathlib import Path, PurePath

import platformdirs

from embedllm_bench.errors import StoreError

STARTER = Path(__file__).parent.parent / "data" / "starter.db"


def default_path() -> Path:
    """The user's own store, in the platform's data folder."""
    return Path(platformdirs.user_data_dir("embedllm-bench", appauthor=False)) / "store.db"


def reading_location(option: str | None) -> str:
    """The named store, else the user's own if there is one, else the starter."""
    if option is not None:
        return option
    own = default_path()
    return str(own if own.exists() else STARTER)


def is_starter(location: str) -> bool:
    """Whether this is the starter of some installation, here or on the machine a result was made on."""
    return PurePath(location.replace("\\", "/")).parts[-3:] == STARTER.parts[-3:]


def replaying_location(saved: str) -> str:
    """The store a result was made of; the starter is at another place on every machine."""
    return str(STARTER) if is_starter(saved) else saved


def writing_location(option: str | None) -> str:
    """The named store, else the user's own, whose folder is made."""
    if option is not None:
        return option
    own = default_path()
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{own.parent} cannot be made: {error.strerror}; give --store PATH.") from error
    return str(own)
