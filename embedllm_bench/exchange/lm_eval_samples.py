"""One lm-eval sample file as narrow rows: a row each filter and document on disk, one a question here."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import readable
from embedllm_bench.exchange.columns import listed
from embedllm_bench.exchange.lm_eval_text import QuestionText, question_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from embedllm_bench.exchange.base import ReadOptions

#: What a row holds besides its metrics.
NO_METRIC = frozenset(
    {
        "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash",
        "prompt_hash", "target_hash",
    }
)  # fmt: skip
#: Metrics that are no question's correctness, whatever their numbers.
NO_CORRECTNESS = {
    "bypass": "grades nothing (lm-eval ran with --predict_only)",
    **dict.fromkeys(
        ("perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte"), "is no correctness"
    ),
}
DEFAULT_METRIC = "acc"
MEND = "mend the file"


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of a row."""

    line: int
    document: int  #: lm-eval's number of it in this run
    hash: str
    text: QuestionText
    filter: str | None  #: None in trees older than lm-eval 0.4.5
    metrics: Mapping[str, object]


@dataclass(frozen=True)
class _Unusable:
    """Why a row cannot be read, and what can be done besides leaving it out."""

    reason: str
    remedy: str = MEND


@dataclass(frozen=True)
class Graded:
    """A sample file with its one metric and filter: what it says of each question."""

    metric: str
    filter: str | None
    samples: tuple[Sample, ...]  #: by document
    ids: tuple[str, ...]
    scores: tuple[float | None, ...]  #: None: not graded
    correct: tuple[int | None, ...]
    by_threshold: bool  #: whether there was partial credit to decide upon


@dataclass
class SampleFile:
    """A sample file of a task, and how many of its rows could not be used."""

    path: Path
    task: str
    options: ReadOptions
    dropped: int = 0
    first_reason: str = field(default="", init=False)

    def graded(self, lower_is_better: frozenset[tuple[str, str]]) -> Graded:
        """Read the file and choose its metric and filter.

        Raises:
            DataError: it cannot be read, or leaves a choice open that the options do not make.
        """
        rows = self._read()
        if not rows:
            raise DataError(
                f"{self.first_reason}, and no other row of the file can be read."
                if self.first_reason
                else f"{self.path} is empty: no sample was written to it."
            )
        metric = self._metric(rows)
        if (self.task, metric) in lower_is_better:
            raise DataError(f"{self.path}: of metric {metric} less is better, so it is no correctness.")
        name, rows = self._filtered(rows)
        rows.sort(key=lambda row: row.document)
        for row, later in itertools.pairwise(rows):
            if row.document == later.document:
                raise DataError(
                    f"{self.path}, line {later.line}: doc_id {row.document} stands in line {row.line} too, with"
                    " the same filter; nothing was imported, mend the file."
                )
        scores = tuple(self._score(row, metric) for row in rows)
        if all(score is None for score in scores):
            raise DataError(f"{self.path}: metric {metric} has no value for any question.")
        partial = next((i for i, score in enumerate(scores) if score not in (None, 0, 1)), None)
        least = 1.0 if partial is None else self._threshold(metric, rows[partial], scores[partial])
        correct = tuple(None if score is None else int(score >= least) for score in scores)
        return Graded(metric, name, tuple(rows), _ids(rows), scores, correct, partial is not None)

    def _threshold(self, metric: str, row: Sample, score: float | None) -> float:
        if self.options.threshold is None:
            raise DataError(
                f"{self.path}, line {row.line}: metric {metric} gives partial credit ({score:g}); say with"
                " --threshold from which score on an answer is correct."
            )
        return self.options.threshold

    def _read(self) -> list[Sample]:
        """The rows; what is no sample is refused, or dropped and counted."""
        rows = []
        with readable(self.path, "lm-eval samples"), self.path.open("rb") as file:
            for line, content in enumerate(file, 1):
                if not content.strip():
                    continue
                sample = self._sample(line, content)
                if isinstance(sample, Sample):
                    rows.append(sample)
                else:
                    self._refuse_or_count(1, f"{self.path}, line {line}: {sample.reason}", sample.remedy)
        return rows

    def _refuse_or_count(self, rows: int, reason: str, remedy: str = MEND) -> None:
        if not self.options.skip_bad:
            raise DataError(
                f"{reason}; nothing was imported, {remedy} or leave such rows out with --skip-bad."
            )
        self.first_reason = self.first_reason or f"{reason} ({remedy})"
        self.dropped += rows

    def _sample(self, line: int, content: bytes) -> Sample | _Unusable:
        try:
            record = json.loads(content)
        except UnicodeDecodeError:
            return _Unusable("is not UTF-8 text")
        except (ValueError, RecursionError):
            cut = "" if content.endswith(b"\n") else ", it is cut short"
            return _Unusable(f"no JSON object{cut}")
        if not isinstance(record, dict):
            return _Unusable("no JSON object")
        document, number, name = record.get("doc"), record.get("doc_id"), record.get("filter")
        if not isinstance(document, dict) or type(number) is not int:
            return _Unusable("is no lm-eval sample, which has doc_id and doc")
        text = question_text(document, self.options.text_field)
        if text is None:
            return _Unusable(
                f"no field of the document is known to be the question of task {self.task}, there are"
                f" {listed(document)}",
                "say which are with --text-field",
            )
        names = record.get("metrics")  # older rows name them only by holding them
        metrics = {
            key: value if isinstance(value, float | int | None) else type(value).__name__
            for key, value in record.items()
            if (key in names if isinstance(names, list) else key not in NO_METRIC)
        }
        digest = record.get("doc_hash")
        if not isinstance(digest, str) or not digest:
            digest = _document_hash(document)
        return Sample(line, number, digest, text, name if isinstance(name, str) else None, metrics)

    def _metric(self, rows: Sequence[Sample]) -> str:
        there = list(dict.fromkeys(key for row in rows for key in row.metrics))
        wanted = self.options.metric
        if wanted in there:
            metric = wanted
        elif wanted is None and DEFAULT_METRIC in there:
            metric = DEFAULT_METRIC
        elif len(there) == 1:
            metric = there[0]
        elif not there:
            raise DataError(f"{self.path} holds no metric.")
        else:
            problem = f"has no metric {wanted!r}" if wanted else "holds several metrics"
            raise DataError(f"{self.path} {problem}; choose one of {listed(there)} with --metric.")
        if metric in NO_CORRECTNESS:
            others = [name for name in there if name not in NO_CORRECTNESS]
            more = f"; choose one of {listed(others)} with --metric" if others else ""
            raise DataError(f"{self.path}: metric {metric} {NO_CORRECTNESS[metric]}{more}.")
        return metric

    def _score(self, row: Sample, metric: str) -> float | None:
        value = row.metrics.get(metric)
        if isinstance(value, str):
            kind = {"str": "text", "list": "a list", "dict": "an object"}[value]
            raise DataError(
                f"{self.path}, line {row.line}: metric {metric} is {kind}, not one number a question; choose"
                f" another with --metric, there are {listed(row.metrics)}."
            )
        try:
            score = math.nan if value is None else float(value)  # type: ignore[arg-type]  # a number, see Sample
        except OverflowError:
            score = math.nan
        return score if math.isfinite(score) else None

    def _filtered(self, rows: list[Sample]) -> tuple[str | None, list[Sample]]:
        """The rows of one filter, and its name."""
        names = list(dict.fromkeys(row.filter for row in rows))
        if names == [None]:
            return self._filtered_by_order(rows)
        named = [name for name in names if name is not None]
        if len(named) < len(names):
            raise DataError(f"{self.path} holds rows with a filter and rows without; take it apart.")
        wanted = self.options.filter if self.options.filter in named or len(named) > 1 else named[0]
        if wanted not in named:
            problem = f"has no filter {wanted!r}" if wanted else "grades each question with several filters"
            raise DataError(f"{self.path} {problem}; choose one of {listed(named)} with --filter.")
        return wanted, [row for row in rows if row.filter == wanted]

    def _filtered_by_order(self, rows: list[Sample]) -> tuple[str | None, list[Sample]]:
        """The same for rows that do not name their filter: they stand in the task's order of filters."""
        rows_of = Counter(row.document for row in rows)
        most = max(rows_of.values())
        if most == 1:
            return None, rows
        order = self.options.filter_order
        if len(order) != most:
            given = f"--filter-order names {len(order)}" if order else "they do not name their filter"
            raise DataError(
                f"{self.path} has {most} rows a question and {given}; name the {most} filters in the order in"
                " which the task lists them, as in --filter-order strict-match,flexible-extract."
            )
        wanted = self.options.filter or order[0]
        if wanted not in order:
            raise DataError(f"--filter {wanted} is none of --filter-order {','.join(order)}.")
        short = [row for row in rows if rows_of[row.document] < most]
        if short:
            self._refuse_or_count(
                len(short),
                f"{self.path}, line {short[0].line}: doc_id {short[0].document} has fewer than {most} rows, so"
                " which filter's they are cannot be told",
            )
        place, chosen, seen = order.index(wanted), [], Counter[int]()
        for row in rows:
            if rows_of[row.document] == most and seen[row.document] == place:
                chosen.append(row)
            seen[row.document] += 1
        return wanted, chosen


def _document_hash(document: dict[str, object]) -> str:
    """What lm-eval writes as ``doc_hash``."""
    content = json.dumps(document, indent=2, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _ids(rows: Sequence[Sample]) -> tuple[str, ...]:
    """The documents' hashes; a document that stands several times is told apart by its place among them."""
    seen: Counter[str] = Counter()
    ids = []
    for row in rows:
        seen[row.hash] += 1
        ids.append(row.hash if seen[row.hash] == 1 else f"{row.hash}#{seen[row.hash]}")
    return tuple(ids)
