"""Logistic regression of each model's correctness on the question's vector, all models solved at once."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch

from embedllm_bench.devices import choose_device
from embedllm_bench.errors import UsageError
from embedllm_bench.methods.base import LinearScores, Method
from embedllm_bench.methods.progress import steps
from embedllm_bench.methods.saving import read_fitted, write_fitted
from embedllm_bench.methods.training import QuestionMajor, masked_log_loss
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.arrays import CountArray, Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions

#: Per question, from strong to weak: each solution starts where the last one ended.
PENALTIES = tuple(10.0**e for e in (-1.5, -2, -2.5, -3, -3.5, -4, -4.5))
DEFAULT_PENALTY = 1e-3  #: where there is no validation part to choose on
ITERATIONS, ENOUGH = 60, 1e-5
ROUNDING = 1e-12  #: of the largest eigenvalue
FREE = 1e-6  #: what the offsets are penalised by, beside their mean being learned


@dataclass
class Logistic(Method):
    """logit P(correct) = w_m . x_q + b_m, with a ridge penalty that is the same for all models.

    The curvature of every model's loss is at most a quarter of the questions' second moment (Boehning and Lindsay
    1988, Annals of the Institute of Statistical Mathematics 40), so one eigendecomposition gives all models and all
    penalties their steps; these are accelerated (Nesterov 1983). The penalty with the lowest validation log-loss is
    kept.
    """

    name: ClassVar[str] = "logistic"
    summary: ClassVar[str] = "logistic regression on the question's vector, per model"

    penalty: float | None = None
    device: str = "auto"

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Follow the path of penalties; without a validation part to the default one."""
        if self.penalty is not None and self.penalty <= 0:
            raise UsageError(f"logistic.penalty is {self.penalty:g}; it has to be above 0.")
        device = choose_device(self.device)
        chooser = usable(validation)
        alone = self.penalty is not None or chooser is None
        path = [self.penalty or DEFAULT_PENALTY] if alone else list(PENALTIES)
        problem = _Problem.of(QuestionMajor.from_matrix(train, device))
        held_out = None if chooser is None else QuestionMajor.from_matrix(chooser, device).whole()
        weights, best = problem.start(), float("inf")
        for penalty in steps(path, "logistic penalty"):
            weights = problem.solve(penalty, weights)
            loss = float("-inf")
            if held_out is not None:
                vectors, correct, attempts = held_out
                loss = float(masked_log_loss(_with_ones(vectors) @ weights, correct, attempts))
            if loss < best:
                best, self.penalty_, self.weights_ = (
                    loss,
                    penalty,
                    weights.T.cpu().numpy().copy(),
                )  # (M, D + 1)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """One product for all models."""
        logits = self.weights_[:, :-1] @ questions.embeddings.T + self.weights_[:, -1:]
        p: Float32Array = (0.5 * (1 + np.tanh(logits / 2))).astype(np.float32)
        return p

    def linear_scores(self) -> LinearScores:
        """The logits."""
        return LinearScores(np.ascontiguousarray(self.weights_[:, :-1]), self.weights_[:, -1].copy())

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """The same regression for one more model, drawn to the known models' mean in place of zero."""
        added = copy.copy(self)
        mean = torch.tensor(self.weights_.mean(0))[:, None]
        asked = attempts > 0
        if asked.any():
            given = QuestionMajor(
                torch.tensor(questions.embeddings[asked]),
                torch.tensor(correct[asked].astype(np.float32))[:, None],
                torch.tensor(attempts[asked].astype(np.float32))[:, None],
            )
            mean = _Problem.of(given, around=mean).solve(self.penalty_, mean)
        added.weights_ = np.concatenate([self.weights_, mean.T.numpy()])
        return added

    def save(self, folder: Path) -> None:
        """The weights and the penalty."""
        write_fitted(self, folder, {"weights": self.weights_, "penalty": np.array(self.penalty_)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        saved.method.weights_ = saved.arrays["weights"]
        saved.method.penalty_ = saved.arrays["penalty"].item()
        return saved.method


@dataclass(frozen=True, eq=False)
class _Problem:
    """All models' regressions on the same questions: rows x (Q, D + 1), counts (Q, M), eigenvectors of x'x.

    Of fewer questions than D + 1 only those R that are not of eigenvalue zero.
    """

    rows: torch.Tensor
    correct: torch.Tensor
    attempts: torch.Tensor
    basis: torch.Tensor  #: (D + 1, R)
    values: torch.Tensor  #: (R,)
    around: torch.Tensor  #: (D + 1, 1) what weights are drawn to

    @classmethod
    def of(cls, data: QuestionMajor, around: torch.Tensor | None = None) -> _Problem:
        rows = _with_ones(data.vectors)
        # a model's attempts may be several a question, and each adds its curvature
        most = data.attempts.max().float().clamp(min=1)
        values, basis = _eigenvectors(rows)
        zero = torch.zeros(rows.shape[1], 1, device=rows.device)
        return cls(
            rows, data.correct, data.attempts, basis.float(), (values * float(most) / 4).float(),
            zero if around is None else around.to(rows.device),
        )  # fmt: skip

    def start(self) -> torch.Tensor:
        return torch.zeros(self.rows.shape[1], self.correct.shape[1], device=self.rows.device)

    def solve(self, penalty: float, weights: torch.Tensor) -> torch.Tensor:
        """The weights (D + 1, M) of least penalised loss, from ``weights`` on."""
        ridge = torch.full((self.rows.shape[1], 1), penalty * len(self.rows), device=self.rows.device)
        ridge[-1] = FREE * len(self.rows)
        inverse = 1 / (self.values + penalty * len(self.rows))[:, None]
        ahead, momentum = weights, 1.0
        for _ in range(ITERATIONS):
            gradient = self._gradient(ahead) + ridge * (ahead - self.around)
            along = self.basis.T @ gradient
            following = ahead - self.basis @ (inverse * along)
            if len(along) < len(gradient):  # along what no question has there is only the penalty
                following -= (gradient - self.basis @ along) / (penalty * len(self.rows))
            moved = following - weights
            if (
                float((gradient * moved).sum()) > 0
            ):  # it swung past: start the acceleration anew (O'Donoghue 2015)
                momentum = 1.0
            faster = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
            ahead, momentum = following + (momentum - 1) / faster * moved, faster
            weights = following
            if float(moved.abs().max()) < ENOUGH * max(float(weights.abs().max()), 1.0):
                break
        return weights

    def _gradient(self, weights: torch.Tensor) -> torch.Tensor:
        p = torch.sigmoid(self.rows @ weights)  # (Q, M)
        return self.rows.T @ (self.attempts.float() * p - self.correct.float())


def _eigenvectors(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Eigenvalues (R,) and eigenvectors (D + 1, R) of rows' rows, by the smaller of its two products."""
    wide = rows.double()
    if len(rows) >= rows.shape[1]:
        values, basis = torch.linalg.eigh(wide.T @ wide)
        return values.clamp(min=0), basis
    values, sides = torch.linalg.eigh(wide @ wide.T)
    kept = values > ROUNDING * values[-1]
    return values[kept], wide.T @ (sides[:, kept] / values[kept].sqrt())


def _with_ones(vectors: torch.Tensor) -> torch.Tensor:
    return torch.cat([vectors, torch.ones(len(vectors), 1, device=vectors.device)], dim=1)
