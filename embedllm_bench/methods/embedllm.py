"""EmbedLLM (arXiv 2410.02223): a learned vector per model times a projected question vector, decoded to P(correct)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import torch

from embedllm_bench.devices import choose_device
from embedllm_bench.methods.base import Method
from embedllm_bench.methods.training import EarlyStopping, QuestionMajor, masked_log_loss

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix, Questions

PREDICTION_ROWS = 8192


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
    device: str = "auto"

    def fit(self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None) -> Self:
        """Train by Adam on the log-loss of observed attempts."""
        schedule = self._schedule()
        device = choose_device(self.device)
        generator = torch.Generator().manual_seed(self.seed)
        self.parameters_ = _initial(len(train.models), train.questions, self.dimension, generator, device)
        optimizer = torch.optim.Adam(
            self.parameters_, lr=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        if self.protocol == "paper":
            self._fit_cells(train, schedule, optimizer, generator, device)
        else:
            self._fit_questions(train, validation, schedule, optimizer, generator, device)
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
        """The vectors as the decoder reads them, p_m * w (M, dimension)."""
        models, _, _, decoder, _ = self.parameters_
        vectors: Float32Array = (models * decoder).detach().cpu().numpy()
        return vectors

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
        train: CorrectnessMatrix,
        validation: CorrectnessMatrix | None,
        schedule: Schedule,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        data = QuestionMajor.from_matrix(train, device)
        held_out = None if validation is None else QuestionMajor.from_matrix(validation, device)
        stopping = EarlyStopping(self.parameters_, self.patience)
        for _ in range(schedule.epochs):
            for rows in data.shuffled(schedule.batch, generator):
                vectors, correct, attempts = data.batch(rows)
                noise = torch.randn(vectors.shape, generator=generator).to(device)
                loss = masked_log_loss(self._logits(vectors + self.noise * noise), correct, attempts)
                _step(optimizer, loss)
            if held_out is not None:
                with torch.no_grad():
                    loss = masked_log_loss(
                        self._logits(held_out.vectors), held_out.correct.float(), held_out.attempts.float()
                    )
                if stopping.finished(loss.item()):
                    break
        stopping.restore()

    def _fit_cells(
        self,
        train: CorrectnessMatrix,
        schedule: Schedule,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        models, weight, offset, decoder, bias = self.parameters_
        model, question, label = (torch.tensor(column, device=device) for column in _attempts(train))
        vectors = torch.tensor(train.questions.embeddings, device=device)
        for _ in range(schedule.epochs):
            for rows in torch.split(torch.randperm(len(label), generator=generator), schedule.batch):
                x = vectors[question[rows]]  # (B, D)
                x = x + self.noise * torch.randn(x.shape, generator=generator).to(device)
                logits = ((models[model[rows]] * (x @ weight + offset)) @ decoder) + bias  # (B,)
                _step(optimizer, torch.nn.functional.binary_cross_entropy_with_logits(logits, label[rows]))


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


def _attempts(matrix: CorrectnessMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every attempt as (model, question, label), three arrays (N,)."""
    model, question = np.nonzero(matrix.attempts)
    parts = []
    for counts, label in ((matrix.correct, 1.0), (matrix.wrong, 0.0)):
        times = counts[model, question]
        repeated = np.repeat(model, times), np.repeat(question, times)
        parts.append((*repeated, np.full(len(repeated[0]), label, dtype=np.float32)))
    models, questions, labels = (np.concatenate(column) for column in zip(*parts, strict=True))
    return models, questions, labels


def _step(optimizer: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
    optimizer.step()
