"""What a benchmark is: questions, and the rule by which an answer is right."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from embedllm_bench.cards.base import Card, as_json, is_below, is_no_text, refuse
from embedllm_bench.cards.fields import Fields, located
from embedllm_bench.cards.ids import is_benchmark_id
from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Kinds of lm-eval requests whose outcome can be right or wrong.
OUTPUT_TYPES = ("multiple_choice", "generate_until", "loglikelihood")
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_ ]*)\}")  #: where a text takes a field of the document


@dataclass(frozen=True)
class BenchmarkCard(Card):
    """A set of questions and how their answers are graded: right where ``metric`` reaches ``threshold``.

    ``num_fewshot`` None means lm-eval's own number.
    """

    keys: ClassVar[Mapping[str, str]] = {"task": "lm_eval_task"}

    task: str  #: lm-eval's name of a task or group; ``lm_eval_task`` in its file
    metric: str
    output_type: str  #: one of OUTPUT_TYPES
    filter: str = "none"  #: which of lm-eval's filters of the answer is graded
    threshold: float = 0.5
    num_fewshot: int | None = None
    text: str | None = None  #: a question's text, as "{question} {choices}"; None for lm-eval's 0-shot prompt
    question_id: str | None = None  #: the document's field that tells questions apart; None for its hash
    generative: str | None = None  #: the benchmark to take where there are no log-probabilities
    questions: str | None = None  #: SHA-256 of questions of its own, where it is no task of lm-eval's
    pattern: str | None = None  #: of its own questions: what of a generated answer is compared, as a regex

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        names = ("task", "metric", "filter", "question_id", "pattern")
        taken = set(_PLACE.findall(self.text)) if self.text is not None else set()
        refuse(
            {
                f"id is {self.id!r}, no benchmark id such as gsm8k": not is_benchmark_id(self.id),
                **{f"{name} is blank or no Unicode": is_no_text(getattr(self, name)) for name in names},
                f"output_type is {self.output_type!r}, not one of {', '.join(OUTPUT_TYPES)}": (
                    self.output_type not in OUTPUT_TYPES
                ),
                f"threshold is {self.threshold}, not above 0 and at most 1": not 0 < self.threshold <= 1,
                f"num_fewshot is {self.num_fewshot}, less than 0": is_below(self.num_fewshot, 0),
                f"text is {self.text!r}, not a text with fields of the document, such as '{{question}}'": (
                    self.text is not None and (not taken or _has_brace(_PLACE.sub("", self.text)))
                ),
                f"questions is {self.questions!r}, no SHA-256": (
                    self.questions is not None and not re.fullmatch("[0-9a-f]{64}", self.questions)
                ),
                "pattern is of no use, as no answer is generated to questions of its own": (
                    self.pattern is not None and (self.questions is None or self.needs_log_probabilities)
                ),
                f"pattern is {self.pattern!r}, no regular expression": not _is_regex(self.pattern),
                f"generative is {self.generative!r}, no benchmark id": (
                    self.generative is not None and not is_benchmark_id(self.generative)
                ),
                f"generative is {self.generative!r}, though its own answers are generated already": (
                    self.generative is not None and not self.needs_log_probabilities
                ),
            }
        )

    @property
    def needs_log_probabilities(self) -> bool:
        """Whether a chat endpoint, which gives none of the prompt, cannot be asked."""
        return self.output_type != "generate_until"

    @property
    def configuration(self) -> str:
        names = [field.name for field in fields(self) if field.name not in ("id", "generative")]
        return as_json({self.keys.get(name, name): getattr(self, name) for name in names})

    @classmethod
    def from_content(cls, content: Mapping[str, object], where: str) -> BenchmarkCard:
        with located(where):
            read = Fields(content, cls.known_keys())
            threshold = read.number("threshold")
            return cls(
                id=read.needed("id"),
                task=read.needed("lm_eval_task"),
                metric=read.needed("metric"),
                output_type=read.needed("output_type"),
                filter=read.needed("filter", cls.filter),
                threshold=cls.threshold if threshold is None else threshold,
                num_fewshot=read.whole("num_fewshot"),
                text=read.text("text"),
                question_id=read.text("question_id"),
                generative=read.text("generative"),
                questions=read.text("questions"),
                pattern=read.text("pattern"),
            )

    def question_text(self, document: Mapping[str, object]) -> str | None:
        """The text for the encoder, its fields taken from the document; a list is written an item a line.

        None when the card leaves it to lm-eval's prompt.

        Raises:
            DataError: the document lacks a field, it is no text, number or list of these, or all is blank.
        """
        if self.text is None:
            return None
        with located(f"Benchmark {self.id!r}"):
            text = _PLACE.sub(lambda place: _plain(document, place[1]), self.text).strip()
            if not text:
                raise DataError(f"text {self.text!r} is blank for a document.")
            return text


def _plain(document: Mapping[str, object], name: str) -> str:
    if name not in document:
        raise DataError(f"a document has no field {name!r}; it has {', '.join(document)}.")
    value = document[name]
    items = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(item, str | int | float) for item in items):
        raise DataError(f"field {name!r} of a document is no text, number or list of these.")
    return "\n".join(map(str, items))


def _is_regex(pattern: str | None) -> bool:
    try:
        re.compile(pattern or "")
    except re.error:
        return False
    return True


def _has_brace(text: str) -> bool:
    return "{" in text or "}" in text
