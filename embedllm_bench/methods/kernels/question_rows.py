"""A question as numbers for trees: its form, directions of its vector and words, and what kernels forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedllm_bench.methods.kernels.machine import ROWS, KernelMachine, kernel_of, spectrum_of
from embedllm_bench.methods.kernels.ridge import Ridge
from embedllm_bench.methods.kernels.views import VIEWS, Viewed

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy import sparse

    from embedllm_bench.arrays import Float32Array, FloatArray
    from embedllm_bench.matrix import Questions

DIRECTIONS = 32  #: of vectors, and of words
DIRECTED = ("center", "vectors", "words")
VIEW_LANDMARKS, VIEW_SCORES = 1000, 8  #: of the kernel that sees one view only


@dataclass(frozen=True, eq=False)
class Seen:
    """n questions as rows, and the forecasts of their scores that are part of these."""

    rows: Float32Array  #: (n, F)
    forecasts: tuple[FloatArray, ...]  #: of all views together (n, C), and of each the first few
    nearest: (
        FloatArray  #: (n,) how alike the nearest landmark is; 1 of training questions, which may be landmarks
    )


@dataclass(frozen=True, eq=False)
class QuestionRows:
    """What turns questions into rows; a training question's own outcomes are left out of its row."""

    machine: KernelMachine
    landmarks: Viewed
    views: tuple[Ridge, ...]  #: one a view
    center: Float32Array  #: (D,)
    vectors: Float32Array  #: (D, K)
    words: Float32Array  #: (WORDS, K)

    @classmethod
    def learn(
        cls, viewed: Viewed, machine: KernelMachine, scores: FloatArray, seed: int
    ) -> tuple[Self, Seen]:
        """From the training questions and their components' scores (T, C); also what is seen of these questions."""
        order = np.random.default_rng([seed, 3]).permutation(len(viewed))
        landmarks = viewed.take(np.sort(order[:VIEW_LANDMARKS]))
        views = [
            spectrum_of(viewed, landmarks, machine.scales, alone).solve(scores[:, :VIEW_SCORES])
            for alone in np.eye(len(VIEWS), dtype=np.float32)
        ]
        center = viewed.vectors.mean(0)
        made = cls(
            machine, landmarks, tuple(views), center,
            _directions(viewed.vectors - center, seed), _directions(viewed.words, seed),
        )  # fmt: skip
        left_out = (machine.ridge.left_out, *(ridge.left_out for ridge in views))
        return made, made._seen(viewed, left_out, np.ones(len(viewed)))

    def see(self, questions: Questions) -> Seen:
        """New questions (Q,)."""
        viewed = Viewed.of(questions, self.machine.scales)
        scores, nearest = self.machine.compare(viewed)
        alone: list[FloatArray] = []
        for view, ridge in enumerate(self.views):
            weights = np.eye(len(VIEWS), dtype=np.float32)[view]
            made = [np.zeros((0, ridge.coefficients.shape[1]))]
            made += [
                ridge.forecast(kernel_of(viewed.take(rows), self.landmarks, self.machine.scales, weights))
                for rows in _parts(len(viewed))
            ]
            alone.append(np.concatenate(made))
        return self._seen(viewed, (scores, *alone), nearest)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For a folder."""
        arrays = {f"rows.{name}": getattr(self, name) for name in DIRECTED}
        for view, ridge in enumerate(self.views):
            arrays |= ridge.arrays(f"view{view}")
        return arrays | self.landmarks.arrays("few") | self.machine.arrays()

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """What :meth:`arrays` gave."""
        views = tuple(Ridge.from_arrays(arrays, f"view{view}") for view in range(len(VIEWS)))
        return cls(
            KernelMachine.from_arrays(arrays), Viewed.from_arrays(arrays, "few"), views,
            *(arrays[f"rows.{name}"] for name in DIRECTED),
        )  # fmt: skip

    def _seen(self, viewed: Viewed, forecasts: tuple[FloatArray, ...], nearest: FloatArray) -> Seen:
        directions = [(viewed.vectors - self.center) @ self.vectors, viewed.words @ self.words]
        rows = np.concatenate([viewed.features, *directions, *forecasts], axis=1)
        return Seen(rows.astype(np.float32), forecasts, nearest)


def _parts(count: int) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    return [np.arange(start, min(start + ROWS, count)) for start in range(0, count, ROWS)]


def _directions(rows: Float32Array | sparse.csr_array, seed: int) -> Float32Array:
    """The directions (D, K) in which rows (n, D) are longest."""
    from sklearn.utils.extmath import randomized_svd  # heavy: only where it is used

    count = min(DIRECTIONS, *rows.shape)
    made: Float32Array = randomized_svd(rows, count, random_state=seed)[2].T.astype(np.float32)
    return made
