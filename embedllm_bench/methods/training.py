"""What methods trained with torch share: masked loss, batches, early stopping."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import softplus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import CountArray
    from embedllm_bench.matrix import CorrectnessMatrix


@dataclass(frozen=True, eq=False)
class QuestionMajor:
    """A matrix laid out for batches of questions: vectors (Q, D), counts (Q, M)."""

    vectors: torch.Tensor
    correct: torch.Tensor
    attempts: torch.Tensor

    @classmethod
    def from_matrix(cls, matrix: CorrectnessMatrix, device: torch.device) -> QuestionMajor:
        return cls(
            torch.tensor(matrix.questions.embeddings, device=device),  # a copy: torch wants writable memory
            _counts(matrix.correct, device),
            _counts(matrix.attempts, device),
        )

    def __len__(self) -> int:
        return len(self.vectors)

    def batch(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Vectors (B, D), correct (B, M) and attempts (B, M) as float32."""
        return self.vectors[rows], self.correct[rows].float(), self.attempts[rows].float()

    def shuffled(self, size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
        """The rows of every batch of one epoch, in a new order."""
        order = torch.randperm(len(self), generator=generator)
        yield from torch.split(order, size)


def _counts(counts: CountArray, device: torch.device) -> torch.Tensor:
    # uint16, which torch barely supports, only arises where a cell has over 255 attempts
    narrow = counts if counts.dtype == np.uint8 else counts.astype(np.int32)
    return torch.tensor(np.ascontiguousarray(narrow.T), device=device)


def masked_log_loss(logits: torch.Tensor, correct: torch.Tensor, attempts: torch.Tensor) -> torch.Tensor:
    """Mean over attempts of -log P(label); a cell without attempts adds nothing to either sum."""
    return (attempts * softplus(logits) - correct * logits).sum() / attempts.sum().clamp(min=1)


@dataclass
class EarlyStopping:
    """Keeps a copy of the parameters at the lowest loss, and says when ``patience`` checks brought none."""

    parameters: Sequence[torch.Tensor]
    patience: int
    best: float = float("inf")
    waited: int = 0
    kept: list[torch.Tensor] = field(default_factory=list)

    def finished(self, loss: float) -> bool:
        """Record a validation loss; true when training should end."""
        if loss < self.best:
            self.best, self.waited = loss, 0
            self.kept = [parameter.detach().clone() for parameter in self.parameters]
        else:
            self.waited += 1
        return self.waited >= self.patience

    def restore(self) -> None:
        """Put the kept parameters back."""
        with torch.no_grad():
            for parameter, kept in zip(self.parameters, self.kept, strict=False):
                parameter.copy_(kept)
