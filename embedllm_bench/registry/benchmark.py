"""A benchmark as a plugin brings it: its card, and a file of questions that is read when it is first used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.cards import BenchmarkCard
    from embedllm_bench.question_set import QuestionSet


@dataclass(frozen=True)
class KnownBenchmark:
    """An entry of the catalog."""

    card: BenchmarkCard
    questions: Path | None = None

    def read(self) -> tuple[BenchmarkCard, QuestionSet | None]:
        """The card to collect by, with the hash of its questions, and the questions.

        Raises:
            DataError: the file cannot be read, or does not go with the card.
        """
        if self.questions is None:
            return self.card, None
        from embedllm_bench.collecting.own_questions import FILTER, METRICS
        from embedllm_bench.exchange.question_file import read_questions

        card, found = self.card, read_questions(self.questions)
        kind = "multiple_choice" if found.has_choices else "generate_until"
        wrong = {
            f"output_type {card.output_type}, and its questions are {kind}": card.output_type != kind,
            f"metric {card.metric}, and its questions have {', '.join(METRICS[found.has_choices])}": (
                card.metric not in METRICS[found.has_choices]
            ),
            f"filter {card.filter}, and its questions have {FILTER[found.has_choices]}": (
                card.filter != FILTER[found.has_choices]
            ),
            f"questions {(card.questions or '')[:12]}..., and its file has {found.sha256[:12]}...": (
                card.questions not in (None, found.sha256)
            ),
        }
        for difference, holds in wrong.items():
            if holds:
                raise DataError(
                    f"{self.questions}: the card of {card.id!r} says {difference}; mend the plugin's card."
                )
        card = replace(card, questions=found.sha256)
        for item in found.of("test"):
            card.question_text(item.document())
        return card, found
