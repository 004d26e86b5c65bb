"""Files made to break an importer, given to the command line: one sentence, exit 1, and the store as it was."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from embedllm_bench.cli.main import run
from embedllm_bench.exchange import parquet_table

HEADER = "model,benchmark,question_id,prompt,correct"
GOOD = f"{HEADER}\nm,b,1,x,1\n"


@pytest.fixture
def store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A store that holds one outcome."""
    (tmp_path / "first.csv").write_text(f"{HEADER}\nold,b,0,x,1\n")
    assert call("import", tmp_path / "first.csv", "--store", tmp_path / "s.db") == 0
    capsys.readouterr()
    return tmp_path / "s.db"


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def refused(store: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Import a file that must be refused; the sentence."""
    before = hashlib.sha256(store.read_bytes()).hexdigest()
    assert call("import", file, "--store", store) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Error: ")
    assert printed.err.count("\n") == 1
    assert str(file) in printed.err
    assert hashlib.sha256(store.read_bytes()).hexdigest() == before
    return printed.err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.csv", GOOD.encode() + b'm,b,2,"an open quote', "line 3: "),
        ("utf16.csv", GOOD.encode("utf-16"), "is not UTF-8 text; convert it"),
        ("latin1.csv", GOOD.encode() + "m,b,2,é,1\n".encode("latin-1"), "line 3: prompt is not UTF-8 text"),
        ("nul.csv", GOOD.encode() + b"m,b,2,a\0b,1\n", "line 3: prompt holds a NUL character"),
        ("half.csv", GOOD.encode() + b"m,b,2,y,0.5\n", "line 3: correct is '0.5', not 0 or 1"),
        ("yes.csv", GOOD.encode() + b"m,b,2,y,yes\n", "line 3: correct is 'yes', not 0 or 1"),
        ("nan.csv", GOOD.encode() + b"m,b,2,y,NaN\n", "line 3: correct is 'NaN', not 0 or 1"),
        ("minus.csv", GOOD.encode() + b"m,b,2,y,-1\n", "line 3: correct is '-1', not 0 or 1"),
        ("twice.csv", f"{HEADER},prompt\nm,b,1,x,1,x\n".encode(), "has the column prompt more than once"),
        ("twice.csv", b'a,"b\nc","b\nc",a\n', "has the column a, 'b\\nc' more than once."),
        ("short.csv", GOOD.encode() + b"m,b,2\n", "line 3: has 3 fields where the header has 5"),
        ("long.csv", GOOD.encode() + b'm,b,2,"' + b"x" * 80_000_000 + b'",1\n', "line 3: is longer than"),
        ("only.csv", f"{HEADER}\n".encode(), "holds no outcome"),
        ("cut.jsonl", b'{"model": "m", "benchmark": "b", "questi', "line 1: no JSON object"),
        ("deep.jsonl", b"[" * 100_000 + b"\n", "line 1: no JSON object"),
        (
            "nested.jsonl",
            b'{"model": ["m"], "benchmark": "b", "question_id": 1, "prompt": "x", "correct": 1}\n',
            "line 1: model is a list",
        ),
        (
            "surrogate.jsonl",
            b'{"model": "m", "benchmark": "b", "question_id": 1, "prompt": "\\ud800", "correct": 1}\n',
            "line 1: prompt is not UTF-8 text",
        ),
        ("pickle.parquet", pickle.dumps({"model": ["m"]}), "cannot be read as parquet"),
        ("cut.parquet", b"PAR1" + bytes(50), "cannot be read as parquet"),
    ],
)
def test_broken_text(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert message in refused(store, tmp_path / name, capsys)


def parquet(path: Path, **columns: object) -> Path:
    rows = {"model": ["m", "m"], "benchmark": ["b", "b"], "question_id": [1, 2], "prompt": ["x", "y"]}
    pa.parquet.write_table(pa.table({**rows, "correct": [1, 0], **columns}), path)
    return path


@pytest.mark.parametrize(
    ("correct", "message"),
    [
        ([1.0, 0.5], "row 2: correct is '0.5', not 0 or 1"),
        ([True, None], "row 2: correct is empty"),
        ([1.0, float("nan")], "row 2: correct is 'NaN', not 0 or 1"),
        ([1, -1], "row 2: correct is '-1', not 0 or 1"),
        ([[1], [0]], "column correct is a list"),
        ([b"1", b"\xff"], "row 2: correct is not UTF-8 text"),
    ],
)
def test_labels_in_parquet(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], correct: list[object], message: str
) -> None:
    file = parquet(tmp_path / "t.parquet", correct=correct)
    assert message in refused(store, file, capsys)


def test_parquet_that_unpacks_to_more_than_the_memory_is_refused_unread(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 2_000_000
    constant = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int8()), ["x"])
    columns = dict.fromkeys(("model", "benchmark", "question_id", "prompt"), constant)
    bomb = tmp_path / "bomb.parquet"
    pa.parquet.write_table(
        pa.table({**columns, "correct": pa.DictionaryArray.from_arrays(constant.indices, [1])}), bomb
    )
    assert bomb.stat().st_size < 50_000
    monkeypatch.setattr(parquet_table, "_memory", lambda: 300_000_000)
    assert "unpacks to 2,000,000 rows" in refused(store, bomb, capsys)


def test_a_long_quoted_prompt_is_no_trouble(store: Path, tmp_path: Path) -> None:
    prompt = ("a line, with a comma\n" * 500_000)[:10_000_000]
    (tmp_path / "t.csv").write_text(f'{HEADER}\nm,b,1,"{prompt}",1\n')
    assert call("import", tmp_path / "t.csv", "--store", store) == 0


def test_paths_are_taken_as_they_are(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert "is a directory; give a file" in refused(store, tmp_path / "folder.csv", capsys)
    assert "There is no file" in refused(store, tmp_path / "folder.csv" / ".." / "nothing.csv", capsys)
    assert "cannot be read" in refused(store, tmp_path / ("x" * 300 + ".csv"), capsys)
    assert call("import", tmp_path / "table.xlsx", "--store", store) == 2
    (tmp_path / "t.csv").write_text(GOOD)
    monkeypatch.chdir(tmp_path / "folder.csv")
    assert call("import", Path("..") / "t.csv", "--store", store) == 0


def test_a_refused_first_import_leaves_no_store(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(f"{HEADER}\nm,b,1,x,7\n")
    assert call("import", tmp_path / "bad.csv", "--store", tmp_path / "new.db") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]
