"""What collections were to ask, as far as a store can tell without the tasks: so that a part is not taken for all."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embedllm_bench.errors import BenchError
from embedllm_bench.question_set import QuestionSet
from embedllm_bench.store.records import Coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True)
class Intentions:
    """Questions that collections were to ask, by model and benchmark, and that benchmarks have."""

    planned: dict[tuple[str, str], int]
    known: dict[str, int]
    probed: frozenset[tuple[str, str]] = (
        frozenset()
    )  #: of which no collection was to ask more than chosen questions

    def of(self, coverage: Sequence[Coverage]) -> list[Coverage]:
        """The same with what was intended, and with what was intended and not begun."""
        questions = {cell.benchmark: cell.questions for cell in coverage}
        there = {(cell.model, cell.benchmark) for cell in coverage}
        begun = [
            Coverage(model, benchmark, questions.get(benchmark, 0), 0, 0, 0, 0)
            for model, benchmark in sorted(self.planned.keys() - there)
        ]
        return [
            replace(
                cell,
                planned=self.planned.get((cell.model, cell.benchmark), 0),
                known=self.known.get(cell.benchmark),
                probed=(cell.model, cell.benchmark) in self.probed,
            )
            for cell in [*coverage, *begun]
        ]


def read_intentions(connection: Connection) -> Intentions:
    """From what runs say of themselves, and from the question sets of benchmarks of one's own."""
    planned: defaultdict[tuple[str, str], int] = defaultdict(int)
    known: defaultdict[str, int] = defaultdict(int)
    probes: dict[tuple[str, str], bool] = {}
    for (text,) in connection.exec_driver_sql("SELECT provenance FROM runs WHERE provenance IS NOT NULL"):
        facts = _facts(text)
        if facts is not None:
            planned[facts.pair] = max(planned[facts.pair], facts.planned)
            known[facts.benchmark] = max(known[facts.benchmark], facts.known)
            probes[facts.pair] = probes.get(facts.pair, True) and facts.probe
    known.update(_own_questions(connection))
    probed = frozenset(pair for pair, only in probes.items() if only)
    return Intentions(dict(planned), dict(known), probed)


@dataclass(frozen=True)
class _Facts:
    """What a run says of how far it was to go."""

    model: str
    benchmark: str
    planned: int
    known: int
    probe: bool

    @property
    def pair(self) -> tuple[str, str]:
        return self.model, self.benchmark


def _facts(provenance: str) -> _Facts | None:
    """None for the run of an older version, which did not say."""
    try:
        facts = json.loads(provenance)
        return _Facts(
            str(facts["model"]), str(facts["benchmark"]),
            int(facts["planned_questions"]), int(facts["benchmark_questions"]),
            facts.get("probe") is True,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None


def _own_questions(connection: Connection) -> dict[str, int]:
    """How many are asked of each set that a card names; what does not read is for ``store check`` to say."""
    rows = connection.exec_driver_sql(
        "SELECT b.name, s.content FROM benchmarks b JOIN question_sets s"
        " ON s.sha256 = json_extract(b.card, '$.questions') WHERE json_valid(b.card)"
    )
    found = {}
    for name, content in rows:
        with contextlib.suppress(BenchError, ValueError, KeyError, TypeError):
            found[name] = len(QuestionSet.from_jsonl(content).of("test"))
    return found
