"""A benchmark's questions from JSONL, CSV and Parquet, and every way such a file is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.question_file import read_questions
from embedllm_bench.question_set import Item

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    {"id": "1", "question": "Which is red?", "choices": ["sky", "blood"], "answer": 1, "subtask": "colour"},
    {"id": "2", "question": "Which is round, or not?", "choices": ["ball", "box", "book"], "answer": 0},
    {"id": "3", "question": "Which is cold?", "choices": ["ice", "fire"], "answer": 0, "split": "fewshot"},
]
ITEMS = (
    Item("1", "Which is red?", 1, ("sky", "blood"), subtask="colour"),
    Item("2", "Which is round, or not?", 0, ("ball", "box", "book")),
    Item("3", "Which is cold?", 0, ("ice", "fire"), part="fewshot"),
)


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_json_lines(tmp_path: Path) -> None:
    assert read_questions(jsonl(tmp_path / "q.jsonl", *ROWS)).items == ITEMS


def test_parquet_with_gaps(tmp_path: Path) -> None:
    whole = [{"split": None, "subtask": None, **row} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(whole), tmp_path / "q.parquet")
    assert read_questions(tmp_path / "q.parquet").items == ITEMS


def test_csv_with_choices_as_json(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(
        "id,question,choices,answer,split,subtask\n"
        '1,Which is red?,"[""sky"", ""blood""]",blood,,colour\n'
        '2,"Which is round, or not?","[""ball"", ""box"", ""book""]",A,,\n'
        '3,Which is cold?,"[""ice"", ""fire""]",0,fewshot,\n'
    )
    assert read_questions(tmp_path / "q.csv").items == ITEMS


def test_csv_with_a_column_for_each_choice(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(
        "\ufeffid,question,A,B,C,answer,split,subtask\n"
        "1,Which is red?,sky,blood,,B,test,colour\n"
        '2,"Which is round, or not?",ball,box,book,A,,\n'
        "3,Which is cold?,ice,fire,,ice,fewshot,\n",
        encoding="utf-8",
    )
    assert read_questions(tmp_path / "q.csv").items == ITEMS


def test_answers_that_are_texts(tmp_path: Path) -> None:
    rows = [{"question": "3 + 4?", "answer": 7}, {"question": "Capital of Peru?", "answer": ["Lima", "lima"]}]
    items = read_questions(jsonl(tmp_path / "q.jsonl", *rows)).items
    assert [item.answer for item in items] == [("7",), ("Lima", "lima")]


def test_without_ids_a_question_is_named_by_what_it_says_wherever_it_stands(tmp_path: Path) -> None:
    rows = [{"question": f"{n} + 1?", "answer": str(n + 1)} for n in (1, 2, 1)]
    ids = [item.id for item in read_questions(jsonl(tmp_path / "q.jsonl", *rows)).items]
    turned = [item.id for item in read_questions(jsonl(tmp_path / "r.jsonl", *rows[1:])).items]
    assert turned == ids[1::-1]
    assert ids[2] == f"{ids[0]}#2"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"question": "?", "choices": ["a", "b"], "answer": 2},
            "its answer is 2, and its choices are 0 to 1",
        ),
        (
            {"question": "?", "choices": ["a", "b"], "answer": "c"},
            r"answer 'c' is no choice, letter \(A to B\)",
        ),
        (
            {"question": "?", "choices": ["1", "0"], "answer": "1"},
            "answer '1' is a choice and names another one; write it as a letter",
        ),
        (
            {"question": "?", "choices": [1, 2, 3], "answer": 2},
            "answer '2' is a choice and names another one; write it as a letter",
        ),
        (
            {"question": "?", "choices": ["B", "A"], "answer": "A"},
            "answer 'A' is a choice and names another one; write it as a number from 0",
        ),
        ({"question": "?", "choices": ["a", "b"], "answer": None}, "line 2: answer is empty"),
        ({"question": "?", "A": "a", "C": "c", "answer": "C"}, "line 2: choice B is empty, and C is not"),
        ({"question": " ", "choices": ["a", "b"], "answer": 0}, "line 2: its question is empty; mend it"),
        ({"question": "?", "choices": ["a", "a"], "answer": 0}, "line 2: a choice stands twice; mend it"),
        ({"question": "?", "choices": "a or b", "answer": 0}, "choices are 'a or b', not a JSON list"),
        ({"question": "?", "choices": 3, "answer": 0}, "choices are 3, not a list of texts"),
        ({"question": "?", "choices": [["a"], "b"], "answer": 0}, "one of choices is .'a'., not a text"),
        ({"question": None, "answer": "x"}, "question is empty"),
        (
            {"question": "Fine?", "choices": ["y", "x"], "answer": 0},
            "line 1 and line 2: are the same with different answers; mend one",
        ),
        ({"question": "a\0b", "answer": "x"}, "holds a NUL character"),
        ({"question": "\ud800", "answer": "x"}, "is not valid Unicode"),
        ({"question": "?", "answer": "x", "split": "train"}, "split is 'train', not test or fewshot"),
        (
            {"question": "?", "answer": "x", "gold": 1},
            "has a column 'gold'; a file of questions has question",
        ),
        ({"question": "?"}, "has no answer; a question needs question and answer"),
        ([1], "line 2: no JSON object"),
        (
            {"question": "?", "choices": ["x", "y"], "A": "p", "B": "q", "answer": "A"},
            "line 2: its choices are others than its columns A, B, ... say; mend it",
        ),
        ({"question": "?", "choices": ["x", "x "], "answer": 0}, "line 2: a choice stands twice; mend it"),
        (
            {"question": " Fine?\n", "choices": ["x ", "y"], "answer": 1},
            "line 1 and line 2: are the same with different answers; mend one",
        ),
        ({"question": "?", "choices": [], "answer": "x"}, "line 2: its choices are empty; give two or more"),
        (
            {"question": "?", "choices": None, "answer": "x"},
            "line 2: its choices are empty; give two or more",
        ),
        ({"question": "?", "A": "", "answer": "x"}, "line 2: one of choices is empty; mend it"),
        ({"id": "", "question": "?", "answer": "x"}, "line 2: id is empty; mend it"),
        (
            {"question": "?", "choices": ["x", "y"], "answer": float("nan")},
            "line 2: answer is nan, neither a text nor a number",
        ),
        ({"question": "?", "choices": ["x", "y"], "answer": ""}, "line 2: answer is empty; mend it"),
    ],
)
def test_a_wrong_row_is_one_sentence_that_says_where(tmp_path: Path, row: object, message: str) -> None:
    path = jsonl(tmp_path / "q.jsonl", {"question": "Fine?", "choices": ["x", "y"], "answer": 0}, row)
    with pytest.raises(DataError, match=message) as caught:
        read_questions(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("q.csv", b"question,answer\nfine,x\nshort\n", "line 3: has not the 2 fields of line 1"),
        ("q.csv", b"question,answer\na,b,c\n", "line 2: has not the 2 fields of line 1"),
        ("q.csv", b"question,question,answer\na,b,c\n", "has the column question more than once"),
        ("q.csv", b"question,answer\n\xff,b\n", "it is not UTF-8 text"),
        ("q.csv", b"", "has no question"),
        ("q.parquet", b"PAR1 not", "cannot be read as parquet"),
        ("q.jsonl", b"{\n", "line 1: no JSON object"),
        ("q.jsonl", b"\xff\n", "it is not UTF-8 text"),
        ("q.jsonl", b"", "there is no question to ask"),
        ("q.txt", b"", "its name has to end in .jsonl, .ndjson, .csv, .parquet"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_questions(tmp_path / name)


def test_a_number_in_the_file_is_the_choice_it_names_if_it_is_no_other(tmp_path: Path) -> None:
    rows = [
        {"question": "Least?", "choices": [0, 1, 2], "answer": 0},
        {"question": "?", "choices": [5, 7], "answer": 1},
        {"question": "Texts?", "choices": ["2", "1"], "answer": 1},
    ]
    items = read_questions(jsonl(tmp_path / "q.jsonl", *rows)).items
    assert [item.answer for item in items] == [0, 1, 1]


def test_an_id_that_repeats_is_said_with_both_places(tmp_path: Path) -> None:
    rows = [{"id": identity, "question": f"{n}?", "answer": "x"} for n, identity in enumerate("aba")]
    with pytest.raises(DataError, match="line 3: id 'a' stands in line 1 too; mend it"):
        read_questions(jsonl(tmp_path / "q.jsonl", *rows))


def test_choices_in_both_ways_are_taken_where_they_are_the_same(tmp_path: Path) -> None:
    row = {"question": "?", "choices": ["p", "q"], "A": "p", "B": "q", "answer": " q"}
    (item,) = read_questions(jsonl(tmp_path / "q.jsonl", row)).items
    assert (item.choices, item.answer) == (("p", "q"), 1)


def test_letters_beside_a_column_of_choices_that_is_empty(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("question,choices,A,B,answer\n?,,p,q,B\n")
    (item,) = read_questions(tmp_path / "q.csv").items
    assert (item.choices, item.answer) == (("p", "q"), 1)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_questions(tmp_path / "q.jsonl")
