"""A kernel machine for all models at once: scores of questions, forecast from how alike questions are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch

from embedllm_bench.methods.kernels.components import Components
from embedllm_bench.methods.kernels.ridge import Ridge, Spectrum
from embedllm_bench.methods.kernels.views import VIEWS, Scales, Viewed, likeness, look
from embedllm_bench.methods.progress import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions

#: Weights of the views (vectors, features, words) that are tried; the first is kept where nothing tells.
MIXTURES = (
    (0.4, 0.4, 0.2), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.5, 0.5, 0.0), (0.25, 0.5, 0.25), (0.2, 0.7, 0.1),
    (0.6, 0.3, 0.1), (0.1, 0.6, 0.3), (0.5, 0.2, 0.3), (0.8, 0.1, 0.1),
)  # fmt: skip
TRIAL_LANDMARKS, TRIAL_ROWS = 500, 2000  #: with which mixtures are tried
ROWS = 512  #: questions at a time
REFILLS = 1  #: repetitions in which forecasts help to fill what was not asked


@dataclass(frozen=True, eq=False)
class KernelMachine:
    """scores(q) = kernel(q, landmarks) @ coefficients; the kernel is a mixture of likenesses.

    What a view is worth, and each component's penalty, are chosen by what training questions are forecast by the
    others.
    """

    scales: Scales
    mixture: Float32Array  #: (3,)
    landmarks: Viewed
    ridge: Ridge

    @classmethod
    def fit(cls, matrix: CorrectnessMatrix, landmarks: int, seed: int) -> tuple[Self, Components, Viewed]:
        """The machine, the components whose scores it forecasts, and the training questions as it sees them."""
        viewed, scales = look(matrix.questions, seed)
        components = Components.of(matrix)
        order = np.random.default_rng([seed, 2]).permutation(len(viewed))
        mixture = _mixture(viewed, scales, components, order)
        chosen = viewed.take(np.sort(order[:landmarks]))
        spectrum = spectrum_of(viewed, chosen, scales, mixture)
        ridge = spectrum.solve(components.scores)
        if not (matrix.attempts > 0).all():
            for _ in range(REFILLS):
                around = replace(components, scores=ridge.left_out)
                components = Components.of(matrix, around)
                ridge = spectrum.solve(components.scores)
        return cls(scales, mixture, chosen, ridge), components, viewed

    def scores(self, questions: Questions) -> FloatArray:
        """Forecasts of the components' scores (Q, C)."""
        return self.compare(Viewed.of(questions, self.scales))[0]

    def compare(self, viewed: Viewed) -> tuple[FloatArray, FloatArray]:
        """The same for questions that have been looked at, and how alike the nearest landmark is to each (Q,)."""
        scores = np.zeros((len(viewed), self.ridge.coefficients.shape[1]))
        nearest = np.zeros(len(viewed))
        for start in range(0, len(viewed), ROWS):
            rows = np.arange(start, min(start + ROWS, len(viewed)))
            alike = kernel_of(viewed.take(rows), self.landmarks, self.scales, self.mixture)
            scores[rows], nearest[rows] = self.ridge.forecast(alike), alike.max(1).values.numpy()
        return scores, nearest

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For a folder."""
        return {
            **self.landmarks.arrays("landmarks"),
            "mean": self.scales.mean, "deviation": self.scales.deviation, "rarity": self.scales.rarity,
            "widths": self.scales.widths, "mixture": self.mixture, **self.ridge.arrays("ridge"),
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """What :meth:`arrays` gave."""
        scales = Scales(*(arrays[name] for name in ("mean", "deviation", "rarity", "widths")))
        ridge = Ridge.from_arrays(arrays, "ridge")
        return cls(scales, arrays["mixture"], Viewed.from_arrays(arrays, "landmarks"), ridge)


def kernel_of(
    these: Viewed, those: Viewed, scales: Scales, mixture: Sequence[float] | Float32Array
) -> torch.Tensor:
    """Likeness (n, m) of questions in all views that have a weight."""
    total = torch.zeros(len(these), len(those))
    for view, weight in enumerate(mixture):
        if weight:
            total += float(weight) * likeness(view, these, those, scales)
    return total


def spectrum_of(viewed: Viewed, chosen: Viewed, scales: Scales, mixture: Float32Array) -> Spectrum:
    """Of the kernel of the training rows with those chosen among them."""
    if len(viewed) == len(chosen):
        return Spectrum.exact(kernel_of(viewed, viewed, scales, mixture))

    def rows() -> Iterator[torch.Tensor]:
        starts = range(0, len(viewed), ROWS)
        for start in steps(starts, "kernel rows"):
            part = viewed.take(np.arange(start, min(start + ROWS, len(viewed))))
            yield kernel_of(part, chosen, scales, mixture)

    return Spectrum.of(kernel_of(chosen, chosen, scales, mixture), rows())


def _mixture(viewed: Viewed, scales: Scales, components: Components, order: IndexArray) -> Float32Array:
    """The mixture by which few landmarks forecast some training questions best."""
    some, few = viewed.take(order[:TRIAL_ROWS]), viewed.take(order[:TRIAL_LANDMARKS])
    targets = components.scores[order[:TRIAL_ROWS]]
    wide, square = (
        [likeness(view, these, few, scales) for view in range(len(VIEWS))] for these in (some, few)
    )
    errors = []
    for mixture in MIXTURES:
        rows = sum(weight * part for weight, part in zip(mixture, wide, strict=True))
        corner = sum(weight * part for weight, part in zip(mixture, square, strict=True))
        ridge = Spectrum.of(torch.as_tensor(corner), [torch.as_tensor(rows)]).solve(targets)
        errors.append(float(((ridge.left_out - targets) ** 2).sum()))
    return np.array(MIXTURES[int(np.argmin(errors))], dtype=np.float32)
