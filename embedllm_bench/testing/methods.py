"""The contract of methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.testing import (
    method_basics,
    method_capabilities,
    method_extremes,
    method_fairness,
)
from embedllm_bench.testing.base import Check, run_all

if TYPE_CHECKING:
    from embedllm_bench.methods.base import Method


def method_checks(kind: type[Method] | None = None) -> tuple[Check[type[Method]], ...]:
    """Every check of a method, cheap ones first; of a given class, those of the capabilities it has."""
    checks = (
        *method_basics.CHECKS, *method_fairness.CHECKS, *method_capabilities.CHECKS, *method_extremes.CHECKS,
    )  # fmt: skip
    return tuple(
        check for check in checks if kind is None or check.needs is None or issubclass(kind, check.needs)
    )


def check_method(kind: type[Method]) -> None:
    """Run every check that applies to a method class, with its default settings, on seeded simulated data.

    Where fitting is slow, check a subclass whose defaults are cheaper.

    Raises:
        AssertionError: the first promise that is broken, in one sentence.
    """
    run_all(method_checks(kind), kind)
