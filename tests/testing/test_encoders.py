"""The contract of encoders: ours keep it, and every fault is caught by the check it breaks."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.encoders import hashed
from embedllm_bench.encoders.base import Encoder, Settings
from embedllm_bench.encoders.catalog import catalog
from embedllm_bench.encoders.encoding import encode_questions
from embedllm_bench.simulation import simulate, write
from embedllm_bench.store.store import Store
from embedllm_bench.testing import check_encoder, encoder_checks
from tests.helpers import minilm_folder
from tests.testing.planted_encoders import (
    Blind,
    Centred,
    Chatty,
    DividesByLength,
    Doubles,
    Named,
    Noisy,
    Seeding,
    Sound,
    Unmeasured,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PLANTED: dict[str, Encoder] = {
    "identity": Named(),
    "lengths": Unmeasured(),
    "vectors": Doubles(),
    "awkward-texts": DividesByLength(),
    "same-again": Noisy(),
    "company": Centred(),
    "distinct": Blind(),
    "silent": Chatty(),
    "process-untouched": Seeding(),
}


def failures(encoder: Encoder) -> list[str]:
    found = []
    for check in encoder_checks():
        try:
            check(encoder)
        except AssertionError:
            found.append(check.name)
    return found


@pytest.mark.parametrize("check", PLANTED)
def test_every_fault_is_caught_by_its_check_and_by_no_other(check: str) -> None:
    assert failures(PLANTED[check]) == [check]


def test_seeding_is_seen_where_the_generator_is_already_seeded_so() -> None:
    random.seed(0)
    assert failures(PLANTED["process-untouched"]) == ["process-untouched"]


def test_every_check_has_a_fault_and_a_sound_encoder_none() -> None:
    assert [check.name for check in encoder_checks()] == list(PLANTED)
    assert failures(Sound()) == []


def test_a_sentence_encoder_keeps_the_contract() -> None:
    minilm_folder()
    check_encoder(catalog()["all-MiniLM-L6-v2"])


def test_the_catalog_says_what_vectors_there_will_be() -> None:
    entry = catalog()[hashed.NAME]
    check_encoder(entry)
    with pytest.raises(AssertionError) as raised:
        check_encoder(replace(entry, dimension=384))
    assert str(raised.value) == (
        "hashed-ngrams, catalog-entry: the catalog says 384 numbers, and its vectors have 768."
    )
    with pytest.raises(
        AssertionError, match="the catalog calls it 'ngrams', and it calls itself 'hashed-ngr"
    ):
        check_encoder(replace(entry, name="ngrams"))


def test_a_broken_promise_is_one_sentence() -> None:
    made = catalog()[hashed.NAME].make(Settings(), None)
    check_encoder(made)
    with pytest.raises(AssertionError) as raised:
        check_encoder(Doubles())
    assert str(raised.value) == "hashed-ngrams, vectors: vectors are float64; return float32."


class Listed(Sound):
    def lengths(self, texts: Sequence[str]) -> list[int]:  # type: ignore[override]  # an encoder may
        return [len(text) for text in texts]


def test_lengths_may_be_a_list(tmp_path: Path) -> None:
    check_encoder(Listed())
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, simulate(2, 30, benchmarks=2, dimension=4), "test")
        assert encode_questions(store, Listed()).added == 30
