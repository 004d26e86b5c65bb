"""What every analysis is made of, and what it comes to."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

from embedllm_bench.encoders.choosing import question_vectors
from embedllm_bench.errors import DataError
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.methods.settings import build
from embedllm_bench.registry import Plugins, look_up
from embedllm_bench.splits import check_usable, question_split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.methods.base import Method
    from embedllm_bench.splits import Split
    from embedllm_bench.store.store import Store


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; None where it is undefined."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, value: float, low: float, high: float) -> Self:
        """Numbers that are not finite are undefined."""
        numbers = [float(number) if math.isfinite(number) else None for number in (value, low, high)]
        return cls(*numbers)

    def __str__(self) -> str:
        if self.value is None:
            return "undefined"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


Cell: TypeAlias = "str | int | float | Estimate | None"


@dataclass(frozen=True)
class Facts:
    """Where the numbers come from."""

    store: str
    models: int
    questions: int
    data: str  #: SHA-256 of the matrix
    encoder: str
    labels: str
    split: str
    split_hash: str
    test_questions: int
    seed: int
    method: str | None
    settings: Mapping[str, object]


@dataclass(frozen=True)
class Analysis:
    """The answer of one analysis: a line in words, and the table it is read off, which is also a figure's data."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    answer: str
    facts: Facts

    def to_json(self) -> str:
        """One object; rows as objects by column, intervals as value, low and high."""
        rows = [
            {
                column: dataclasses.asdict(cell) if isinstance(cell, Estimate) else cell
                for column, cell in zip(self.columns, row, strict=True)
            }
            for row in self.rows
        ]
        content = {
            "analysis": self.name,
            "answer": self.answer,
            "facts": dataclasses.asdict(self.facts),
            "rows": rows,
        }
        return json.dumps(content, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises:
            DataError: it is not such an object; ``where`` names the file.
        """
        try:
            content = json.loads(text)
            columns = tuple(content["rows"][0])
            rows = tuple(tuple(_cell(row[column]) for column in columns) for row in content["rows"])
            return cls(content["analysis"], columns, rows, content["answer"], Facts(**content["facts"]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise DataError(
                f"{where} is no answer of 'embedllm-bench analyze ... --format json' ({error}); give such a file."
            ) from error


def _cell(content: object) -> Cell:
    if isinstance(content, dict):
        return Estimate(**content)
    if content is None or isinstance(content, str | int | float):
        return content
    raise TypeError(f"{content!r} is no cell")


@dataclass(frozen=True, eq=False)
class Subject:
    """A matrix, one split of its questions, and the method that is looked at."""

    store: str
    encoder: str
    matrix: CorrectnessMatrix
    split: Split
    seed: int
    method: type[Method]
    settings: Mapping[str, object]

    @classmethod
    def of(
        cls,
        store: Store,
        method: str,
        *,
        settings: Mapping[str, object] | None = None,
        encoder: str | None = None,
        labels: LabelConvention | str = LabelConvention.MAJORITY,
        seed: int = 0,
        plugins: Plugins | None = None,
    ) -> Self:
        """Read a store and divide its questions 80/10/10, as ``compare`` does with that seed.

        Raises:
            UsageError: a name or a setting that does not exist.
            DataError: the store holds too little.
        """
        (found,) = look_up((plugins or Plugins()).methods, [method])
        build(found, settings or {}, seed)  # a wrong setting is told before any work
        chosen, vectors = question_vectors(store, encoder)
        matrix = store.matrix(vectors, LabelConvention(labels))
        if not matrix.attempts.any():
            raise DataError(
                f"{store.path} holds no graded outcome; import some with 'embedllm-bench import'."
            )
        split = question_split(matrix.questions, seed)
        check_usable(split)
        return cls(str(store.path), chosen, matrix, split, seed, found, settings or {})

    @property
    def train(self) -> CorrectnessMatrix:
        return self.matrix.take(self.split.train)

    @property
    def validation(self) -> CorrectnessMatrix:
        return self.matrix.take(self.split.validation)

    @property
    def test(self) -> CorrectnessMatrix:
        return self.matrix.take(self.split.test)

    def fitted(
        self, train: CorrectnessMatrix, validation: CorrectnessMatrix | None = None, **settings: object
    ) -> Method:
        """The method fitted on these outcomes; ``settings`` go before those it was asked for with."""
        method = build(self.method, {**self.settings, **settings}, self.seed)
        return method.fit(train, validation if validation is not None and len(validation.questions) else None)

    def facts(self) -> Facts:
        return Facts(
            store=self.store,
            models=len(self.matrix.models),
            questions=len(self.matrix.questions),
            data=self.matrix.digest(),
            encoder=self.encoder,
            labels=str(self.matrix.labels),
            split=self.split.name,
            split_hash=self.split.hash,
            test_questions=len(self.split.test),
            seed=self.seed,
            method=self.method.name,
            settings=dict(self.settings),
        )
