from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.exchange.base import ReadOptions
from embedllm_bench.exchange.exporting import export_table
from embedllm_bench.exchange.importing import import_table
from embedllm_bench.exchange.vectors import import_vectors
from embedllm_bench.store.store import Store
from tests.helpers import shared

HEADER = "model,benchmark,question_id,prompt,correct"


def imported(folder: Path, text: str, name: str = "t.csv", *, skip_bad: bool = False) -> str:
    """Import a file into a new store and return what the store then holds, as JSON lines."""
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    with Store.open(folder / "s.db", write=True) as store:
        import_table(store, folder / name, options=ReadOptions(skip_bad=skip_bad))
        export_table(store, folder / "out.jsonl", "jsonl")
    return (folder / "out.jsonl").read_text()


def test_a_csv_becomes_outcomes(tmp_path: Path) -> None:
    out = imported(tmp_path, f"{HEADER}\nm,b,1,What?,1\nm,b,2,Why?,0.0\nn,b,1,What?,true\n")
    rows = [json.loads(line) for line in out.splitlines()]
    names = ("model", "benchmark", "question_id", "prompt", "correct", "attempt", "state")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("m", "b", "1", "What?", 1, 1, "graded"),
        ("m", "b", "2", "Why?", 0, 1, "graded"),
        ("n", "b", "1", "What?", 1, 1, "graded"),
    ]


def test_repeated_rows_are_attempts_in_file_order(tmp_path: Path) -> None:
    out = imported(tmp_path, f"{HEADER}\nm,b,1,x,1\nm,b,1,x,0\n")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [(row["attempt"], row["correct"]) for row in rows] == [(1, 1), (2, 0)]


def test_why_an_outcome_failed_is_kept_and_belongs_to_failed_ones_only(tmp_path: Path) -> None:
    header = f"{HEADER},state,reason"
    out = imported(tmp_path, f"{header}\nm,b,1,x,,failed,the server said 500\nm,b,2,y,1,graded,\n")
    assert [json.loads(line).get("reason") for line in out.splitlines()] == ["the server said 500", None]
    with pytest.raises(DataError, match="line 2: reason is given for a graded outcome; leave it empty"):
        imported(tmp_path, f"{header}\nm,b,3,x,1,graded,why?\n", "u.csv")


BAD = [
    ("m,b,1,x,0.5", "line 3: correct is '0.5', not 0 or 1"),
    ("m,b,1,x,yes", "line 3: correct is 'yes', not 0 or 1"),
    ("m,b,1,x,NaN", "line 3: correct is 'NaN', not 0 or 1"),
    ("m,b,1,x,-1", "line 3: correct is '-1', not 0 or 1"),
    ("m,b,1,x,", "line 3: correct is empty"),
    (",b,1,x,1", "line 3: model is empty"),
    ("m,b,1,,1", "line 3: prompt is empty"),
    ("m,b,0,other,1", "line 3: its question stands earlier with another prompt"),
]


@pytest.mark.parametrize(("row", "message"), BAD)
def test_a_bad_row_is_refused_with_its_line_and_nothing_is_kept(
    tmp_path: Path, row: str, message: str
) -> None:
    text = f"{HEADER}\nm,b,0,first,1\n{row}\n"
    with pytest.raises(DataError, match=message):
        imported(tmp_path, text)
    with Store.open(tmp_path / "s.db") as store:
        assert store.coverage() == []
    assert imported(tmp_path, text, skip_bad=True).count("\n") == 1


def test_the_line_is_right_after_quoted_line_breaks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 6: correct is '7'"):
        imported(tmp_path, f'{HEADER}\nm,b,1,"a\nb\n\nc",1\nm,b,2,x,7\n')


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"model,benchmark,prompt,correct\n", "lacks the column question_id"),
        ("a.csv", f"{HEADER},correct\n".encode(), "the column correct more than once"),
        ("a.csv", b"", "is empty"),
        ("a.csv", f"{HEADER}\n".encode() + b"m,b,1,\xff\xfe,1\n", "line 2: prompt is not UTF-8"),
        ("a.csv", f"{HEADER}\nm,b,1\n".encode(), "line 2: has 3 fields where the header has 5"),
        ("a.parquet", b"\x80\x04pickled", "cannot be read as parquet"),
        ("a.jsonl", b"[1, 2]\n", "line 1: no JSON object"),
        ("a.jsonl", b'{"model": "m"', "line 1: no JSON object"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with (
        Store.open(tmp_path / "s.db", write=True) as store,
        pytest.raises(DataError, match=message) as caught,
    ):
        import_table(store, tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_directory_and_an_unknown_suffix_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "d.csv").mkdir()
    with Store.open(tmp_path / "s.db", write=True) as store:
        with pytest.raises(DataError, match="is a directory"):
            import_table(store, tmp_path / "d.csv")
        with pytest.raises(UsageError, match="--format"):
            import_table(store, tmp_path / "table.xlsx")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
ROW = st.fixed_dictionaries(
    {
        "model": TEXT,
        "question": st.integers(0, 4),
        "correct": st.sampled_from([0, 1, None]),
        "score": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "cost": st.none() | st.floats(0, 1e6),
        "prompt_tokens": st.none() | st.integers(0, 2**40),
        "reason": st.none() | TEXT,
    }
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(ROW, min_size=1, max_size=12),
    st.lists(TEXT, min_size=5, max_size=5),
    st.sampled_from([None, "train", "test"]),
)
def test_what_is_exported_imports_to_the_same_store(
    rows: list[dict[str, object]], texts: list[str], part: str | None
) -> None:
    columns: dict[str, list[object]] = {
        "model": [row["model"] for row in rows],
        "benchmark": [f"b{texts[0]}" for _ in rows],
        "question_id": [f"{row['question']}{texts[1]}" for row in rows],
        "prompt": [f"{row['question']}{texts[2]}" for row in rows],
        "correct": [row["correct"] for row in rows],
        "state": ["failed" if row["correct"] is None else "graded" for row in rows],
        "split": [part for _ in rows],
        "subtask": [texts[3] for _ in rows],
        **{name: [row[name] for row in rows] for name in ("score", "cost", "prompt_tokens")},
        "reason": [row["reason"] if row["correct"] is None else None for row in rows],
    }
    with TemporaryDirectory() as name:
        folder = Path(name)
        pa.parquet.write_table(pa.table(columns), folder / "first.parquet")
        with Store.open(folder / "first.db", write=True) as store:
            assert import_table(store, folder / "first.parquet").added == len(rows)
            export_table(store, folder / "expected.jsonl", "jsonl")
        expected = (folder / "expected.jsonl").read_text()
        for kind in ("parquet", "csv", "jsonl"):
            with Store.open(folder / "first.db") as store:
                export_table(store, folder / f"t.{kind}", kind)
            with Store.open(folder / f"{kind}.db", write=True) as store:
                import_table(store, folder / f"t.{kind}")
                export_table(store, folder / "again.jsonl", "jsonl")
            assert (folder / "again.jsonl").read_text() == expected


def test_real_tables_import_whole(tmp_path: Path) -> None:
    path = shared("routerbench_part/outcomes.parquet")
    with Store.open(tmp_path / "s.db", write=True) as store:
        report = import_table(store, path)
        again = import_table(store, path)
        matrix = store.coverage()
    assert (report.models, report.questions, report.added) == (11, 3164, 34804)
    assert again.already_imported
    assert sum(cell.correct for cell in matrix) / sum(cell.attempts for cell in matrix) == pytest.approx(
        0.676, abs=5e-4
    )


def test_vectors_need_known_unambiguous_ids_and_one_length(tmp_path: Path) -> None:
    imported(tmp_path, f"{HEADER}\nm,b,1,x,1\nm,c,1,y,1\nm,c,2,z,0\n")

    def write(ids: list[str], vectors: list[list[float]], **more: list[str]) -> Path:
        pa.parquet.write_table(
            pa.table({"question_id": ids, "vector": vectors, **more}), tmp_path / "v.parquet"
        )
        return tmp_path / "v.parquet"

    with Store.open(tmp_path / "s.db", write=True) as store:
        with pytest.raises(DataError, match="1 question ids in"):
            import_vectors(store, write(["1"], [[1.0]]), "e")
        with pytest.raises(DataError, match="differ in length"):
            import_vectors(store, write(["2", "3"], [[1.0], [1.0, 2.0]]), "e")
        with pytest.raises(DataError, match="not finite"):
            import_vectors(store, write(["2"], [[float("nan")]]), "e")
        with pytest.raises(DataError, match="None of the 1 question ids"):
            import_vectors(store, write(["9"], [[1.0]]), "e")
        report = import_vectors(
            store, write(["1", "2", "9"], [[1.0], [2.0], [3.0]], benchmark=["c", "c", "c"]), "e"
        )
    assert (report.added, report.unknown_ids) == (2, 1)
