"""A division that leaves in a file and comes back the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.split_file import read_split, split_text
from embedllm_bench.splits import given_split, question_split, training_subset
from tests.helpers import questions

if TYPE_CHECKING:
    from pathlib import Path

ASKED = questions([f"What is {i}, or not?" for i in range(40)], ["a", "b"] * 20)


def test_a_split_comes_back_with_its_hash(tmp_path: Path) -> None:
    split = training_subset(ASKED, question_split(ASKED, seed=3), np.array([5, 2, 11]))
    (tmp_path / "s.csv").write_text(split_text(ASKED, split))
    parts = {f"{b}\0{i}": part for (b, i), part in read_split(tmp_path / "s.csv").items()}
    again = given_split(ASKED, parts, "s.csv")
    assert again.hash == split.hash
    assert again.train.tolist() == split.train.tolist()
    assert len(split.train) == 3
    assert split.name == "question-3-0of10-train3"


def test_questions_of_another_store_are_told() -> None:
    with pytest.raises(DataError, match=r"The split s\.csv names no train question of this store"):
        given_split(ASKED, {"c\0q": "train"}, "s.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"benchmark,id,part\n", "its first line has to be benchmark,question_id,part"),
        (b"", "its first line has to be"),
        (
            b"benchmark,question_id,part\na,q,tset\n",
            "line 2: is not a benchmark, a question's id and one of train",
        ),
        (b"benchmark,question_id,part\na,q\n", "line 2: is not a benchmark"),
        (
            b"benchmark,question_id,part\na,q,test\na,q,train\n",
            "line 3: question 'q' of a stands there twice",
        ),
        (b"benchmark,question_id,part\na,\xff,test\n", "it is not UTF-8 text"),
        (b'benchmark,question_id,part\na,"q,test\n', "cannot be read as a split"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_split(tmp_path / "s.csv")
