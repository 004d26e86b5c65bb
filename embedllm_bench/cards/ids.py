"""The names of models and benchmarks, and of the files their cards stand in."""

from __future__ import annotations

import re
from typing import NamedTuple

from embedllm_bench.errors import DataError

LONGEST = 200  #: letters of an id; a card's file is named after it
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9._:-]*[A-Za-z0-9_])?"
_PATH = rf"{_NAME}(?:/{_NAME})*"
_MODEL = re.compile(rf"(?P<weights>{_PATH})(?:@(?P<revision>{_PATH}))?(?:\+(?P<variant>{_NAME}))?")
_BENCHMARK = re.compile(_PATH)


class ModelId(NamedTuple):
    """The parts of ``weights[@revision][+variant]``, as in ``org/name@main+5shot``."""

    weights: str
    revision: str | None
    variant: str | None


def parse_model_id(text: str) -> ModelId:
    """Take a model's id apart.

    Raises:
        DataError: it is not of that form.
    """
    found = _MODEL.fullmatch(text)
    if found is None or not _fits_a_file_name(text):
        raise DataError(
            f"id is {text!r}, no model id; write org/name, org/name@revision or org/name+variant in at most"
            f" {LONGEST} letters, digits, '_', ':', single '.' and single '-'."
        )
    return ModelId(found["weights"], found["revision"], found["variant"])


def is_benchmark_id(text: str) -> bool:
    """Whether a benchmark can be called so: ``gsm8k``, ``mine/dates``."""
    return _BENCHMARK.fullmatch(text) is not None and _fits_a_file_name(text)


def file_name(identity: str) -> str:
    """The name of a card's file: another for every id, and never a path out of its folder."""
    return f"{identity.replace('/', '--').replace(':', '%3A')}.toml"


def _fits_a_file_name(text: str) -> bool:
    return len(text) <= LONGEST and "--" not in text and ".." not in text
