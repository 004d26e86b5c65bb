"""A probe that is asked in batches until its interval is narrow: do the intervals still hold, and when does it stop?

python -m benchmarks.batches NAME --store STORE [--splits 20]

As `add-model --probe 256 --until-ci W` does it: sixteen questions at a time, the later ones chosen for what its
answers leave open, the card as the prior, any question of the table. Every model is new once in each split, and
once with whole families out. Beside it the same number of questions, chosen at once; ways that are not greedy
take their batches from one list, so that there is no difference to be seen.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import RESULTS, machine
from embedllm_bench.cards.traits import all_traits, are_strangers
from embedllm_bench.onboarding.cards import CardPrior, families_to_leave_out
from embedllm_bench.onboarding.choosing import GREEDY, Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator, Target, targets
from embedllm_bench.onboarding.place import Place, Probe
from embedllm_bench.onboarding.pool import PoolModel
from embedllm_bench.probing import BATCH
from embedllm_bench.store.store import Store
from embedllm_bench.tasks.new_models import divisions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import BoolArray, IndexArray
    from embedllm_bench.cards.traits import Traits
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.onboarding.estimating import Estimates

FOLDER = RESULTS / "batches"
MOST = 256
SHOWN = (16, 32, 64, 96, 128, 192, 256)
WIDTHS = (0.08, 0.06, 0.05, 0.04, 0.03)
SURE = 0.975

Key = tuple[str, str, float]  # division and what is measured, after how many questions or at which width


@dataclass(frozen=True)
class Look:
    """An interval after some questions, and what it is of."""

    asked: int
    half_width: float  #: the wider side's
    holds: bool
    off: float


@dataclass
class Means:
    """Numbers about models, each of which counts once however often it was new."""

    found: dict[Key, dict[int, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, key: Key, model: int, value: float) -> None:
        self.found[key][model].append(value)

    def mean(self, key: Key) -> tuple[float, float]:
        """Mean and the half width of its 95 % interval over models, by Student's t."""
        from scipy.stats import t

        means = np.array([np.mean(values) for values in self.found[key].values()])
        return float(means.mean()), float(t.ppf(SURE, len(means) - 1) * means.std(ddof=1) / len(means) ** 0.5)

    def share(self, key: Key) -> str:
        value, half = self.mean(key)
        return f"{value:.3f} ± {half:.3f}".replace("0.", ".")

    def points(self, key: Key) -> str:
        value, half = self.mean(key)
        return f"{100 * value:.2f} ± {100 * half:.2f}"

    def count(self, key: Key) -> str:
        value, half = self.mean(key)
        return f"{value:.0f} ± {half:.0f}"


@dataclass(frozen=True, eq=False)
class Table:
    """What is known of all models."""

    matrix: CorrectnessMatrix
    traits: tuple[Traits, ...]
    codes: IndexArray  #: (Q,) benchmarks
    whole: BoolArray  #: (M,) which were asked everything

    @classmethod
    def read(cls, path: str) -> Table:
        with Store.open(path) as store:
            matrix = store.matrix(np.zeros((len(store.questions()), 1), dtype=np.float32))
            return cls.of(matrix.with_cards(store.model_cards()))

    @classmethod
    def of(cls, matrix: CorrectnessMatrix) -> Table:
        whole = np.asarray((matrix.attempts > 0).all(1))
        traits = all_traits(matrix.models, matrix.cards)
        return cls(matrix, traits, matrix.questions.benchmark_codes[1], whole)


@dataclass(frozen=True, eq=False)
class Known:
    """The known models of a division, for new ones of known families or for strangers."""

    table: Table
    pool: PoolModel
    target: Target
    chooser: Chooser
    at_once: IndexArray  #: (MOST,)
    estimators: dict[int, AnsweredEstimator]  #: by how many questions were asked
    prior: CardPrior

    @classmethod
    def of(cls, table: Table, known: IndexArray, strategy: str, seed: int, *, strangers: bool) -> Known:
        traits = [table.traits[m] for m in known]
        families = families_to_leave_out(traits) if strangers else None
        pool = PoolModel.fit(table.matrix.take_models(known), families)
        prior = CardPrior.fit(pool, traits, strangers=strangers)
        target = Target.of(pool, targets(table.codes, 0))  # of all questions alone
        chooser = Chooser(strategy, np.ones(len(table.codes), dtype=bool), table.codes, seed)
        at_once = chooser.choose(pool, MOST).questions
        without = chooser.without_each_fold(pool, MOST)
        estimators = {
            k: AnsweredEstimator.of(
                target, at_once[:k], without and [one[:k] for one in without], prior.left_out
            )
            for k in range(BATCH, MOST + 1, BATCH)
        }
        return cls(table, pool, target, chooser, at_once, estimators, prior)

    def in_batches(self, model: int, believed: Place) -> Iterator[Look]:
        """After every batch, each chosen by what those before it said."""
        asked = self.at_once[:BATCH]
        while True:
            probe, place = self._placed(model, asked, believed)
            yield self._look(model, probe, place)
            if len(asked) >= MOST:
                return
            allowed = self.chooser.allowed.copy()
            allowed[asked] = False
            chooser = Chooser(self.chooser.strategy, allowed, self.table.codes, self.chooser.seed)
            asked = np.concatenate([asked, chooser.choose(self.pool, BATCH, place).questions])

    def chosen_at_once(self, model: int, believed: Place) -> Iterator[Look]:
        """After as many questions, the order of which is the same for every model."""
        for k in self.estimators:
            probe, place = self._placed(model, self.at_once[:k], believed)
            yield self._look(model, probe, place)

    def _placed(self, model: int, asked: IndexArray, believed: Place) -> tuple[Probe, Place]:
        correct, attempts = self.table.matrix.correct[model], self.table.matrix.attempts[model]
        at = np.sort(asked)
        probe = Probe(at, correct[at] / attempts[at], attempts[at].astype(np.float64))
        return probe, self.pool.place(probe, believed)

    def _look(self, model: int, probe: Probe, place: Place) -> Look:
        found: Estimates = self.estimators[len(probe.asked)].estimate([probe], [place])
        value, low, high = (float(bound[0, -1]) for bound in (found.value, found.low, found.high))
        matrix = self.table.matrix
        truth = float((matrix.correct[model] / matrix.attempts[model]).mean())
        wider = max(high - value, value - low)
        return Look(len(probe.asked), wider, low <= truth <= high, abs(value - truth))


def measured(table: Table, strategy: str, splits: int) -> Means:
    """All models, new in every split."""
    means = Means()
    for seed in range(splits):
        for division in divisions(table.matrix.models, seed, table.matrix.cards):
            known = division.known(len(table.matrix.models))
            for strangers, new in _by_kinship(table, known, division.new):
                pool = Known.of(table, known, strategy, seed, strangers=strangers)
                _note(means, division.kind, pool, new)
        print(f"{seed + 1} of {splits} splits", file=sys.stderr)
    return means


def _by_kinship(table: Table, known: IndexArray, new: IndexArray) -> Iterator[tuple[bool, list[int]]]:
    """The new models that were asked everything: those with kin among the known, and strangers."""
    mine = [int(m) for m in new if table.whole[m]]
    strange = are_strangers([table.traits[m] for m in mine], [table.traits[m] for m in known])
    for strangers in (False, True):
        if some := [m for m, one in zip(mine, strange, strict=True) if one == strangers]:
            yield strangers, some


def stopped(looks: Sequence[Look], width: float) -> Look:
    """The first interval so narrow, the last of all where none is."""
    return next((look for look in looks if look.half_width <= width), looks[-1])


def _note(means: Means, kind: str, known: Known, new: Sequence[int]) -> None:
    for model, believed in zip(new, known.prior.read_all([known.table.traits[m] for m in new]), strict=True):
        for way, looks in (
            ("batches", list(known.in_batches(model, believed))),
            ("at once", list(known.chosen_at_once(model, believed))),
        ):
            for look in looks:
                means.add((f"{kind}, {way}", "off", look.asked), model, look.off)
                means.add((f"{kind}, {way}", "holds", look.asked), model, look.holds)
                means.add((f"{kind}, {way}", "width", look.asked), model, look.half_width)
            for width in WIDTHS:
                last = stopped(looks, width)
                means.add((f"{kind}, {way}", "reached", width), model, last.half_width <= width)
                means.add((f"{kind}, {way}", "asked", width), model, last.asked)
                means.add((f"{kind}, {way}", "stopped", width), model, last.holds)
                means.add((f"{kind}, {way}", "error", width), model, last.off)


def tables(means: Means) -> list[str]:
    """Markdown: by how many questions, and by the width that was to be reached."""
    return [
        line
        for kind, words in (("models", "models at random"), ("families", "families out"))
        for line in (*_by_questions(means, kind, words), *_by_width(means, kind, words))
    ]


def _by_questions(means: Means, kind: str, words: str) -> Iterator[str]:
    for title, what, cell in (
        ("90 % intervals that hold the truth", "holds", means.share),
        ("MAE of mean accuracy", "off", means.points),
        ("Wider side of the interval", "width", means.points),
    ):
        yield from (f"## {title}", "", _line([words, *map(str, SHOWN)]), _line(["---"] * (len(SHOWN) + 1)))
        for way in ("batches", "at once"):
            yield _line([way, *(cell((f"{kind}, {way}", what, k)) for k in SHOWN)])
        yield ""


def _by_width(means: Means, kind: str, words: str) -> Iterator[str]:
    head = [words, "reached by", "questions", "MAE", "intervals that hold"]
    yield from ("## In batches until the interval is narrow", "", _line(head), _line(["---"] * len(head)))
    for width in WIDTHS:
        reached, asked, off, holds = (
            (f"{kind}, batches", what, width) for what in ("reached", "asked", "error", "stopped")
        )
        cells = [means.share(reached), means.count(asked), means.points(off), means.share(holds)]
        yield _line([f"{100 * width:g} points either side", *cells])
    yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="what the results are called")
    parser.add_argument("--store", required=True)
    parser.add_argument("--choose", default=GREEDY[0], choices=GREEDY)
    parser.add_argument("--splits", type=int, default=20)
    given = parser.parse_args()
    table = Table.read(given.store)
    if len(table.codes) < MOST:
        raise SystemExit(f"{given.store} has {len(table.codes)} questions; probes here are of up to {MOST}.")
    means = measured(table, given.choose, given.splits)
    command = " ".join(["python -m benchmarks.batches", *sys.argv[1:]])
    about = (
        f"{len(table.matrix.models)} models, {len(table.codes):,} questions, labels {table.matrix.labels}; new are the"
        f" {int(table.whole.sum())} that were asked every question, each once in each of {given.splits} splits. Means"
        " over models with 95 % intervals; errors and widths in points."
    )
    lines = [
        f"# Probes in batches: {given.name}",
        "",
        f"`{command}`, {dt.date.today().isoformat()}.",
        "",
        about,
        "",
    ]
    lines += [*tables(means), ", ".join(f"{key} {value}" for key, value in machine().items()) + "."]
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{given.name}.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
