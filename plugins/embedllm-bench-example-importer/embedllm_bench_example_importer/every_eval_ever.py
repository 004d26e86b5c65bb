"""Instance-level files of Every Eval Ever: JSON lines, one answer of one model a line.

The format is instance_level_eval.schema.json of https://github.com/evaleval/every_eval_ever, version 0.2. An
answer with an ``error`` is a failed request, which is no wrong answer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import Batch, Importer, TableFile, readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedllm_bench.exchange.base import ReadOptions

    Values = tuple[str | None, ...]

NAME = "every-eval-ever"
SCHEMA = "instance_level_eval"  #: what every line's schema_version begins with
COLUMNS = (
    "model", "benchmark", "question_id", "prompt", "correct", "state", "score", "prompt_tokens",
    "completion_tokens", "latency",
)  # fmt: skip
BATCH_ROWS = 1 << 14


def recognises(path: Path) -> bool:
    """Whether the first line says so."""
    if path.suffix.lower() != ".jsonl" or not path.is_file():
        return False
    with path.open(encoding="utf-8") as file:
        line = json.loads(file.readline())
    return isinstance(line, dict) and str(line.get("schema_version", "")).startswith(SCHEMA)


def open_file(path: Path, options: ReadOptions) -> TableFile:
    """Open a file; its lines are read as batches are asked for."""
    dropped: list[int] = []
    lines: list[int] = []  #: where each row stands

    def batches() -> Iterator[Batch]:
        dropped.clear()
        lines.clear()
        rows: list[Values] = []
        size, read, first = path.stat().st_size, 0, 0
        with readable(path, NAME), path.open("rb") as file:
            for number, text in enumerate(file, 1):
                read += len(text)
                try:
                    rows.append(row(json.loads(text)))
                    lines.append(number)
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    if not options.skip_bad:
                        raise _refused(path, number, error) from error
                    dropped.append(number)
                if len(rows) == BATCH_ROWS:
                    yield Batch(_table(rows), first, read / size)
                    first, rows = first + len(rows), []
        if rows:
            yield Batch(_table(rows), first, 1.0)

    return TableFile(COLUMNS, (path,), batches, lambda row: f"line {lines[row]}", lambda: len(dropped))


def row(answer: dict[str, dict[str, object]]) -> Values:
    """A line as the columns of the long table."""
    evaluation, usage = answer["evaluation"], answer.get("token_usage") or {}
    latency = (answer.get("performance") or {}).get("latency_ms")
    failed = bool(answer.get("error"))
    correct = evaluation["is_correct"]
    if not isinstance(correct, bool):
        raise TypeError(f"is_correct is {correct!r}, not true or false")
    return (
        _text(answer["model_id"]),
        _text(answer["evaluation_name"]),
        _text(answer["sample_id"]),
        _text(answer["input"]["raw"]),
        None if failed else str(int(correct)),
        "failed" if failed else "graded",
        None if failed else _text(evaluation.get("score")),
        _text(usage.get("input_tokens")),
        _text(usage.get("output_tokens")),
        None if latency is None else str(float(str(latency)) / 1000),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _table(rows: list[Values]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table(
        {name: pa.array(column, pa.string()) for name, column in zip(COLUMNS, columns, strict=True)}
    )


def _refused(path: Path, number: int, error: Exception) -> DataError:
    what = f"lacks {error}" if isinstance(error, KeyError) else f"is no answer of this format ({error})"
    return DataError(
        f"{path}, line {number}: {what}; nothing was imported, mend the file or leave such lines out with"
        " --skip-bad."
    )


EVERY_EVAL_EVER = Importer(
    NAME, "instance-level results of Every Eval Ever, JSON lines", recognises, open_file
)
