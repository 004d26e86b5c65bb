"""Files of new questions: what of them is read, and what is wrong with a broken one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.new_questions import read_new_questions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("q.txt", "\ufeffWhat?\n\n  And why? \r\n", [("1", "What?"), ("2", "And why?")]),
        ("q.csv", 'question,level\n"a, b\nc",3\nd,\n', [("1", "a, b\nc"), ("2", "d")]),
        ("q.CSV", "prompt,question_id\na,x-1\nb,\n", [("x-1", "a"), ("2", "b")]),
        ("q.jsonl", '{"question": "a", "id": 7}\n\n{"prompt": "b", "extra": []}\n', [("7", "a"), ("2", "b")]),
        ("q.ndjson", '{"question": "a\\nb"}', [("1", "a\nb")]),
        ("both.csv", "prompt,question\nlong,short\n", [("1", "short")]),
    ],
)
def test_questions_are_read_with_their_names(
    name: str, text: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert [(question.id, question.text) for question in read_new_questions(tmp_path / name)] == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("q.parquet", b"", "is no file of questions; its name has to end in .txt, .jsonl, .ndjson, .csv."),
        ("q.txt", b" \n\n", "holds no question."),
        ("q.txt", b"\xff", "cannot be read as txt: it is not UTF-8 text; convert it."),
        ("q.txt", b"a\0b", ", line 1: question holds a NUL character; mend it."),
        ("q.csv", b"text\na\n", "has no column question or prompt; name one so in its first line."),
        ("q.csv", b"question,question\na,b\n", "has the column question more than once."),
        ("q.csv", b"question,id\na,1\nb\n", ", line 3: has not the 2 fields of line 1; mend it."),
        ("q.csv", b"question,id\na,1\n ,2\n", ", line 3: has no question or prompt; mend it."),
        ("q.csv", b'question\n"a\n', "cannot be read as csv: unexpected end of data."),
        ("q.jsonl", b'{"question": "a"}\n["b"]\n', ", line 2: no JSON object; mend it."),
        ("q.jsonl", b'{"question": "a"}\n{"question"\n', ", line 2: no JSON object; mend it."),
        ("q.jsonl", b'{"text": "a"}', ", line 1: has no question or prompt; mend it."),
        ("q.jsonl", b'{"question": ["a"]}', ", line 1: question is ['a'], not a text; mend it."),
        ("q.jsonl", b'{"question": "\\ud800"}', ", line 1: question is not valid Unicode; mend it."),
        ("q.jsonl", b'{"question": "a", "id": true}', ", line 1: id is True, not a text; mend it."),
    ],
)
def test_a_broken_file_is_one_sentence_with_its_line(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        read_new_questions(path)
    assert str(raised.value).startswith(str(path))
    assert str(raised.value).endswith(message)


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read as txt: No such file or directory"):
        read_new_questions(tmp_path / "none.txt")
