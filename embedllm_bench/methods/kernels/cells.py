"""A model at a question as a row of numbers: what is known of either, and what was forecast of the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.methods.kernels.boosted import Answers, Boosted

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix

MOST_CELLS, VALIDATION_CELLS = 200_000, 20_000  #: that trees are grown on, and that tell when to stop
MODEL_LOADINGS = 8  #: of a model in a row
AT_ONCE = 1 << 16  #: cells


@dataclass(frozen=True, eq=False)
class Cells:
    """M models at n questions."""

    questions: Float32Array  #: (n, F)
    scores: tuple[FloatArray, ...]  #: forecasts of the questions' scores, each (n, C) or of the first few
    means: FloatArray  #: (M,)
    loadings: FloatArray  #: (M, C)

    def rows(self, model: IndexArray, question: IndexArray) -> Float32Array:
        """Rows (cells, F + forecasts + 1 + MODEL_LOADINGS) of these models at these questions (cells,)."""
        forecasts = [
            self.means[model] + np.einsum("nc,nc->n", self.loadings[model, : made.shape[1]], made[question])
            for made in self.scores
        ]
        parts = [
            self.questions[question], np.stack(forecasts, axis=1), self.means[model, None],
            self.loadings[model, :MODEL_LOADINGS],
        ]  # fmt: skip
        return np.concatenate(parts, axis=1).astype(np.float32)

    def answers(self, matrix: CorrectnessMatrix, most: int, seed: int) -> Answers:
        """What the matrix of these models and questions holds; of many attempts, ``most`` drawn at random."""
        ends = np.cumsum(np.concatenate([matrix.correct.ravel(), matrix.wrong.ravel()]), dtype=np.int64)
        drawn = np.arange(ends[-1])
        if len(drawn) > most:
            drawn = np.sort(np.random.default_rng([seed, 4]).choice(ends[-1], most, replace=False))
        cell = np.searchsorted(ends, drawn, side="right")
        right = cell < matrix.correct.size
        model, question = np.divmod(cell % matrix.correct.size, len(matrix.questions))
        return Answers(self.rows(model, question), right)

    def boosted(
        self,
        train: CorrectnessMatrix,
        chooser: tuple[Cells, CorrectnessMatrix] | None,
        rounds: int,
        seed: int,
    ) -> Boosted:
        """Trees grown on the answers of ``train``, stopped by those of the validation part, if there is any."""
        held_out = None
        if chooser is not None:
            cells, matrix = chooser
            held_out = cells.answers(matrix, VALIDATION_CELLS, seed)
        return Boosted.grow(self.answers(train, MOST_CELLS, seed), held_out, rounds, seed)

    def logits(self, boosted: Boosted) -> FloatArray:
        """What the trees say of every cell (M, n)."""
        models, count = len(self.means), len(self.questions)
        made: list[FloatArray] = [np.zeros(0)]
        for start in range(0, models * count, AT_ONCE):
            cell = np.arange(start, min(start + AT_ONCE, models * count))
            made.append(boosted.logits(self.rows(cell // count, cell % count)))
        return np.concatenate(made).reshape(models, count)
