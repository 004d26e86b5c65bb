"""A multi-layer perceptron from the question's vector to all models' logits at once."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch

from embedllm_bench.devices import choose_device
from embedllm_bench.errors import UsageError
from embedllm_bench.methods.adding import Prior
from embedllm_bench.methods.base import Method
from embedllm_bench.methods.geometry import score_geometry
from embedllm_bench.methods.networks import (
    Layers,
    Schedule,
    array_of,
    first_logits,
    in_parts,
    sigmoid,
    train_logits,
)
from embedllm_bench.methods.saving import read_fitted, write_fitted

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import CountArray, Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions


@dataclass
class MultiLayerPerceptron(Method):
    """logit P(correct) = w_m . h(x_q) + b_m, where hidden layers h are shared by all models.

    Several tasks on shared hidden layers (Caruana 1997, "Multitask Learning", Machine Learning 28): what one
    model's answers teach of a question serves the others. Rectified linear units with dropout (Srivastava et al.
    2014, Journal of Machine Learning Research 15), AdamW (arXiv 1711.05101), early stopping on validation log-loss.
    """

    name: ClassVar[str] = "mlp"
    summary: ClassVar[str] = "multi-layer perceptron on the question's vector, one output per model"

    hidden: int = 128
    layers: int = 1
    dropout: float = 0.5
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    epochs: int = 60
    patience: int = 5
    device: str = "auto"

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Train; every model's output starts at the logit of its share correct."""
        if self.hidden < 1 or self.layers < 1:
            raise UsageError("mlp needs hidden >= 1 and layers >= 1; without hidden layers it is logistic.")
        schedule = Schedule(self.dropout, self.learning_rate, self.weight_decay, self.epochs, self.patience)
        schedule.check(self.name)
        device = choose_device(self.device)
        generator = torch.Generator().manual_seed(self.seed)
        vectors = torch.tensor(train.questions.embeddings, device=device)
        self.layers_ = Layers.drawn(vectors, [self.hidden] * self.layers, generator)
        begin = first_logits(train)[:, None]  # (M, 1)
        outputs = torch.cat([torch.zeros(len(begin), self.hidden), begin], dim=1)
        self.outputs_ = outputs.to(device)  # (M, H + 1): w_m and b_m
        learned = [*self.layers_.parameters, self.outputs_]
        train_logits(learned, self._logits, train, validation, schedule, generator, self.name)
        root = score_geometry(array_of(_with_ones(self.layers_(vectors))))  # (H + 1, H + 1)
        self.vectors_: Float32Array = array_of(self.outputs_) @ root
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """One pass for all models."""
        return np.ascontiguousarray(sigmoid(self._known(questions.embeddings)).T)

    def embeddings(self) -> Float32Array:
        """The models' output weights (M, hidden + 1), scaled so that distance is a difference of logits.

        See :mod:`embedllm_bench.methods.geometry`.
        """
        return self.vectors_

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """An output by regularised logistic regression on the hidden layer, all else as it was."""
        asked = slice(None) if attempts.all() else attempts > 0  # no copy where all were asked
        known = self._known(questions.embeddings[asked])  # (Q, M)
        mixture = Prior.of(self.vectors_).mixture_by_logits(known, correct[asked], attempts[asked])
        added = copy.copy(self)
        output = torch.tensor(mixture, device=self.outputs_.device) @ self.outputs_
        added.outputs_ = torch.cat([self.outputs_, output[None]])
        added.vectors_ = np.concatenate([self.vectors_, (mixture @ self.vectors_)[None]])
        return added

    def save(self, folder: Path) -> None:
        """The layers, the outputs and the vectors."""
        own = {"outputs": array_of(self.outputs_), "vectors": self.vectors_}
        write_fitted(self, folder, {**self.layers_.arrays(), **own})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        device = choose_device(saved.method.device)
        saved.method.layers_ = Layers.of(saved.arrays, device)
        saved.method.outputs_ = torch.tensor(saved.arrays["outputs"], device=device)
        saved.method.vectors_ = saved.arrays["vectors"]
        return saved.method

    def _logits(self, vectors: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """(B, D) -> (B, M)."""
        hidden = self.layers_(vectors, self.dropout, generator)
        return torch.addmm(self.outputs_[:, -1], hidden, self.outputs_[:, :-1].T)

    def _known(self, vectors: Float32Array) -> Float32Array:
        """The fitted models' logits (Q, M)."""
        return in_parts(self._logits, torch.tensor(vectors, device=self.outputs_.device))


def _with_ones(hidden: torch.Tensor) -> torch.Tensor:
    return torch.cat([hidden, torch.ones(len(hidden), 1, device=hidden.device)], dim=1)
