"""EmbedLLM (arXiv 2410.02223): a learned vector per model times a projected question vector, decoded to P(correct)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import torch

from embedllm_bench.cards.traits import Traits, all_traits
from embedllm_bench.devices import choose_device
from embedllm_bench.methods.adding import Prior
from embedllm_bench.methods.base import LinearScores, Method
from embedllm_bench.methods.card_map import CardMap
from embedllm_bench.methods.geometry import score_geometry
from embedllm_bench.methods.saving import read_fitted, write_fitted
from embedllm_bench.methods.training import AttemptList, QuestionMajor, masked_log_loss, step, train_epochs
from embedllm_bench.methods.validation import usable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from embedllm_bench.arrays import CountArray, Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions

PREDICTION_ROWS = 8192
LEARNED = ("models", "weight", "offset", "decoder", "bias")  #: the parameters, in their order


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train; ``batch`` counts cells under the paper's protocol, else questions."""

    learning_rate: float
    weight_decay: float
    batch: int
    epochs: int


SCHEDULES = {
    "paper": Schedule(learning_rate=1e-4, weight_decay=1e-5, batch=2048, epochs=50),
    "default": Schedule(learning_rate=1e-3, weight_decay=1e-5, batch=128, epochs=60),
}


@dataclass
class EmbedLLM(Method):
    """P(correct) = sigmoid((p_m * w) . q + b) with q = W x + c, the binary form of the paper's decoder.

    ``x`` is the question's frozen sentence vector, with Gaussian noise of standard deviation ``noise``
    while training. Protocol ``paper`` trains on shuffled single cells with the released settings and
    keeps the last epoch; ``default`` trains the same model on whole questions, all models in one
    product, and stops early on validation log-loss. Settings left at None are the protocol's.

    ``vectors`` says where a new model's vector comes from: its ``outcomes``, with the known vectors as the prior; its
    ``card`` alone; or ``hybrid``, its outcomes with what its card tells as the prior.
    """

    name: ClassVar[str] = "embedllm"
    summary: ClassVar[str] = "one learned vector per model (EmbedLLM, arXiv 2410.02223)"

    protocol: Literal["default", "paper"] = "default"
    dimension: int = 232
    noise: float = 0.05
    learning_rate: float | None = None
    weight_decay: float | None = None
    batch: int | None = None
    epochs: int | None = None
    patience: int = 5
    vectors: Literal["outcomes", "card", "hybrid"] = "outcomes"
    device: str = "auto"

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Train by Adam on the log-loss of observed attempts."""
        schedule = self._schedule()
        device = choose_device(self.device)
        generator = torch.Generator().manual_seed(self.seed)
        self.parameters_ = _initial(len(train.models), train.questions, self.dimension, generator, device)
        optimizer = torch.optim.Adam(
            self.parameters_,
            lr=schedule.learning_rate,
            weight_decay=schedule.weight_decay,
            # one pass over the parameters instead of one for each operation
            fused=device.type in ("cpu", "cuda"),
        )
        if self.protocol == "paper":
            self._fit_attempts(train, schedule, optimizer, generator)
        else:
            self._fit_questions(train, validation, schedule, optimizer, generator)
        self._place_models(train.questions)
        reads = self.vectors != "outcomes"
        traits = all_traits(train.models, train.cards)
        self.cards_: CardMap | None = _card_map(self.vectors_, traits) if reads else None
        return self

    def predict_proba(self, questions: Questions) -> Float32Array:
        """Forecast without noise, every model in one product."""
        device = self.parameters_[0].device
        vectors = torch.tensor(questions.embeddings, device=device)
        with torch.no_grad():
            parts = [
                torch.sigmoid(self._logits(rows)) for rows in torch.split(vectors, PREDICTION_ROWS)
            ]  # (rows, M)
        return np.ascontiguousarray(torch.cat(parts).T.cpu().numpy())

    def embeddings(self) -> Float32Array:
        """The models' vectors (M, dimension), p_m * w scaled so that distance is a difference of logits.

        See :mod:`embedllm_bench.methods.geometry`.
        """
        return self.vectors_

    def linear_scores(self) -> LinearScores:
        """The logits: the projection and the models' vectors multiplied out."""
        models, weight, offset, decoder, bias = (tensor.detach() for tensor in self.parameters_)
        decoded = models * decoder  # (M, K)
        return LinearScores((decoded @ weight.T).cpu().numpy(), (decoded @ offset + bias).cpu().numpy())

    def add_model(self, questions: Questions, correct: CountArray, attempts: CountArray) -> Self:
        """A vector by regularised logistic regression, all else as it was."""
        return self.add_described_model(Traits(), questions, correct, attempts)

    def add_described_model(
        self, traits: Traits, questions: Questions, correct: CountArray, attempts: CountArray
    ) -> Self:
        """As ``vectors`` says; nothing known of the model is the same as no card."""
        belief = None if self.cards_ is None else self.cards_.read(traits)
        prior = Prior.of(self.vectors_ if self.cards_ is None else self.vectors_[: len(self.cards_.traits)])
        if self.vectors == "card" and belief is not None:
            return self._with(prior.mixture(belief.mean))
        known, weight, offset, decoder, bias = (tensor.detach() for tensor in self.parameters_)
        asked = slice(None) if attempts.all() else attempts > 0  # no copy where all were asked
        decoded = (known[: prior.mixtures.shape[1]] * decoder).cpu().numpy()  # (M, K)
        # every place is a mixture of the known models; folded so that q of dimension K is never computed
        reading = np.concatenate([prior.mixtures @ decoded, decoded.mean(0)[None]]).astype(
            np.float32
        )  # (R + 1, K)
        mapping, constant = (tensor.cpu().numpy() @ reading.T for tensor in (weight, offset))
        columns = (questions.embeddings[asked] @ mapping + constant).astype(np.float64)  # (Q, R + 1)
        factors, center = columns[:, :-1], columns[:, -1] + bias.item()
        return self._with(
            prior.mixture(prior.by_logistic(factors, center, correct[asked], attempts[asked], belief))
        )

    def _with(self, mixture: Float32Array) -> Self:
        """One more model: a mixture of the first ones."""
        models, *others = (tensor.detach() for tensor in self.parameters_)
        place = torch.tensor(mixture, device=models.device) @ models[: len(mixture)]
        added = copy.copy(self)
        added.parameters_ = [torch.cat([models, place[None]]), *others]
        added.vectors_ = np.concatenate([self.vectors_, (mixture @ self.vectors_[: len(mixture)])[None]])
        return added

    def save(self, folder: Path) -> None:
        """The five parameters, the vectors, and what cards told of the models."""
        arrays = [tensor.detach().cpu().numpy() for tensor in self.parameters_]
        traits = () if self.cards_ is None else self.cards_.traits
        write_fitted(
            self,
            folder,
            {**dict(zip(LEARNED, arrays, strict=True)), "vectors": self.vectors_},
            {"traits": [one.content() for one in traits]},
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What :meth:`save` wrote."""
        saved = read_fitted(cls, folder)
        device = choose_device(saved.method.device)
        saved.method.parameters_ = [torch.tensor(saved.arrays[name], device=device) for name in LEARNED]
        saved.method.vectors_ = saved.arrays["vectors"]
        told = tuple(map(Traits.of_content, saved.facts.get("traits", ())))
        saved.method.cards_ = _card_map(saved.method.vectors_, told) if told else None
        return saved.method

    def _place_models(self, questions: Questions) -> None:
        models, weight, offset, decoder, _ = (tensor.detach().cpu().numpy() for tensor in self.parameters_)
        root = score_geometry(questions.embeddings @ weight + offset)
        self.vectors_: Float32Array = (models * decoder) @ root  # (M, K)

    def _schedule(self) -> Schedule:
        base = SCHEDULES[self.protocol]
        return Schedule(
            learning_rate=base.learning_rate if self.learning_rate is None else self.learning_rate,
            weight_decay=base.weight_decay if self.weight_decay is None else self.weight_decay,
            batch=base.batch if self.batch is None else self.batch,
            epochs=base.epochs if self.epochs is None else self.epochs,
        )

    def _logits(self, vectors: torch.Tensor) -> torch.Tensor:
        """(B, D) -> (B, M)."""
        models, weight, offset, decoder, bias = self.parameters_
        return (vectors @ weight + offset) @ (models * decoder).T + bias

    def _fit_questions(
        self,
        matrix: CorrectnessMatrix,
        validation: CorrectnessMatrix | None,
        schedule: Schedule,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
    ) -> None:
        device = self.parameters_[0].device
        data = QuestionMajor.from_matrix(matrix, device)
        chooser = usable(validation)
        held_out = None if chooser is None else QuestionMajor.from_matrix(chooser, device).whole()

        def epoch() -> None:
            for rows in data.shuffled(schedule.batch, generator):
                vectors, correct, attempts = data.batch(rows)
                noise = torch.randn(vectors.shape, generator=generator).to(device)
                logits = self._logits(vectors + self.noise * noise)
                step(optimizer, masked_log_loss(logits, correct, attempts))

        def validation_loss() -> torch.Tensor:
            assert held_out is not None  # noqa: S101 - asked only where there is one
            vectors, correct, attempts = held_out
            return masked_log_loss(self._logits(vectors), correct, attempts)

        train_epochs(
            self.parameters_,
            epoch,
            epochs=schedule.epochs,
            validation_loss=None if held_out is None else validation_loss,
            patience=self.patience,
            what="embedllm epoch",
        )

    def _fit_attempts(
        self,
        matrix: CorrectnessMatrix,
        schedule: Schedule,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
    ) -> None:
        models, weight, offset, decoder, bias = self.parameters_
        data = AttemptList.from_matrix(matrix, models.device)

        def epoch() -> None:
            for rows in data.shuffled(schedule.batch, generator):
                model, x, label = data.batch(rows)
                x = x + self.noise * torch.randn(x.shape, generator=generator).to(x.device)
                logits = ((models[model] * (x @ weight + offset)) @ decoder) + bias  # (B,)
                step(optimizer, torch.nn.functional.binary_cross_entropy_with_logits(logits, label))

        train_epochs(self.parameters_, epoch, epochs=schedule.epochs, what="embedllm epoch")


def _card_map(vectors: Float32Array, traits: Sequence[Traits]) -> CardMap:
    """What cards tell of where the first models are."""
    return CardMap.fit(traits, Prior.of(vectors[: len(traits)]).coordinates)


def _initial(
    models: int, questions: Questions, dimension: int, generator: torch.Generator, device: torch.device
) -> list[torch.Tensor]:
    """Model vectors (M, K), projection (D, K) and its offset (K,), decoder (K,) and its bias ().

    Drawn as torch draws the layers of the released code: an embedding is standard normal, a linear
    layer uniform within one over the root of its inputs.
    """
    inputs = questions.embeddings.shape[1]

    def uniform(*shape: int, fan_in: int) -> torch.Tensor:
        return (2 * torch.rand(shape, generator=generator) - 1).div(fan_in**0.5)

    tensors = [
        torch.randn(models, dimension, generator=generator),
        uniform(inputs, dimension, fan_in=inputs),
        uniform(dimension, fan_in=inputs),
        # The two-class decoder enters the loss through the difference of its rows only.
        uniform(dimension, fan_in=dimension) - uniform(dimension, fan_in=dimension),
        uniform(1, fan_in=dimension)[0] - uniform(1, fan_in=dimension)[0],
    ]
    return [tensor.to(device).requires_grad_() for tensor in tensors]
