"""A probe that is asked in batches until its interval is narrow: do the intervals still hold, and when does it stop?

python -m benchmarks.batches NAME --store STORE [--splits 20]

As `add-model --probe 256 --until-ci W` does it: sixteen questions at a time, by accuracy (the later ones for what the
answers leave open), at random, or by `auto`, which takes one of the two; the card as the prior, any question of the
table. Beside it as many questions chosen for accuracy at once. And probes that were asked by one way first and then by
another, as a probe with a larger K may be. Every model is new once in each split, and once with whole families out.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import RESULTS, machine
from benchmarks.probes import MOST, Known, Reader, Table, stopped
from embedllm_bench.cards.traits import are_strangers
from embedllm_bench.onboarding.choosing import GREEDY
from embedllm_bench.onboarding.settling import AMONG, AUTO, IN_BATCHES
from embedllm_bench.tasks.new_models import divisions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.probes import Look, Way
    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.onboarding.place import Place

FOLDER = RESULTS / "batches"
SHOWN = (16, 32, 64, 96, 128, 192, 256)
WIDTHS = (0.08, 0.06, 0.05, 0.04, 0.03)
FIRST = 64  #: questions by one way, and then as many by another
SURE = 0.975

Key = tuple[str, str, float]  # division and what is measured, after how many questions or at which width


@dataclass
class Means:
    """Numbers about models, each of which counts once however often it was new."""

    found: dict[Key, dict[int, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, key: Key, model: int, value: float) -> None:
        self.found[key][model].append(value)

    def look(self, kind: str, at: float, model: int, look: Look) -> None:
        """What an interval says."""
        for what, value in (("off", look.off), ("holds", look.holds), ("width", look.half_width)):
            self.add((kind, what, at), model, value)

    def last(self, kind: str, width: float, model: int, look: Look) -> None:
        """The interval at which a probe stopped that was to be so narrow."""
        self.look(kind, width, model, look)
        self.add((kind, "asked", width), model, look.asked)
        self.add((kind, "reached", width), model, look.half_width <= width)

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


def measured(table: Table, splits: int) -> Means:
    """All models, new in every split."""
    means = Means()
    for seed in range(splits):
        for division in divisions(table.matrix.models, seed, table.matrix.cards):
            known = division.known(len(table.matrix.models))
            for strangers, new in _by_kinship(table, known, division.new):
                _note(means, division.kind, Known.of(table, known, seed, strangers=strangers), new)
        print(f"{seed + 1} of {splits} splits", file=sys.stderr)
    return means


def _by_kinship(table: Table, known: IndexArray, new: IndexArray) -> Iterator[tuple[bool, list[int]]]:
    """The new models that were asked everything: those with kin among the known, and strangers."""
    mine = [int(m) for m in new if table.whole[m]]
    strange = are_strangers([table.traits[m] for m in mine], [table.traits[m] for m in known])
    for strangers in (False, True):
        if some := [m for m, one in zip(mine, strange, strict=True) if one == strangers]:
            yield strangers, some


def _note(means: Means, kind: str, known: Known, new: Sequence[int]) -> None:
    ways = {name: known.way(name) for name in dict.fromkeys((*AMONG, *GREEDY))}
    readers = {name: Reader.of(name, ways) for name in ways}
    settled = {width: known.settled(width) for width in WIDTHS}
    autos = {width: Reader(known, one, ways) for width, one in settled.items()}
    best = IN_BATCHES[0]
    for model, believed in zip(new, known.prior.read_all([known.table.traits[m] for m in new]), strict=True):
        batches = {way: ways[way].in_batches(model, believed) for way in IN_BATCHES}
        looks = {
            way: [readers[way].look(model, asked, believed) for asked in batches[way]] for way in batches
        }
        for look in looks[best]:
            means.look(f"{kind}, batches", look.asked, model, look)
        for asked in ways[best].at_once():
            means.look(f"{kind}, at once", len(asked), model, readers[best].look(model, asked, believed))
        for width in WIDTHS:
            for name in IN_BATCHES:
                means.last(f"{kind}, until, {name}", width, model, stopped(looks[name], width))
            way = settled[width].way
            auto = (autos[width].look(model, asked, believed) for asked in batches[way])
            means.last(f"{kind}, until, {AUTO}", width, model, stopped(auto, width))
            means.add((f"{kind}, until, {AUTO}", "random", width), model, way == "random")
        _note_mixed(means, kind, ways, readers, model, believed)


def _note_mixed(
    means: Means,
    kind: str,
    ways: Mapping[str, Way],
    readers: Mapping[str, Reader],
    model: int,
    believed: Place,
) -> None:
    for first, then in product(AMONG, AMONG):
        asked = ways[then].more(model, ways[first].listed(FIRST), believed, FIRST)
        look = readers[then].look(model, asked, believed)
        means.look(f"{kind}, {first}, then {then}", look.asked, model, look)


def tables(means: Means) -> list[str]:
    """Markdown: by how many questions, by the width that was to be reached, and of mixed ways."""
    return [
        line
        for kind, words in (("models", "models at random"), ("families", "families out"))
        for line in (
            *_by_questions(means, kind, words),
            *(line for way in (*IN_BATCHES, AUTO) for line in _by_width(means, kind, words, way)),
            *_mixed(means, kind, words),
        )
    ]


def _by_questions(means: Means, kind: str, words: str) -> Iterator[str]:
    for title, what, cell in (
        ("90 % intervals that hold the truth", "holds", means.share),
        ("MAE of mean accuracy", "off", means.points),
        ("Wider side of the interval", "width", means.points),
    ):
        yield from _head(f"{title}, by {IN_BATCHES[0]}", [words, *map(str, SHOWN)])
        for way in ("batches", "at once"):
            yield _line([way, *(cell((f"{kind}, {way}", what, k)) for k in SHOWN)])
        yield ""


def _by_width(means: Means, kind: str, words: str, way: str) -> Iterator[str]:
    named = ["by random"] if way == AUTO else []
    head = [words, "reached by", "questions", "MAE", "intervals that hold", *named]
    yield from _head(f"In batches until the interval is narrow, by {way}", head)
    for width in WIDTHS:
        reached, asked, off, holds, random = (
            (f"{kind}, until, {way}", what, width) for what in ("reached", "asked", "off", "holds", "random")
        )
        cells = [means.share(reached), means.count(asked), means.points(off), means.share(holds)]
        more = [f"{means.mean(random)[0]:.0%}"] if way == AUTO else []
        yield _line([f"{100 * width:g} points either side", *cells, *more])
    yield ""


def _mixed(means: Means, kind: str, words: str) -> Iterator[str]:
    title = f"{FIRST} questions by one way, then {FIRST} by another"
    yield from _head(title, [words, "MAE", "wider side of the interval", "intervals that hold"])
    for first, then in product(AMONG, AMONG):
        off, width, holds = (
            (f"{kind}, {first}, then {then}", what, 2 * FIRST) for what in ("off", "width", "holds")
        )
        yield _line([f"{first}, then {then}", means.points(off), means.points(width), means.share(holds)])
    yield ""


def _head(title: str, cells: Sequence[str]) -> list[str]:
    return [f"## {title}", "", _line(cells), _line(["---"] * len(cells))]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="what the results are called")
    parser.add_argument("--store", required=True)
    parser.add_argument("--splits", type=int, default=20)
    given = parser.parse_args()
    table = Table.read(given.store)
    if len(table.codes) < MOST:
        raise SystemExit(f"{given.store} has {len(table.codes)} questions; probes here are of up to {MOST}.")
    means = measured(table, given.splits)
    command = " ".join(["python -m benchmarks.batches", *sys.argv[1:]])
    about = (
        f"{len(table.matrix.models)} models, {len(table.codes):,} questions, labels {table.matrix.labels}; new are the"
        f" {int(table.whole.sum())} that were asked every question, each once in each of {given.splits} splits. Means"
        " over models with 95 % intervals; errors and widths in points."
    )
    title = f"# Probes in batches: {given.name}"
    lines = [title, "", f"`{command}`, {dt.date.today().isoformat()}.", "", about, ""]
    lines += [*tables(means), ", ".join(f"{key} {value}" for key, value in machine().items()) + "."]
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{given.name}.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
