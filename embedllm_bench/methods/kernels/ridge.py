"""Ridge regression on a kernel for many outputs, each with a penalty of its own; exact, or through landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from embedllm_bench.arrays import Float32Array, FloatArray

#: Where the kernel of a question with itself is 1.
PENALTIES = tuple(10.0**e for e in np.arange(-1.0, 2.01, 0.25))
PARTS = ("coefficients", "left_out", "penalties")
JITTER = 1e-3  #: on the diagonal: what single precision needs


@dataclass(frozen=True, eq=False)
class Ridge:
    """Forecasts of C outputs from the kernel with R landmarks; exact where all T training rows are landmarks.

    Otherwise Nystroem's approximation (Williams and Seeger 2001, NIPS 13). One eigendecomposition gives every
    penalty its solution, and what each training row is forecast by the others (Rifkin and Lippert 2007,
    MIT-CSAIL-TR-2007-025); each output keeps the penalty of the least squared error there.
    """

    coefficients: Float32Array  #: (R, C) of the kernel with the landmarks
    left_out: FloatArray  #: (T, C) forecasts of the training rows, each by the others
    penalties: FloatArray  #: (C,)

    def forecast(self, kernel: torch.Tensor) -> FloatArray:
        """Outputs (n, C) of rows whose kernel with the landmarks is (n, R)."""
        made: FloatArray = (kernel @ torch.from_numpy(self.coefficients)).numpy().astype(np.float64)
        return made

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """For a folder."""
        return {f"{name}.{part}": getattr(self, part) for part in PARTS}

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]], name: str) -> Self:
        """What :meth:`arrays` gave."""
        return cls(*(arrays[f"{name}.{part}"] for part in PARTS))


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The kernel of the training rows, decomposed."""

    basis: torch.Tensor  #: (T, R): rows in coordinates in which their second moment is diagonal
    values: torch.Tensor  #: (R,) that diagonal
    unfold: torch.Tensor  #: (R, R): coefficients of coordinates to those of the kernel

    @classmethod
    def exact(cls, kernel: torch.Tensor) -> Spectrum:
        """From the training rows' kernel (T, T), all of them landmarks."""
        values, vectors = torch.linalg.eigh(kernel)
        values = values.clamp(min=0) + JITTER
        return cls(vectors * values.sqrt(), values, vectors / values.sqrt())

    @classmethod
    def of(cls, landmarks: torch.Tensor, rows: Iterable[torch.Tensor]) -> Spectrum:
        """From the landmarks' kernel (R, R), and the training rows' with them (T, R), in parts."""
        count = len(landmarks)
        lower = torch.linalg.cholesky(landmarks + JITTER * torch.eye(count))
        # rows = kernel @ inverse(lower)', whose products are the kernel again
        features = torch.cat(
            [torch.linalg.solve_triangular(lower, part.T, upper=False).T.contiguous() for part in rows]
        )
        values, vectors = torch.linalg.eigh(features.T @ features)
        unfold = torch.linalg.solve_triangular(lower.T, vectors, upper=True)
        return cls(features @ vectors, values.clamp(min=0), unfold)

    def solve(self, targets: FloatArray) -> Ridge:
        """The ridge regression of targets (T, C)."""
        wanted = torch.from_numpy(targets.astype(np.float32))
        moments = self.basis.T @ wanted  # (R, C)
        squares = self.basis**2
        best = torch.full((wanted.shape[1],), float("inf"))
        chosen = torch.full_like(best, PENALTIES[-1])
        left_out, solved = torch.zeros_like(wanted), torch.zeros_like(moments)
        for penalty in PENALTIES:
            inverse = 1 / (self.values + penalty)
            weights = inverse[:, None] * moments
            fitted = self.basis @ weights
            leverage = (squares @ inverse).clamp(max=0.999)[:, None]
            others = (fitted - leverage * wanted) / (1 - leverage)
            error = ((others - wanted) ** 2).sum(0)
            better = error < best
            best, chosen = torch.where(better, error, best), torch.where(better, penalty, chosen)
            left_out, solved = torch.where(better, others, left_out), torch.where(better, weights, solved)
        coefficients = (self.unfold @ solved).numpy()
        return Ridge(coefficients, left_out.numpy().astype(np.float64), chosen.numpy().astype(np.float64))
