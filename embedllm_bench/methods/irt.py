"""Item response theory: abilities of models, and items whose parameters are forecast from the question's vector."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import torch
from torch.nn.functional import softplus

from embedllm_bench.devices import choose_device
from embedllm_bench.errors import UsageError
from embedllm_bench.methods.adding import Prior
from embedllm_bench.methods.base import Method
from embedllm_bench.methods.geometry import score_geometry
from embedllm_bench.methods.networks import (
    Layers,
    Schedule,
    array_of,
    drawn,
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

LEARNED = ("map", "constant", "abilities")
SMALL = 0.1  #: of abilities at the start, beside the one that every question needs


@dataclass
class ItemResponse(Method):
    """logit P(correct) = theta_m - b_q (1pl), a_q (theta_m - b_q) with a_q > 0 (2pl), a_q . theta_m - b_q.

    The last, ``multidimensional``, is Reckase's compensatory model, as tinyBenchmarks uses it (arXiv 2402.14992;
    there an item's parameters are fitted to its answers). A question nobody was asked has none, so as in
    IRT-Router (arXiv 2506.01048) difficulty b_q and discrimination a_q are outputs of its vector: one hidden
    layer here, a linear map with ``hidden`` at 0. Abilities and the map are trained together, on the answers of all
    models at once; ``weight_decay`` is their Gaussian prior, ``dropout`` and early stopping do the rest.
    ``dimension`` is the number of abilities of the multidimensional model.
    """

    name: ClassVar[str] = "irt"
    summary: ClassVar[str] = (
        "item response theory, items forecast from the text (after IRT-Router, arXiv 2506.01048)"
    )

    parameters: Literal["multidimensional", "1pl", "2pl"] = "multidimensional"
    dimension: int = 32
    hidden: int = 128
    dropout: float = 0.5
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    epochs: int = 60
    patience: int = 5
    device: str = "auto"

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Train abilities and the items' map; all models start at the logit of their share correct."""
        if self.dimension < 1 or self.hidden < 0:
            raise UsageError("irt needs dimension >= 1 and hidden >= 0.")
        schedule = Schedule(self.dropout, self.learning_rate, self.weight_decay, self.epochs, self.patience)
        schedule.check(self.name)
        device = choose_device(self.device)
        generator = torch.Generator().manual_seed(self.seed)
        vectors = torch.tensor(train.questions.embeddings, device=device)
        self.layers_ = Layers.drawn(vectors, [self.hidden] if self.hidden else [], generator)
        self._begin(first_logits(train), vectors.shape[1], generator, device)
        learned = [*self.layers_.parameters, self.map_, self.constant_, self.abilities_]
        train_logits(learned, self._logits, train, validation, schedule, generator, self.name)
        discrimination = self._items(vectors)[0].expand(len(vectors), -1)  # (Q, K)
        self.vectors_: Float32Array = array_of(self.abilities_) @ score_geometry(array_of(discrimination))
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Forecast the items, then one product for all models."""
        return np.ascontiguousarray(sigmoid(self._known(questions.embeddings)).T)

    def embeddings(self) -> Float32Array:
        """The models' abilities (M, K), scaled so that distance is a difference of logits.

        See :mod:`embedllm_bench.methods.geometry`.
        """
        return self.vectors_

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """Abilities by regularised logistic regression on the questions' items, all else as it was."""
        asked = slice(None) if attempts.all() else attempts > 0  # no copy where all were asked
        known = self._known(questions.embeddings[asked])  # (Q, M)
        mixture = Prior.of(self.vectors_).mixture_by_logits(known, correct[asked], attempts[asked])
        added = copy.copy(self)
        place = torch.tensor(mixture, device=self.abilities_.device) @ self.abilities_
        added.abilities_ = torch.cat([self.abilities_, place[None]])
        added.vectors_ = np.concatenate([self.vectors_, (mixture @ self.vectors_)[None]])
        return added

    def save(self, folder: Path) -> None:
        """The layers, the items' map, the abilities and the vectors."""
        own = {name: array_of(getattr(self, f"{name}_")) for name in LEARNED}
        write_fitted(self, folder, {**self.layers_.arrays(), **own, "vectors": self.vectors_})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        device = choose_device(saved.method.device)
        saved.method.layers_ = Layers.of(saved.arrays, device)
        for name in LEARNED:
            setattr(saved.method, f"{name}_", torch.tensor(saved.arrays[name], device=device))
        saved.method.vectors_ = saved.arrays["vectors"]
        return saved.method

    def _begin(
        self, logits: torch.Tensor, inputs: int, generator: torch.Generator, device: torch.device
    ) -> None:
        """The map (H, K + 1) and its constants (K + 1,) to (a_q, b_q), and abilities (M, K), before training."""
        size = self.dimension if self.parameters == "multidimensional" else 1
        abilities = SMALL * torch.randn(len(logits), size, generator=generator)
        abilities[:, 0] = logits
        constant = torch.zeros(size + 1)
        constant[0] = 1.0 if self.parameters == "multidimensional" else float(np.log(np.e - 1))  # softplus: 1
        self.map_ = drawn(self.hidden or inputs, size + 1, generator, SMALL).to(device)
        self.constant_, self.abilities_ = constant.to(device), abilities.to(device)

    def _items(
        self, vectors: torch.Tensor, generator: torch.Generator | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Vectors (B, D) to discriminations (B, K), or (1, 1) where all are 1, and difficulties (B, 1)."""
        found = torch.addmm(self.constant_, self.layers_(vectors, self.dropout, generator), self.map_)
        discrimination, difficulty = found[:, :-1], found[:, -1:]
        if self.parameters == "1pl":
            return torch.ones(1, 1, device=found.device), difficulty
        return (softplus(discrimination) if self.parameters == "2pl" else discrimination), difficulty

    def _logits(self, vectors: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """(B, D) -> (B, M)."""
        discrimination, difficulty = self._items(vectors, generator)
        if self.parameters == "multidimensional":
            return discrimination @ self.abilities_.T - difficulty
        return discrimination * (self.abilities_.T - difficulty)

    def _known(self, vectors: Float32Array) -> Float32Array:
        """The fitted models' logits (Q, M)."""
        return in_parts(self._logits, torch.tensor(vectors, device=self.abilities_.device))
