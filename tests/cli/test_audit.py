"""`embedllm-bench audit` as a user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from embedllm_bench.cli.main import run
from embedllm_bench.simulation import simulate, write
from embedllm_bench.store.store import Store
from tests.helpers import store_texts

if TYPE_CHECKING:
    from pathlib import Path


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        run(["audit", *map(str, arguments)])
    return int(ended.value.code or 0)


def test_what_is_found_comes_with_what_it_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.db"
    with Store.open(path, write=True) as store:
        write(store, simulate(8, 240, benchmarks=3, dimension=16), "test")
        store_texts(store, [f"Text number {i} of many" for i in range(60)])
    assert call("--store", path, "--format", "json", "--encoder", "hashed-ngrams") == 0
    content = json.loads(capsys.readouterr().out)
    kinds = [finding["kind"] for finding in content["findings"]]
    assert {"benchmark asked of few models", "model always right or always wrong"} <= set(kinds)
    assert content["effects"][0]["left_out"] is None
    assert {effect["left_out"] for effect in content["effects"][1:]} <= set(kinds)
    assert call("--store", path, "--no-effect", "--encoder", "hashed-ngrams") == 0
    assert "b: 1 of 9 models" in capsys.readouterr().out


def test_an_empty_store_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Store.open(tmp_path / "s.db", write=True).close()
    assert call("--store", tmp_path / "s.db") == 1
    assert "no graded outcome" in capsys.readouterr().err
