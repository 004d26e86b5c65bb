"""Broken files of every kind: each is imported whole or refused in one sentence, and then nothing has changed."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedllm_bench.errors import BenchError
from embedllm_bench.exchange.base import ReadOptions
from embedllm_bench.exchange.importing import ImportReport, import_table
from embedllm_bench.store.store import Store
from tests.helpers import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable

MADE: dict[str, list[object]] = {
    "model": ["m/1", "m/1", "n", "n", "n"],
    "benchmark": ["b", "b", "b", "c", "c"],
    "question_id": ["1", "2", "1", "1", "1"],
    "prompt": ["What is 1 + 1?", 'a "quoted"\nline', "What is 1 + 1?", "é漢\u202e", "é漢\u202e"],
    "correct": [1, 0, None, 1, 0],
    "state": ["graded", "graded", "failed", "graded", "graded"],
    "attempt": [1, 1, 1, 1, 2],
    "split": ["train", "test", "train", None, None],
    "score": [0.25, None, None, 1.0, 0.0],
    "latency": [0.1, 2.0, None, None, 1e-9],
    "prompt_tokens": [5, 6, 7, None, 9],
    "reason": [None, None, "no answer", None, None],
}


def real_rows() -> pa.Table | None:
    """A few rows of a real table with costs and scores, where it is there."""
    path = SHARED / "routerbench_part" / "outcomes.parquet"
    return pa.parquet.read_table(path).slice(1000, 40) if path.exists() else None


RELEASE = """,prompt_id,model_id,category_id,label,prompt,model_name,category
0,0,0,0,1,What is 1 + 1?,m/1,sums
1,0,0,0,0,What is 1 + 1?,m/1,sums
2,1,1,1,0,"Which day, after Monday?",n,days
"""
SAMPLES = "".join(
    json.dumps(
        {"doc_id": i, "doc": {"question": f"1 + {i}?"}, "filter": "none", "metrics": ["acc"], "acc": i}
    )
    + "\n"
    for i in range(2)
)


@dataclass(frozen=True)
class Seed:
    """A good file to start from; ``beside`` it lie others of the same source."""

    name: str
    content: bytes
    source: str = ""  #: the folder to import, where it is not the file itself
    beside: tuple[tuple[str, bytes], ...] = ()


def seeds(folder: Path) -> list[Seed]:
    found = []
    for title, table in (("made", pa.table(MADE)), ("real", real_rows())):
        if table is None:
            continue
        pa.parquet.write_table(table, folder / "t.parquet", row_group_size=3)
        pa.csv.write_csv(table, folder / "t.csv")
        lines = [json.dumps(row, ensure_ascii=False) for row in table.to_pylist()]
        (folder / "t.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        found += [
            Seed(f"{title}.{kind}", (folder / f"t.{kind}").read_bytes())
            for kind in ("parquet", "csv", "jsonl")
        ]
    order = b"model_id,model_name\n0,m/1\n1,n\n"
    test = (
        (
            "r/test.csv",
            RELEASE.replace("0,0,0,0,1", "0,7,0,0,1")
            .replace("1,0,0,0,0", "1,7,0,0,0")
            .replace("2,1,1,1", "2,8,1,1")
            .encode(),
        ),
    )
    found += [
        Seed("r/train.csv", RELEASE.encode(), "r", (*test, ("r/model_order.csv", order))),
        Seed("r/model_order.csv", order, "r", (*test, ("r/train.csv", RELEASE.encode()))),
    ]
    time = "2026-01-31T12-00-00.000000"
    samples = (f"t/org__m/samples_sums_{time}.jsonl", SAMPLES.encode())
    results = (f"t/org__m/results_{time}.json", json.dumps({"model_name": "org/m", "config": {}}).encode())
    found += [Seed(*samples, "t", (results,)), Seed(*results, "t", (samples,))]
    return found


with TemporaryDirectory() as name:
    SEEDS = seeds(Path(name))

HOSTILE = (
    b"\0", b"\xff\xfe", b'"', b"\n", b"\r", b",", b"0.5", b"yes", b"NaN", b"-1", b"1e999", b"[]", b"{", b"null",
    b"\xed\xa0\x80", b"9" * 400, b"model", b"correct,correct", b"\\ud800", b"\x80\x04\x95", b"PAR1", b"",
)  # fmt: skip


@st.composite
def broken(draw: st.DrawFn) -> Seed:
    """A good file, cut, overwritten, doubled, or with hostile bytes put in, up to three times."""
    seed = draw(st.sampled_from(SEEDS))
    content = seed.content
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        end = draw(st.integers(at, min(at + 40, len(content))))
        change = draw(st.sampled_from(("cut", "replace", "repeat", "flip", "swap")))
        if change == "cut":
            content = content[:at]
        elif change == "replace":
            content = content[:at] + draw(st.sampled_from(HOSTILE)) + content[end:]
        elif change == "repeat":
            content = content[:end] + content[at:]
        elif change == "flip":
            content = (
                content[:at]
                + bytes(byte ^ draw(st.integers(1, 255)) for byte in content[at:end])
                + content[end:]
            )
        else:
            content = content[end:] + content[:at]
    return replace(seed, content=content)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that already holds something."""
    path = tmp_path_factory.mktemp("fuzz") / "s.db"
    table = path.with_name("before.csv")
    table.write_text("model,benchmark,question_id,prompt,correct\nold,b,before,x,1\n")
    with Store.open(path, write=True) as store:
        import_table(store, table)
        store.compact()
    return path


def attempt(template: Path, seed: Seed, options: ReadOptions) -> ImportReport | BenchError:
    """Import a file into a copy of the store, and check that the store has all of it or none."""
    with TemporaryDirectory() as name:
        store_path, source = Path(name) / "s.db", Path(name) / (seed.source or seed.name)
        shutil.copy(template, store_path)
        for part, content in (*seed.beside, (seed.name, seed.content)):
            file = Path(name) / part
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        with Store.open(store_path, write=True) as store:
            before = sum(len(table) for table in store.read_outcomes())
            try:
                report: ImportReport | BenchError = import_table(store, source, options=options)
            except BenchError as error:
                report = error
            after = sum(len(table) for table in store.read_outcomes())
            store.coverage()
        added = report.added if isinstance(report, ImportReport) else 0
        assert after == before + added
        return report


def check_one_sentence(error: BenchError, seed: Seed) -> None:
    text = str(error)
    assert (seed.source or seed.name) in text
    assert "\n" not in text
    assert len(text) < 600
    assert text.endswith(".")


def fuzz(cases: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(max_examples=cases, deadline=None, suppress_health_check=slow, print_blob=True)


@fuzz(150)
@given(seed=broken(), skip_bad=st.booleans())
def test_a_broken_file_is_one_sentence_or_imported_whole(
    template: Path, seed: Seed, *, skip_bad: bool
) -> None:
    found = attempt(template, seed, ReadOptions(skip_bad=skip_bad))
    if isinstance(found, BenchError):
        check_one_sentence(found, seed)


@pytest.mark.long
@pytest.mark.timeout(1800)
@fuzz(2000)
@given(seed=broken(), skip_bad=st.booleans())
def test_two_thousand_broken_files(template: Path, seed: Seed, *, skip_bad: bool) -> None:
    found = attempt(template, seed, ReadOptions(skip_bad=skip_bad))
    if isinstance(found, BenchError):
        check_one_sentence(found, seed)


def test_the_good_files_are_good(template: Path) -> None:
    """What the others are made from must be importable, or they would show nothing."""
    for seed in SEEDS:
        report = attempt(template, seed, ReadOptions())
        assert isinstance(report, ImportReport), report
        assert report.added in (len(MADE["model"]), 40, 6, 2)
