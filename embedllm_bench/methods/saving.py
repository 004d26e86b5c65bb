"""A fitted method in a folder: settings and facts as JSON, arrays as safetensors, nothing that can run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as read_arrays
from safetensors.numpy import save as as_bytes

from embedllm_bench.errors import MethodError, first_line
from embedllm_bench.methods.base import Method

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

METHOD_FILE, ARRAYS_FILE = "method.json", "arrays.safetensors"
FORMAT = 1

AnyMethod = TypeVar("AnyMethod", bound=Method)


@dataclass(frozen=True, eq=False)
class Saved(Generic[AnyMethod]):
    """What a folder holds: the method with its settings, to be filled with what it had learned."""

    method: AnyMethod
    arrays: dict[str, npt.NDArray[Any]]
    facts: dict[str, Any]


def write_fitted(
    method: Method,
    folder: Path,
    arrays: Mapping[str, npt.NDArray[Any]],
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write a fitted method; ``facts`` is what of it is no array, as JSON has it.

    The JSON file is written last and names the digest of the arrays, so that a half-written folder,
    or one put together from two, is noticed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = as_bytes({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    (folder / METHOD_FILE).unlink(missing_ok=True)
    (folder / ARRAYS_FILE).write_bytes(content)
    described = {
        "format": FORMAT,
        "method": method.name,
        "written_by": f"embedllm-bench {version('embedllm-bench')}",
        "settings": {f.name: getattr(method, f.name) for f in dataclasses.fields(method)},
        "arrays": hashlib.sha256(content).hexdigest(),
        "facts": dict(facts or {}),
    }
    (folder / METHOD_FILE).write_text(json.dumps(described, indent=1, ensure_ascii=False), encoding="utf-8")


def read_fitted(kind: type[AnyMethod], folder: Path) -> Saved[AnyMethod]:
    """Read what :func:`write_fitted` wrote for a method of this kind.

    Raises:
        MethodError: there is none, it is another method's or a newer format's, or it is damaged.
    """
    try:
        described = json.loads((folder / METHOD_FILE).read_text(encoding="utf-8"))
        content = (folder / ARRAYS_FILE).read_bytes()
        name, form, digest = described["method"], described["format"], described["arrays"]
        settings, facts = dict(described["settings"]), dict(described["facts"])
    except OSError as error:
        raise MethodError(f"{folder} holds no fitted method: {error.strerror}; fit and save one.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise MethodError(f"{folder / METHOD_FILE} is damaged; fit and save the method again.") from error
    if form != FORMAT:
        raise MethodError(f"{folder} is of format {form}, and {FORMAT} is read here; fit and save it again.")
    if name != kind.name:
        raise MethodError(f"{folder} holds a fitted {name!r}, not {kind.name!r}; give the folder of that.")
    if hashlib.sha256(content).hexdigest() != digest:
        raise MethodError(f"{folder / ARRAYS_FILE} is damaged or of another fit; fit and save it again.")
    try:
        return Saved(kind(**settings), read_arrays(content), facts)
    except (TypeError, SafetensorError) as error:
        raise MethodError(f"{folder} cannot be read: {first_line(error)}; fit and save it again.") from error
