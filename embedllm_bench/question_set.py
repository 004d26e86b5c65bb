"""The questions of a benchmark that is no task of lm-eval's: what is asked, and what is right."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Part = Literal["test", "fewshot"]
PARTS: tuple[Part, ...] = ("test", "fewshot")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"  #: by which choices can be named


@dataclass(frozen=True)
class Item:
    """One question: with choices of which ``answer`` says the right one, or with texts that are right."""

    id: str
    question: str
    answer: int | tuple[str, ...]  #: the right choice, from 0; without choices the texts that are right
    choices: tuple[str, ...] = ()
    part: Part = "test"  #: ``fewshot`` ones stand as examples in prompts and are never asked
    subtask: str | None = None

    def faults(self) -> list[str]:
        """What is wrong with it, as parts of a sentence."""
        return [sentence for sentence, holds in self._checks().items() if holds]

    def _checks(self) -> Mapping[str, bool]:
        count, answer = len(self.choices), self.answer
        blank = [text for text in self.choices if not text.strip()]
        return {
            "its question is empty": not self.question.strip(),
            "it has a single choice": count == 1,
            f"it has {count} choices, more than {len(LETTERS)}": count > len(LETTERS),
            "a choice is empty": bool(blank),
            "a choice stands twice": len({text.strip() for text in self.choices}) < count,
            f"its answer is {answer}, and its choices are 0 to {count - 1}": (
                isinstance(answer, int) and not 0 <= answer < count
            ),
            "its answer is empty": (
                isinstance(answer, tuple) and (not answer or not all(text.strip() for text in answer))
            ),
        }

    def document(self) -> dict[str, Any]:
        """Its keys in a file; what it does not have is left out."""
        answer = self.answer if isinstance(self.answer, int) else list(self.answer)
        document: dict[str, Any] = {"id": self.id, "question": self.question, "answer": answer}
        if self.choices:
            document["choices"] = list(self.choices)
        if self.part != "test":
            document["split"] = self.part
        if self.subtask is not None:
            document["subtask"] = self.subtask
        return document

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Item:
        """The item that :meth:`document` wrote."""
        answer = document["answer"]
        return cls(
            id=document["id"],
            question=document["question"],
            answer=answer if isinstance(answer, int) else tuple(answer),
            choices=tuple(document.get("choices", ())),
            part=document.get("split", "test"),
            subtask=document.get("subtask"),
        )


class ContradictionError(DataError):
    """Two questions that cannot stand in one set."""

    def __init__(self, items: tuple[Item, Item], what: str) -> None:
        super().__init__(f"questions {items[0].id!r} and {items[1].id!r} {what}.")
        self.items = items
        self.what = what


@dataclass(frozen=True)
class QuestionSet:
    """Questions of one kind, checked; equal sets have equal :attr:`sha256`."""

    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        """Refuse what would make an answer mean nothing."""
        for item in self.items:
            for fault in item.faults():
                raise DataError(f"question {item.id!r}: {fault}; mend it.")
        check_ids([item.id for item in self.items])
        if not self.of("test"):
            raise DataError("there is no question to ask; add some, or some whose split is test.")
        if len({bool(item.choices) for item in self.items}) > 1:
            raise DataError("some questions have choices and some do not; make two files of them.")
        self._check_repeated()

    def _check_repeated(self) -> None:
        """The same question must not have two answers, nor stand as an example above itself.

        White space around a text does not make it another one.
        """
        first: dict[tuple[str, tuple[str, ...]], Item] = {}
        for item in self.items:
            choices = tuple(sorted(choice.strip() for choice in item.choices))
            known = first.setdefault((item.question.strip(), choices), item)
            if _right(known) != _right(item):
                raise ContradictionError((known, item), "are the same with different answers; mend one")
            if known.part != item.part:
                raise ContradictionError(
                    (known, item),
                    "are the same, one to be asked and one an example in prompts, which would give its answer"
                    " away; leave one out",
                )

    @property
    def has_choices(self) -> bool:
        return bool(self.items[0].choices)

    @property
    def repeated(self) -> int:
        """Questions to ask whose text stood before."""
        texts = Counter((item.question, item.choices) for item in self.of("test"))
        return texts.total() - len(texts)

    def of(self, part: Part) -> Sequence[Item]:
        """The items to ask, or those for prompts, in order."""
        return [item for item in self.items if item.part == part]

    def to_jsonl(self) -> str:
        """One item a line."""
        return "".join(json.dumps(item.document(), ensure_ascii=False) + "\n" for item in self.items)

    @classmethod
    def from_jsonl(cls, text: str) -> QuestionSet:
        """The set that :meth:`to_jsonl` wrote."""
        return cls(tuple(Item.of(json.loads(line)) for line in text.split("\n") if line))

    @cached_property
    def sha256(self) -> str:
        """Names the set, in hexadecimal digits."""
        return hashlib.sha256(self.to_jsonl().encode()).hexdigest()


def check_ids(ids: Sequence[str]) -> None:
    """Refuse an id that is empty or stands twice."""
    for identity, count in Counter(ids).items():
        if not identity.strip():
            raise DataError("a question has an empty id; give it one, or leave the column out.")
        if count > 1:
            raise DataError(f"question id {identity!r} stands {count} times; ids have to be unique.")


def _right(item: Item) -> object:
    """The right texts, without white space around them, which tells no two apart."""
    texts = [item.choices[item.answer]] if isinstance(item.answer, int) else item.answer
    return [text.strip() for text in texts]
