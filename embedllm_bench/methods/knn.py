"""k nearest neighbours: a model does on a new question as it did on the most similar ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch

from embedllm_bench.devices import choose_device
from embedllm_bench.errors import UsageError
from embedllm_bench.methods.base import Method
from embedllm_bench.methods.reference import ModelMean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions

CANDIDATES = (5, 10, 15, 20, 30, 40, 50, 65, 80, 100, 131, 170, 220, 300)
DEFAULT_K = 131  # the paper's, where there is no validation part to choose on
QUERY_ROWS = 512


@dataclass
class KNN(Method):
    """The share of correct attempts among the k nearest training questions (Euclidean), per model.

    The neighbours do not depend on the model, so one search serves all of them. The model's mean counts
    as one more neighbour: it is the forecast where no neighbour was asked, and keeps p off 0 and 1.
    Without ``k`` the one with the lowest validation log-loss is taken.
    """

    name: ClassVar[str] = "knn"
    summary: ClassVar[str] = "share correct among the k nearest training questions"

    k: int | None = None
    device: str = "auto"

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Keep the training questions, and choose k on the validation part."""
        if self.k is not None and self.k < 1:
            raise UsageError(f"knn.k is {self.k}; it counts neighbours, so it starts at 1.")
        device = choose_device(self.device)
        self.vectors_ = torch.tensor(train.questions.embeddings, device=device)  # (T, D)
        self.correct_ = _question_major(train.correct, device)  # (T, M)
        self.attempts_ = _question_major(train.attempts, device)
        self.means_ = torch.tensor(ModelMean().fit(train).means_, device=device)  # (M,)
        if self.k is not None:
            self.k_ = self.k
        elif validation is None or not len(validation.questions):
            self.k_ = DEFAULT_K
        else:
            self.k_ = self._choose_k(validation)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """One search for all models."""
        parts = [p for (p,) in self._forecasts(questions, [self.k_])]
        if not parts:
            return np.empty((len(self.means_), 0), dtype=np.float32)
        return np.ascontiguousarray(torch.cat(parts).T.cpu().numpy())

    def _choose_k(self, validation: CorrectnessMatrix) -> int:
        limit = len(self.vectors_)
        candidates = [k for k in CANDIDATES if k <= limit] or [limit]
        correct = _question_major(validation.correct, self.vectors_.device)
        attempts = _question_major(validation.attempts, self.vectors_.device)
        losses = np.zeros(len(candidates))
        start = 0
        for forecasts in self._forecasts(validation.questions, candidates):
            rows = slice(start, start + len(forecasts[0]))
            start = rows.stop
            for i, p in enumerate(forecasts):  # (rows, M)
                right, wrong = correct[rows], attempts[rows] - correct[rows]
                losses[i] -= float((right * p.log() + wrong * (1 - p).log()).sum())
        return candidates[int(np.argmin(losses))]

    def _forecasts(self, questions: Questions, candidates: list[int]) -> Iterator[list[torch.Tensor]]:
        """For every batch of questions, P(correct) (rows, M) for each of the ascending ``candidates``."""
        most = min(max(candidates), len(self.vectors_))
        squared = (self.vectors_**2).sum(1)  # (T,)
        # Clamped so that a model right (or wrong) on everything keeps a finite log-loss.
        prior = self.means_.clamp(1e-3, 1 - 1e-3)
        queries = torch.tensor(questions.embeddings, device=self.vectors_.device)
        for rows in torch.split(queries, QUERY_ROWS):
            # |x - t|^2 without |x|^2, which is the same for every t
            distance = torch.addmm(squared, rows, self.vectors_.T, alpha=-2)  # (rows, T)
            nearest = distance.topk(most, largest=False, sorted=True).indices  # (rows, most)
            correct, attempts = torch.zeros(2, len(rows), len(prior), device=rows.device)
            forecasts, done = [], 0
            for k in candidates:
                more = nearest[:, done : min(k, most)]
                done = min(k, most)
                correct = correct + _gathered_sum(self.correct_, more)
                attempts = attempts + _gathered_sum(self.attempts_, more)
                forecasts.append((correct + prior) / (attempts + 1))
            yield forecasts


def _question_major(counts: np.ndarray, device: torch.device) -> torch.Tensor:
    return torch.tensor(np.ascontiguousarray(counts.T, dtype=np.float32), device=device)


def _gathered_sum(counts: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Sum of ``counts`` (T, M) over the rows named per query (n, k) -> (n, M), without an (n, k, M) copy."""
    if not rows.shape[1]:
        return torch.zeros(len(rows), counts.shape[1], device=counts.device)
    return torch.nn.functional.embedding_bag(rows, counts, mode="sum")
