"""What users of the released code run today: its three loops, written anew from their description.

The code of arXiv 2410.02223 trains on a list of single cells through a DataLoader, fits a classifier per model for
KNN, and routes question by question. These loops do the same work in the same shape; nothing of it is copied.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

VECTOR, NOISE, RATE, DECAY, CELLS = 232, 0.05, 1e-4, 1e-5, 2048  # arXiv 2410.02223, released settings
NEIGHBOURS = 131


class Cells(torch.utils.data.Dataset[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]):
    """One cell at a time: model, question, label."""

    def __init__(self, matrix: CorrectnessMatrix) -> None:
        question, model = np.nonzero(matrix.attempts.T)  # question by question, as the released files are
        self.model, self.question = torch.tensor(model), torch.tensor(question)
        self.label = torch.tensor(matrix.correct.T[question, model].astype(np.int64))

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.model[index], self.question[index], self.label[index]


class Network(nn.Module):
    """A vector per model times the projected, noisy question vector, decoded to two classes."""

    def __init__(self, models: int, vectors: Float32Array) -> None:
        super().__init__()
        self.models = nn.Embedding(models, VECTOR)
        self.questions = nn.Embedding(vectors.shape[0], vectors.shape[1])
        self.questions.weight = nn.Parameter(torch.tensor(vectors), requires_grad=False)
        self.project = nn.Linear(vectors.shape[1], VECTOR)
        self.decode = nn.Linear(VECTOR, 2)

    def forward(self, model: torch.Tensor, question: torch.Tensor) -> torch.Tensor:
        vector = self.questions(question)
        if self.training:
            vector = vector + NOISE * torch.randn_like(vector)
        logits: torch.Tensor = self.decode(self.models(model) * self.project(vector))
        return logits


def seconds_per_epoch(train: CorrectnessMatrix, steps: int) -> float:
    """An epoch's time, from so many of its steps."""
    torch.manual_seed(0)
    network = Network(len(train.models), train.questions.embeddings)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=DECAY)
    loss_of = nn.CrossEntropyLoss()
    loader = torch.utils.data.DataLoader(Cells(train), batch_size=CELLS)
    start = time.perf_counter()
    for step, (model, question, label) in enumerate(loader):
        if step == steps:
            break
        optimizer.zero_grad()
        loss_of(network(model, question), label).backward()
        optimizer.step()
    return (time.perf_counter() - start) / steps * len(loader)


def neighbours_of_a_model(train: CorrectnessMatrix, test: CorrectnessMatrix, model: int) -> Float32Array:
    """P(correct) (Q,) of one model by scikit-learn's classifier, given lists."""
    from sklearn.neighbors import KNeighborsClassifier

    asked = train.attempts[model] > 0
    known, labels = train.questions.embeddings[asked].tolist(), train.correct[model][asked].tolist()
    classifier = KNeighborsClassifier(n_neighbors=NEIGHBOURS).fit(known, labels)
    p = classifier.predict_proba(test.questions.embeddings.tolist())
    return np.asarray(p[:, list(classifier.classes_).index(1)], dtype=np.float32)


def seconds_of_classifiers(train: CorrectnessMatrix, test: CorrectnessMatrix, sampled: int) -> float:
    """The time of fits and forecasts of all models, from so many of them."""
    start = time.perf_counter()
    for model in range(sampled):
        neighbours_of_a_model(train, test, model)
    return (time.perf_counter() - start) / sampled * len(train.models)


def route_one_by_one(network: Network, questions: int) -> tuple[IndexArray, list[float]]:
    """For each question all models at once through the network: the choices, and the seconds of each."""
    network.eval()
    everybody = torch.arange(network.models.num_embeddings)
    choices, seconds = [], []
    with torch.no_grad():
        for question in range(questions):
            start = time.perf_counter()
            asked = torch.full_like(everybody, question)
            right = torch.softmax(network(everybody, asked), dim=1)[:, 1]
            choices.append(int(right.argmax().item()))
            seconds.append(time.perf_counter() - start)
    return np.array(choices), seconds
