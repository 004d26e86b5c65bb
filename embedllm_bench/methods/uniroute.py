"""UniRoute (arXiv 2502.08773): a model is its accuracy on each cluster of questions."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
import torch

from embedllm_bench.devices import choose_device
from embedllm_bench.errors import UsageError
from embedllm_bench.methods.adding import shrunken_mean
from embedllm_bench.methods.base import Method
from embedllm_bench.methods.progress import steps
from embedllm_bench.methods.reference import ModelMean
from embedllm_bench.methods.saving import read_fitted, write_fitted
from embedllm_bench.methods.training import EarlyStopping, QuestionMajor, batch_size, step
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from embedllm_bench.arrays import CountArray, Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions

    Map: TypeAlias = "tuple[torch.Tensor, torch.Tensor]"  # weight (D, K) and offset (K,)

LEARNED = ("weight", "offset", "rates", "means")
CANDIDATES = {"learned": (64, 256), "nearest": (16, 32, 64, 128)}
FEWEST_QUESTIONS = 5  #: in a cluster, on average, where there are several numbers to choose from
DEFAULT_CLUSTERS = 64  #: where there is no validation part to choose on
SHARPNESS = 10.0  #: how sharply the learned map begins at the clusters' centres
LEARNING_RATE, EPOCHS, BLIND_EPOCHS, PATIENCE = 1e-2, 60, 10, 3
PRIOR_ATTEMPTS = 5.0  #: the model's mean counts as so many attempts in every cluster
SWEEPS, SAMPLE = 20, 10_000  #: of k-means, and the most questions it looks at: its centres are a start
SMALLEST_P = 0.01


@dataclass
class UniRoute(Method):
    """P(correct) = sum over clusters k of a_k(x_q) r_mk; r_mk is model m's accuracy on the questions of cluster k.

    ``nearest`` is the paper's clustering by k-means: a question belongs to the nearest centre of the training
    questions' vectors. ``learned`` is its learned cluster map, a softmax of a linear map trained on the log-loss of
    the outcomes; it begins at these centres, and r_mk are the accuracies under the map itself, counted anew every
    epoch. Without ``clusters`` their number is the one with the lowest validation log-loss.
    """

    name: ClassVar[str] = "uniroute"
    summary: ClassVar[str] = "accuracies on clusters of questions (UniRoute, arXiv 2502.08773)"

    clusters: int | None = None
    assignment: Literal["learned", "nearest"] = "learned"
    device: str = "auto"

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Cluster, learn the map where it is to be learned, and count."""
        if self.clusters is not None and self.clusters < 1:
            raise UsageError(f"uniroute.clusters is {self.clusters}; it starts at 1.")
        device = choose_device(self.device)
        chooser = usable(validation)
        self.means_ = ModelMean().fit(train).means_  # (M,)
        # vectors of length 1 on average, so that sharpness and learning rate serve every encoder
        length = float(np.sqrt(np.square(train.questions.embeddings).sum(1).mean())) or 1.0
        problem = _Problem(
            _shortened(train, length, device),
            None if chooser is None else _shortened(chooser, length, device),
            torch.tensor(self.means_, device=device),
            learned=self.assignment == "learned",
        )
        counts = CANDIDATES[self.assignment]
        if self.clusters is not None or chooser is None:
            counts = (self.clusters or DEFAULT_CLUSTERS,)
        best = float("inf")
        for count in steps(_possible(counts, len(train.questions)), "uniroute clusters"):
            given = problem.solve(count, self.seed)
            rates = problem.rates(given)
            loss = problem.loss(given, rates)
            if loss < best:
                best = loss
                self.weight_, self.offset_ = (given[0] / length).cpu().numpy(), given[1].cpu().numpy()
                self.rates_: Float32Array = rates.cpu().numpy()  # (M, K)
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Assign, then one product."""
        p: Float32Array = np.clip(self.rates_ @ self._assigned(questions).T, SMALLEST_P, 1 - SMALLEST_P)
        return p

    def embeddings(self) -> Float32Array:
        """The models' accuracies on the clusters (M, K), as the paper has them."""
        return self.rates_

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """Count the new model's outcomes by cluster, which is all that the paper's new models need."""
        added = copy.copy(self)
        mean = shrunken_mean(self.means_, correct, attempts)
        assigned = self._assigned(questions)  # (Q, K)
        right = correct.astype(np.float32) @ assigned + PRIOR_ATTEMPTS * mean
        rates = right / (attempts.astype(np.float32) @ assigned + PRIOR_ATTEMPTS)
        added.means_ = np.append(self.means_, np.float32(mean))
        added.rates_ = np.concatenate([self.rates_, rates[None].astype(np.float32)])
        return added

    def save(self, folder: Path) -> None:
        """The map, the rates and the means."""
        write_fitted(self, folder, self.arrays())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        return saved.method.filled(saved.arrays)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned."""
        return {name: getattr(self, f"{name}_") for name in LEARNED}

    def filled(self, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """With what :meth:`arrays` gave."""
        for name in LEARNED:
            setattr(self, f"{name}_", arrays[name])
        return self

    def _assigned(self, questions: Questions) -> Float32Array:
        given = torch.tensor(self.weight_), torch.tensor(self.offset_)
        vectors = torch.tensor(questions.embeddings)
        assigned: Float32Array = _assign(given, vectors, learned=self.assignment == "learned").numpy()
        return assigned


@dataclass(frozen=True, eq=False)
class _Problem:
    """What to learn from and choose on, and whether the map is learned."""

    data: QuestionMajor
    held_out: QuestionMajor | None
    means: torch.Tensor  #: (M,)
    learned: bool

    def solve(self, count: int, seed: int) -> Map:
        """The map to ``count`` clusters, whose largest value is the nearest centre; trained if so asked."""
        centres = _centres(self.data.vectors, count, seed)  # (K, D)
        given = 2 * centres.T, -(centres**2).sum(1)
        return self._trained(given, seed) if self.learned else given

    def rates(self, given: Map) -> torch.Tensor:
        """Accuracies (M, K) on the clusters, drawn to the models' means."""
        assigned = _assign(given, self.data.vectors, learned=self.learned)  # (Q, K)
        right = self.data.correct.float().T @ assigned + PRIOR_ATTEMPTS * self.means[:, None]
        return right / (self.data.attempts.float().T @ assigned + PRIOR_ATTEMPTS)

    def loss(self, given: Map, rates: torch.Tensor) -> float:
        """The log-loss on the validation part; without one, 0 is as good as anything."""
        if self.held_out is None:
            return 0.0
        vectors, correct, attempts = self.held_out.whole()
        return float(_log_loss(_assign(given, vectors, learned=self.learned), rates, correct, attempts))

    def _trained(self, given: Map, seed: int) -> Map:
        weight, offset = ((SHARPNESS * part).contiguous().requires_grad_() for part in given)
        device = weight.device
        optimizer = torch.optim.Adam([weight, offset], lr=LEARNING_RATE, fused=device.type in ("cpu", "cuda"))
        generator = torch.Generator().manual_seed(seed)
        stopping = EarlyStopping([weight, offset], PATIENCE)
        for _ in range(BLIND_EPOCHS if self.held_out is None else EPOCHS):
            with torch.no_grad():
                rates = self.rates((weight, offset))
                if self.held_out is not None and stopping.finished(self.loss((weight, offset), rates)):
                    break
            for rows in self.data.shuffled(batch_size(len(self.data)), generator):
                vectors, correct, attempts = self.data.batch(rows)
                assigned = _assign((weight, offset), vectors, learned=True)
                step(optimizer, _log_loss(assigned, rates, correct, attempts))
        stopping.restore()
        return weight.detach(), offset.detach()


def _possible(counts: Sequence[int], questions: int) -> list[int]:
    """Those that leave a cluster something to count, else the first; of fewer questions than clusters each is one."""
    large = [count for count in counts if count * FEWEST_QUESTIONS <= questions] or counts[:1]
    return [min(count, questions) for count in large]


def _shortened(matrix: CorrectnessMatrix, length: float, device: torch.device) -> QuestionMajor:
    data = QuestionMajor.from_matrix(matrix, device)
    return replace(data, vectors=data.vectors / length)


def _centres(vectors: torch.Tensor, count: int, seed: int) -> torch.Tensor:
    """The centres (K, D) that k-means finds for vectors (Q, D)."""
    from sklearn.cluster import KMeans  # heavy: only where something is fitted
    from sklearn.exceptions import ConvergenceWarning

    given = vectors.cpu().numpy()
    if len(given) > SAMPLE:
        given = given[np.random.default_rng(seed).choice(len(given), SAMPLE, replace=False)]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # fewer different questions than clusters: no harm
        # begun at random questions: k-means++ takes eight times as long as all the sweeps
        found = KMeans(count, init="random", random_state=seed, n_init=1, max_iter=SWEEPS).fit(given)
    return torch.tensor(found.cluster_centers_.astype(np.float32), device=vectors.device)


def _assign(given: Map, vectors: torch.Tensor, *, learned: bool) -> torch.Tensor:
    """How far each question belongs to each cluster (Q, K); rows sum to 1."""
    weight, offset = given
    near = torch.addmm(offset, vectors, weight)
    if learned:
        return torch.softmax(near, dim=1)
    return torch.nn.functional.one_hot(near.argmax(1), len(offset)).float()


def _log_loss(
    assigned: torch.Tensor, rates: torch.Tensor, correct: torch.Tensor, attempts: torch.Tensor
) -> torch.Tensor:
    p = (assigned @ rates.T).clamp(SMALLEST_P, 1 - SMALLEST_P)  # (Q, M)
    return -(correct * p.log() + (attempts - correct) * (1 - p).log()).sum() / attempts.sum().clamp(min=1)
