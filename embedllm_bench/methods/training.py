"""What methods trained with torch share: masked loss, batches of questions or of attempts, early stopping.

For authors of methods: :class:`QuestionMajor` where every model meets a question in one product,
:class:`AttemptList` where each attempt is a row of its own, :func:`masked_log_loss`, and :func:`train_epochs` for
the loop around them. Where torch computes is :func:`embedllm_bench.devices.choose_device`'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import softplus

from embedllm_bench.methods.progress import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from embedllm_bench.arrays import CountArray
    from embedllm_bench.matrix import CorrectnessMatrix


SMALLEST_BATCH, LARGEST_BATCH, BATCHES = 16, 256, 30


def batch_size(questions: int) -> int:
    """Questions in a batch: of few questions fewer, as an epoch of a step or two learns next to nothing."""
    return min(max(questions // BATCHES, SMALLEST_BATCH), LARGEST_BATCH)


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

    def whole(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """All questions as one batch."""
        return self.vectors, self.correct.float(), self.attempts.float()

    def shuffled(self, size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
        """The rows of every batch of one epoch, in a new order."""
        order = torch.randperm(len(self), generator=generator)
        yield from torch.split(order, size)


@dataclass(frozen=True, eq=False)
class AttemptList:
    """A matrix laid out for batches of attempts: N of them, each (model, question, label)."""

    vectors: torch.Tensor  #: (Q, D)
    model: torch.Tensor  #: (N,)
    question: torch.Tensor  #: (N,)
    label: torch.Tensor  #: (N,), 1 where correct

    @classmethod
    def from_matrix(cls, matrix: CorrectnessMatrix, device: torch.device) -> AttemptList:
        model, question = np.nonzero(matrix.attempts)
        parts = []
        for counts, label in ((matrix.correct, 1.0), (matrix.wrong, 0.0)):
            times = counts[model, question]
            repeated = np.repeat(model, times), np.repeat(question, times)
            parts.append((*repeated, np.full(len(repeated[0]), label, dtype=np.float32)))
        columns = [torch.tensor(np.concatenate(column), device=device) for column in zip(*parts, strict=True)]
        return cls(torch.tensor(matrix.questions.embeddings, device=device), *columns)

    def __len__(self) -> int:
        return len(self.label)

    def batch(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Models (B,), their questions' vectors (B, D) and labels (B,)."""
        return self.model[rows], self.vectors[self.question[rows]], self.label[rows]

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


def step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    """One step down the loss."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
    optimizer.step()


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


def train_epochs(
    parameters: Sequence[torch.Tensor],
    epoch: Callable[[], None],
    *,
    epochs: int,
    validation_loss: Callable[[], torch.Tensor] | None = None,
    patience: int = 5,
    what: str = "epoch",
) -> None:
    """Run ``epoch`` up to ``epochs`` times, telling of each as ``what``.

    With a validation loss, training ends when ``patience`` epochs in a row brought no lower one, and the
    parameters of the lowest are put back.
    """
    stopping = EarlyStopping(parameters, patience)
    for _ in steps(range(epochs), what):
        epoch()
        if validation_loss is not None:
            with torch.no_grad():
                loss = validation_loss().item()
            if stopping.finished(loss):
                break
    stopping.restore()
