"""Where a model stands among the others of a store: accuracies, rank range, relatives, what only it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.encoders.choosing import question_vectors
from embedllm_bench.errors import DataError
from embedllm_bench.figure_data import Profile
from embedllm_bench.figures.profiles import profiles
from embedllm_bench.splits import question_split
from embedllm_bench.statistics.bootstrap import bootstrap, interval
from embedllm_bench.statistics.functionals import SHARE, ratio
from embedllm_bench.statistics.intervals import Interval, paired_share
from embedllm_bench.statistics.units import QuestionUnits, sums_by

if TYPE_CHECKING:
    from embedllm_bench.arrays import BoolArray, FloatArray, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.store.store import Store

FEWEST_TO_LEARN = 100  #: questions a model vector is learned from
SHOWN = 5


@dataclass(frozen=True)
class Share:
    """Accuracy on a benchmark's n questions, with a 95 % interval; on all of them where the name is None."""

    benchmark: str | None
    accuracy: float
    interval: Interval
    n: int


@dataclass(frozen=True)
class Relative:
    """Another model and the cosine between the two learned vectors."""

    model: str
    cosine: float


@dataclass(frozen=True)
class Apart:
    """Its accuracy minus its peers' on the n questions of a benchmark that it and a peer were asked."""

    benchmark: str
    value: float
    interval: Interval
    n: int


@dataclass(frozen=True)
class Partner:
    """A complementary model: what share of the questions both were asked one of the two answers."""

    model: str
    together: float


@dataclass(frozen=True)
class Placement:
    """``first`` to ``last`` are the ranks that the comparisons with the other models leave open, 1 is best."""

    model: str
    shares: tuple[Share, ...]
    models: int  #: that answered some of the same questions, this one included
    first: int
    last: int
    nearest: tuple[Relative, ...]  #: none with too few questions or models to learn from
    encoder: str
    alone: tuple[str, ...]  #: texts of questions it answered and none of the others asked did
    alone_count: int
    peers: tuple[str, ...]  #: the models nearest in accuracy over all
    differences: tuple[Apart, ...]  #: from the peers, by benchmark, the best first
    partners: tuple[Partner, ...]  #: best first


def place(store: Store, model: str) -> Placement:
    """Hold a model against the others, on the questions it shares with each.

    Raises:
        DataError: the store has no graded outcome of it.
    """
    encoder, vectors = question_vectors(store, None)
    matrix = store.matrix(vectors)
    if model not in matrix.models or not matrix.attempts[matrix.models.index(model)].any():
        raise DataError(f"{store.path} holds no graded outcome of {model}; collect or import some.")
    row = matrix.models.index(model)
    first, last, compared = _rank_range(matrix, row)
    alone = _alone(matrix, row)
    profile = next(iter(profiles(matrix, [row])), Profile((), (), (), ()))
    return Placement(
        model=model,
        shares=tuple(_shares(matrix, row)),
        models=compared,
        first=first,
        last=last,
        nearest=tuple(_nearest(matrix, row)),
        encoder=encoder,
        alone=tuple(matrix.questions.texts[q] for q in alone[:SHOWN]),
        alone_count=len(alone),
        peers=tuple(matrix.models[peer] for peer in profile.peers),
        differences=_apart(matrix, profile),
        partners=tuple(
            Partner(matrix.models[other], share)
            for other, share in zip(profile.partners, profile.together, strict=True)
        ),
    )


def _apart(matrix: CorrectnessMatrix, profile: Profile) -> tuple[Apart, ...]:
    names = matrix.questions.benchmark_codes[0]
    ordered = sorted(profile.differences, key=lambda one: -one.value)
    return tuple(
        Apart(names[one.benchmark], one.value, Interval(one.low, one.high), one.n) for one in ordered
    )


def _shares(matrix: CorrectnessMatrix, row: int) -> list[Share]:
    """On every benchmark, and on all questions where there are several."""
    names, benchmark = matrix.questions.benchmark_codes
    found = []
    for code, name in enumerate(names):
        asked = np.flatnonzero((matrix.attempts[row] > 0) & (benchmark == code))
        if len(asked):
            found.append(_share(matrix, row, asked, name))
    if len(found) > 1:
        found.append(_share(matrix, row, np.flatnonzero(matrix.attempts[row] > 0), None))
    return found


def _share(matrix: CorrectnessMatrix, row: int, asked: IndexArray, name: str | None) -> Share:
    units = _units(matrix, asked)
    correct = sums_by(units.unit, matrix.correct[row, asked].astype(np.float64), len(units))
    attempts = sums_by(units.unit, matrix.attempts[row, asked].astype(np.float64), len(units))
    result = bootstrap([ratio(correct, attempts, SHARE)], units.strata)
    return Share(name, float(result.values[0]), interval(result, 0), len(asked))


def _units(matrix: CorrectnessMatrix, asked: IndexArray) -> QuestionUnits:
    return QuestionUnits.of(matrix.questions.groups[asked], matrix.questions.benchmark_codes[1][asked])


def _rank_range(matrix: CorrectnessMatrix, row: int) -> tuple[int, int, int]:
    """1 + how many are better, to how many are not worse; pairs tested at 5 % over all of them (Bonferroni)."""
    asked = matrix.attempts > 0
    shared = {other: np.flatnonzero(asked[row] & asked[other]) for other in range(len(matrix.models))}
    others = [other for other, questions in shared.items() if other != row and len(questions)]
    better = worse = 0
    for other in others:
        found = _difference(matrix, row, other, shared[other], 1 - 0.05 / len(others))
        better += found.high < 0
        worse += found.low > 0
    return 1 + better, 1 + len(others) - worse, 1 + len(others)


def _difference(
    matrix: CorrectnessMatrix, row: int, other: int, shared: IndexArray, level: float
) -> Interval:
    """The interval of one model's accuracy minus another's on the same questions, texts that repeat together."""
    units = _units(matrix, shared)
    share = matrix.correct[:, shared][[row, other]] / matrix.attempts[:, shared][[row, other]]
    counts = np.bincount(units.unit)
    differences: FloatArray = sums_by(units.unit, share[0] - share[1], len(units)) / counts
    variance = float(differences.var(ddof=1)) / len(units) if len(units) > 1 else 1.0
    return paired_share(float(differences.mean()), variance, len(units), level)


def _nearest(matrix: CorrectnessMatrix, row: int) -> list[Relative]:
    """By the cosine of centred EmbedLLM vectors, learned from all outcomes but a tenth that stops the training."""
    from embedllm_bench.methods.embedllm import EmbedLLM

    if len(matrix.questions) < FEWEST_TO_LEARN or len(matrix.models) < 3:
        return []
    split = question_split(matrix.questions, seed=0)
    learned = np.concatenate([split.train, split.test])
    fitted = EmbedLLM().fit(matrix.take(learned), matrix.take(split.validation))
    vectors = fitted.embeddings() - fitted.embeddings().mean(0)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosine = unit @ unit[row]
    order = [other for other in np.argsort(-cosine).tolist() if other != row]
    return [Relative(matrix.models[other], float(cosine[other])) for other in order[:SHOWN]]


def _alone(matrix: CorrectnessMatrix, row: int) -> IndexArray:
    """Questions it answered, that others were asked too and none answered."""
    right: BoolArray = np.asarray(matrix.correct > 0)
    others = np.arange(len(matrix.models)) != row
    found: IndexArray = np.flatnonzero(
        right[row] & ~right[others].any(0) & (matrix.attempts[others] > 0).any(0)
    )
    return found
