"""A question as the benchmarks write it down, and its line of JSON."""

import json
from dataclasses import dataclass
from typing import Literal

Split = Literal["test", "fewshot"]


@dataclass(frozen=True)
class Question:
    """`answer` is the index of the right choice, or the text itself where the model writes its answer."""

    id: str
    question: str
    answer: int | str
    choices: tuple[str, ...] | None = None
    split: Split = "test"
    subtask: str | None = None

    def __post_init__(self) -> None:
        if self.choices is None:
            if not isinstance(self.answer, str):
                raise TypeError(f"{self.id}: a question without choices is answered by a text.")
        elif not isinstance(self.answer, int) or not 0 <= self.answer < len(self.choices):
            raise ValueError(
                f"{self.id}: the answer has to be the index of one of {len(self.choices)} choices."
            )

    def to_json(self) -> str:
        fields: dict[str, object] = {"id": self.id, "question": self.question}
        if self.choices is not None:
            fields["choices"] = list(self.choices)
        fields |= {"answer": self.answer, "split": self.split}
        if self.subtask is not None:
            fields["subtask"] = self.subtask
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> "Question":
        fields = json.loads(line)
        if "choices" in fields:
            fields["choices"] = tuple(fields["choices"])
        return cls(**fields)
