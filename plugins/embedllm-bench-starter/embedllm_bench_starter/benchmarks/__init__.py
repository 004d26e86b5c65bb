"""The benchmarks by name, and how they are written to a folder."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from embedllm_bench_starter.benchmarks import (
    arithmetic,
    calendar,
    code,
    deduction,
    everyday,
    relations,
    sequences,
    strings,
    units,
    words,
)
from embedllm_bench_starter.question import Question

BENCHMARKS: dict[str, Callable[[Random], list[Question]]] = {
    "arithmetic": arithmetic.generate,
    "calendar": calendar.generate,
    "code": code.generate,
    "deduction": deduction.generate,
    "everyday": everyday.generate,
    "relations": relations.generate,
    "sequences": sequences.generate,
    "strings": strings.generate,
    "units": units.generate,
    "words": words.generate,
}


def questions(name: str, seed: int) -> list[Question]:
    """Seeded by name too, so that a new benchmark leaves the questions of the others as they are."""
    return BENCHMARKS[name](Random(f"{name} {seed}"))  # noqa: S311 - repeatable, and nothing secret


def write(folder: Path, seed: int) -> None:
    """One JSONL file a benchmark; the same seed gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in BENCHMARKS:
        lines = "".join(question.to_json() + "\n" for question in questions(name, seed))
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8", newline="\n")
