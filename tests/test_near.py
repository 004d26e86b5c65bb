"""Which texts count as nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.near import near_groups

if TYPE_CHECKING:
    import random

STORY = (
    "A shop had forty boxes of pears in the morning, sold twelve of them before noon, threw away three that were"
    " spoiled, and got a delivery of twenty more in the late afternoon when nobody was looking. How many are there?"
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (STORY, STORY, True),
        (STORY, STORY.upper().replace(",", " ,").replace("?", ""), True),
        (STORY, STORY.replace("How many are there?", "How many are there now?"), True),
        (STORY, STORY.replace("pears", "plums").replace("twelve", "ten").replace("noon", "dusk"), False),
        ("What is 3 + 4?", "What is 3 + 5?", False),
        ("what is 3 + 4", "What is 3 + 4?", True),
        ("not not not true is", "not not not not not true is", False),
        ("\u2460", "1", True),
        ("!", "?", False),
        ("", "?", False),
        ("1.5 + 2", "15 + 2", False),
    ],
)
def test_pairs(one: str, other: str, same: bool) -> None:
    first, second = near_groups([one, other])
    assert (first == second) == same


def test_a_chain_is_one_group() -> None:
    words = [f"w{i}" for i in range(60)]
    chain = [" ".join(words[i : i + 50]) for i in (0, 2, 4)]
    assert near_groups([chain[0], chain[2]]).tolist() == [0, 1]
    assert len(set(near_groups([*chain, "something else"]).tolist()[:3])) == 1


@settings(deadline=None, max_examples=30)  # the first call imports its libraries
@given(st.lists(st.text("ab c", max_size=12), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_equal_texts_share_a_group_whatever_the_order(texts: list[str], shuffled: random.Random) -> None:
    order = list(range(len(texts)))
    shuffled.shuffle(order)
    groups = near_groups(texts)
    turned = near_groups([texts[i] for i in order])
    for a in range(len(texts)):
        for b in range(len(texts)):
            assert (turned[a] == turned[b]) == (groups[order[a]] == groups[order[b]])
            assert texts[order[a]] != texts[order[b]] or turned[a] == turned[b]
