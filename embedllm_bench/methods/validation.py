"""Whether a validation part can choose anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedllm_bench.matrix import CorrectnessMatrix


def usable(validation: CorrectnessMatrix | None) -> CorrectnessMatrix | None:
    """The validation part, or None where it holds no attempt: on nothing, every setting is as good."""
    return validation if validation is not None and validation.attempts.any() else None
