"""What methods with hidden layers share: the layers, and how all models' logits are trained at once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from embedllm_bench.errors import UsageError
from embedllm_bench.methods.reference import ModelMean
from embedllm_bench.methods.training import QuestionMajor, batch_size, masked_log_loss, step, train_epochs
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix

ROWS = 8192  #: questions forecast at a time
BLIND_EPOCHS = 12  #: where there is no validation part to stop on; there is about where it stops training
CERTAIN = 0.02  #: a model's share correct is held so far from 0 and 1 where training begins with it
GAIN = 3.0**0.5  #: keeps the variance of what passes a layer, with uniform weights


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train; ``dropout`` is the share of hidden units left out of a step."""

    dropout: float
    learning_rate: float
    weight_decay: float
    epochs: int
    patience: int

    def check(self, method: str) -> None:
        """Raise a UsageError that names the method's setting which no training can have."""
        if not 0 <= self.dropout < 1:
            raise UsageError(f"{method}.dropout is {self.dropout:g}; it is at least 0 and below 1.")
        for name in ("learning_rate", "epochs", "patience"):
            if getattr(self, name) <= 0:
                raise UsageError(f"{method}.{name} is {getattr(self, name):g}; it has to be above 0.")
        if self.weight_decay < 0:
            raise UsageError(f"{method}.weight_decay is {self.weight_decay:g}; it starts at 0.")


@dataclass(frozen=True, eq=False)
class Layers:
    """Question vectors (Q, D) through layers of rectified linear units, each of as many; without any, as they are.

    Vectors are divided by ``scale``, the root of their mean square in training, so that the same learning rate
    serves every encoder.
    """

    scale: float
    weights: tuple[torch.Tensor, ...]
    offsets: tuple[torch.Tensor, ...]

    @classmethod
    def drawn(cls, vectors: torch.Tensor, sizes: Sequence[int], generator: torch.Generator) -> Self:
        """Random layers of these sizes for training vectors (Q, D)."""
        ends = (vectors.shape[1], *sizes)
        # two: half of what goes into a rectified linear unit does not come out
        weights = [drawn(a, b, generator, 2.0**0.5).to(vectors.device) for a, b in itertools.pairwise(ends)]
        offsets = [torch.zeros(size, device=vectors.device) for size in sizes]
        scale = float(vectors.square().mean().sqrt()) or 1.0
        return cls(scale, tuple(weights), tuple(offsets))

    @property
    def parameters(self) -> list[torch.Tensor]:
        return [*self.weights, *self.offsets]

    def __call__(
        self, vectors: torch.Tensor, dropout: float = 0.0, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """(Q, D) -> (Q, H); with a generator, units are left out by it."""
        hidden = vectors / self.scale
        for weight, offset in zip(self.weights, self.offsets, strict=True):
            hidden = torch.relu(torch.addmm(offset, hidden, weight))
            if generator is not None and dropout:
                kept = torch.rand(hidden.shape, generator=generator) >= dropout
                hidden = hidden * kept.to(hidden.device) / (1 - dropout)
        return hidden

    def arrays(self) -> dict[str, Float32Array]:
        """For a folder; :meth:`of` makes layers of it again."""
        found = {"scale": np.array(self.scale, dtype=np.float32)}
        for i, (weight, offset) in enumerate(zip(self.weights, self.offsets, strict=True)):
            found |= {f"weight{i}": array_of(weight), f"offset{i}": array_of(offset)}
        return found

    @classmethod
    def of(cls, arrays: Mapping[str, Float32Array], device: torch.device) -> Self:
        """The layers whose :meth:`arrays` these are; others may stand beside them."""
        count = sum(name.startswith("weight") for name in arrays)
        weights, offsets = (
            tuple(torch.tensor(arrays[f"{name}{i}"], device=device) for i in range(count))
            for name in ("weight", "offset")
        )
        return cls(arrays["scale"].item(), weights, offsets)


def drawn(inputs: int, outputs: int, generator: torch.Generator, gain: float = 1.0) -> torch.Tensor:
    """Uniform weights (inputs, outputs) that multiply the root of a vector's mean square by ``gain``, on average."""
    width = gain * GAIN / max(inputs, 1) ** 0.5
    weights: torch.Tensor = (2 * torch.rand(inputs, outputs, generator=generator) - 1) * width
    return weights


def first_logits(train: CorrectnessMatrix) -> torch.Tensor:
    """The logit (M,) of each model's share correct, to start from."""
    return torch.tensor(ModelMean().fit(train).means_).clamp(CERTAIN, 1 - CERTAIN).logit()


def array_of(tensor: torch.Tensor) -> Float32Array:
    array: Float32Array = tensor.detach().cpu().numpy()
    return array


def train_logits(
    parameters: Sequence[torch.Tensor],
    logits: Callable[[torch.Tensor, torch.Generator | None], torch.Tensor],
    train: CorrectnessMatrix,
    validation: CorrectnessMatrix | None,
    schedule: Schedule,
    generator: torch.Generator,
    what: str,
) -> None:
    """Train by AdamW on the log-loss of observed attempts until validation says stop.

    ``logits`` takes vectors (B, D) to all models' logits (B, M), leaving units out where it is given a generator.
    """
    device = parameters[0].device
    data = QuestionMajor.from_matrix(train, device)
    chooser = usable(validation)
    held_out = None if chooser is None else QuestionMajor.from_matrix(chooser, device).whole()
    batch = batch_size(len(data))
    trained = [parameter.requires_grad_() for parameter in parameters]
    optimizer = torch.optim.AdamW(
        trained, lr=schedule.learning_rate, weight_decay=schedule.weight_decay,
        fused=device.type in ("cpu", "cuda"),
    )  # fmt: skip

    def epoch() -> None:
        for rows in data.shuffled(batch, generator):
            vectors, correct, attempts = data.batch(rows)
            step(optimizer, masked_log_loss(logits(vectors, generator), correct, attempts))

    def validation_loss() -> torch.Tensor:
        assert held_out is not None  # noqa: S101 - asked only where there is one
        vectors, correct, attempts = held_out
        return masked_log_loss(logits(vectors, None), correct, attempts)

    train_epochs(
        trained,
        epoch,
        epochs=min(schedule.epochs, BLIND_EPOCHS) if held_out is None else schedule.epochs,
        validation_loss=None if held_out is None else validation_loss,
        patience=schedule.patience,
        what=f"{what} epoch",
    )
    for parameter in trained:
        parameter.requires_grad_(False)


def sigmoid(logits: Float32Array) -> Float32Array:
    """P(correct) of logits, without overflow."""
    p: Float32Array = (0.5 * (1 + np.tanh(logits / 2))).astype(np.float32)
    return p


def in_parts(
    logits: Callable[[torch.Tensor, torch.Generator | None], torch.Tensor], vectors: torch.Tensor
) -> Float32Array:
    """Logits (Q, M) of any number of questions, so many at a time."""
    return array_of(torch.cat([logits(rows, None) for rows in torch.split(vectors, ROWS)]))
