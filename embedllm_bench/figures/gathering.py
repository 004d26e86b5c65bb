"""All that a comparison's figures need, from what was forecast and what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.cards.kinship import family_of, size_of
from embedllm_bench.figure_data import FigureData
from embedllm_bench.figures.choices import predicted, routed
from embedllm_bench.figures.curves import curves
from embedllm_bench.figures.profiles import model_counts, profiles
from embedllm_bench.figures.relations import agreement, model_map
from embedllm_bench.figures.standing_out import standing_out
from embedllm_bench.tasks.base import pool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.cards import ModelCard
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.splits import Split
    from embedllm_bench.tasks.base import Fitted


def gather(
    matrix: CorrectnessMatrix,
    fitted: Sequence[Fitted],
    benchmark_splits: Mapping[int, Mapping[str, Split]],
    competitors: Sequence[str],
    simple: Sequence[str],
    foretelling: Sequence[str],
    cards: Mapping[str, ModelCard],
) -> FigureData:
    """``fitted`` are the forecasts of all splits, and those for ``benchmark_splits`` foretell benchmarks held out.

    Of these the methods ``foretelling`` are kept. Maps are of the vectors that a method learned on the first split.
    """
    held_out = {split.hash for by in benchmark_splits.values() for split in by.values()}
    asked = [fit for fit in fitted if fit.split.hash not in held_out]
    runs = pool(asked)
    calibration, roc = curves(matrix, runs, [*competitors, *simple])
    first: dict[str, Fitted] = {}
    for fit in [*asked, *fitted]:
        first.setdefault(fit.method, fit)
    maps = [
        model_map(name, vectors)
        for name, fit in first.items()
        if (vectors := fit.forecast.embeddings) is not None
    ]
    return FigureData(
        benchmarks=matrix.questions.benchmark_codes[0],
        calibration=calibration,
        roc=roc,
        routed=routed(matrix, runs, competitors),
        predicted=predicted(
            matrix,
            [fit for fit in fitted if fit.split.hash in held_out and fit.method in foretelling],
            benchmark_splits,
        ),
        models=model_counts(
            matrix,
            [family_of(name, cards) for name in matrix.models],
            [size_of(name, cards) for name in matrix.models],
        ),
        maps=tuple(one for one in maps if one is not None),
        agreement=agreement(matrix),
        profiles=profiles(matrix),
        questions=standing_out(matrix),
        question_count=len(matrix.questions),
    )
