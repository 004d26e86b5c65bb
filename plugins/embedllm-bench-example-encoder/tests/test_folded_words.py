"""What the vectors are like."""

from pathlib import Path

import numpy as np
import pytest
from embedllm_bench import Store, encode
from embedllm_bench.errors import EncoderError
from embedllm_bench.simulation import simulate, write

from embedllm_bench_example_encoder.folded_words import FoldedWords


def test_texts_that_share_words_are_near_each_other() -> None:
    one, two, other, empty = FoldedWords().encode(
        ["How far is the moon?", "How far is the sun?", "Boil an egg.", "?"]
    )
    assert float(one @ two) > 0.4 > 0.2 > abs(float(one @ other))
    assert not empty.any()


def test_a_store_gets_its_vectors_and_keeps_them_under_the_revision(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        write(store, simulate(2, 60, benchmarks=2, dimension=4), "test")
        report = encode(store, "folded-words")
        stored = {kept.label: kept.dimension for kept in store.encoders()}
        assert (report.encoder, report.added) == ("folded-words@1", 60)
        assert stored["folded-words@1"] == 256
        assert np.isfinite(store.vectors("folded-words", "1")).all()
        with pytest.raises(EncoderError, match="has the revision 1, not '2'"):
            encode(store, "folded-words@2")
