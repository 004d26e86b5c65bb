"""k nearest neighbours: a model does on a new question as it did on the most similar ones."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import torch

from embedllm_bench.devices import choose_device
from embedllm_bench.errors import UsageError
from embedllm_bench.methods.adding import shrunken_mean
from embedllm_bench.methods.base import Method
from embedllm_bench.methods.reference import ModelMean
from embedllm_bench.methods.saving import read_fitted, write_fitted
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.arrays import CountArray, Float32Array, IndexArray
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
        self.keys_ = train.questions.keys
        self.vectors_ = torch.tensor(train.questions.embeddings, device=device)  # (T, D)
        self.correct_ = _question_major(train.correct, device)  # (T, M)
        self.attempts_ = _question_major(train.attempts, device)
        self.means_ = torch.tensor(ModelMean().fit(train).means_, device=device)  # (M,)
        if self.k is not None:
            self.k_ = self.k
        else:
            chooser = usable(validation)
            self.k_ = DEFAULT_K if chooser is None else self._choose_k(chooser)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """One search for all models."""
        parts = [p for (p,) in self._forecasts(questions, [self.k_])]
        if not parts:
            return np.empty((len(self.means_), 0), dtype=np.float32)
        return np.ascontiguousarray(torch.cat(parts).T.cpu().numpy())

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """One more column of outcomes; those at a question not trained on count at the nearest that was."""
        added = copy.copy(self)
        rows = torch.tensor(self._rows(questions), device=self.vectors_.device)
        for name, counts in (("correct_", correct), ("attempts_", attempts)):
            column = torch.zeros(len(self.vectors_), device=rows.device)
            column.index_add_(0, rows, torch.tensor(counts.astype(np.float32), device=rows.device))
            setattr(added, name, torch.cat([getattr(self, name), column[:, None]], dim=1))
        mean = shrunken_mean(self.means_.cpu().numpy(), correct, attempts)
        added.means_ = torch.cat([self.means_, torch.tensor([mean], device=rows.device)])
        return added

    def save(self, folder: Path) -> None:
        """The training questions with everybody's outcomes."""
        names = ("vectors", "correct", "attempts", "means")
        arrays = {name: getattr(self, f"{name}_").cpu().numpy() for name in names}
        write_fitted(self, folder, arrays, {"k": self.k_, "keys": self.keys_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        method, device = saved.method, choose_device(saved.method.device)
        for name in ("vectors", "correct", "attempts", "means"):
            setattr(method, f"{name}_", torch.tensor(saved.arrays[name], device=device))
        method.k_, method.keys_ = saved.facts["k"], tuple(saved.facts["keys"])
        return method

    def _rows(self, questions: Questions) -> IndexArray:
        """The training question (Q,) that each question is, or else is nearest to."""
        position = {key: row for row, key in enumerate(self.keys_)}
        rows = np.array([position.get(key, -1) for key in questions.keys], dtype=np.int64)
        strange = np.flatnonzero(rows < 0)
        vectors = torch.tensor(questions.embeddings[strange], device=self.vectors_.device)
        for batch, where in zip(
            torch.split(vectors, QUERY_ROWS), np.split(strange, range(QUERY_ROWS, len(strange), QUERY_ROWS)),
            strict=True,
        ):  # fmt: skip
            if len(where):
                rows[where] = self._distances(batch).argmin(1).cpu().numpy()
        return rows

    def _distances(self, queries: torch.Tensor) -> torch.Tensor:
        """|x - t|^2 (n, T) without |x|^2, which is the same for every t."""
        return torch.addmm((self.vectors_**2).sum(1), queries, self.vectors_.T, alpha=-2)

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
        # Clamped so that a model right (or wrong) on everything keeps a finite log-loss.
        prior = self.means_.clamp(1e-3, 1 - 1e-3)
        queries = torch.tensor(questions.embeddings, device=self.vectors_.device)
        for rows in torch.split(queries, QUERY_ROWS):
            nearest = self._distances(rows).topk(most, largest=False, sorted=True).indices  # (rows, most)
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
