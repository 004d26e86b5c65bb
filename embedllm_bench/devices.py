"""Where torch computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.errors import UsageError

if TYPE_CHECKING:
    import torch


def choose_device(name: str) -> torch.device:
    """The device of that name; ``auto`` is CUDA where torch finds it, else the CPU.

    Raises:
        UsageError: torch knows no such device, or there is none here.
    """
    import torch  # heavy: only where something is computed

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # an assertion where torch was built without CUDA
        raise UsageError(
            f"torch cannot compute on device {name!r} here; give auto, cpu, or one it has."
        ) from error
    return device
