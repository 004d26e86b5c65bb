"""`split` writes what `compare --split` divides by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from embedllm_bench import Store
from embedllm_bench.cli.main import run
from embedllm_bench.simulation import simulate, write


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with Store.open(tmp_path / "s.db", write=True) as opened:
        write(opened, simulate(6, 300, benchmarks=3, dimension=8), "test")
    return tmp_path / "s.db"


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        run([*map(str, arguments)])
    return int(ended.value.code or 0)


def test_the_file_divides_as_the_split_it_was_made_of(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, command = (
        store.parent / "split.csv",
        ("compare", "--store", store, "--method", "knn", "--format", "json"),
    )
    assert call("split", "--store", store, "--seed", 4, "-o", file) == 0
    said = capsys.readouterr().out
    assert "question-4-0of10, 240 train, 30 validation, 30 test; hash " in said
    accuracies = []
    for chosen in (("--seed", 4), ("--split", file)):
        assert call(*command, "--task", "forecasting", *chosen, "-o", store.parent / "r.json") == 0
        content = json.loads((store.parent / "r.json").read_text())
        (digest,) = content["manifest"]["splits"].values()
        assert digest[:12] in said
        accuracies.append(
            [s["value"] for s in content["scores"] if (s["method"], s["metric"]) == ("knn", "accuracy")]
        )
    assert accuracies[0] == accuracies[1]
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    assert call("compare", "--store", store, "--manifest", store.parent / "r.json") == 1
    assert "The questions are divided otherwise than then" in capsys.readouterr().err


def test_a_benchmark_left_out_and_fewer_to_train_on(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = store.parent / "split.csv"
    assert call("split", "--store", store, "--leave-out", "simulated-2", "--train", 50, "-o", file) == 0
    assert "benchmark-0-simulated-2-train50, 50 train, 20 validation, 100 test" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fold", 10), "--fold 10 is none of 0 to 9"),
        (("--leave-out", "gsm8k"), "There is no benchmark 'gsm8k'; there are simulated-1"),
        (("--leave-out", "simulated-1", "--folds", 5), "--leave-out tests on a whole benchmark"),
        (("--train", 1000), "There are 240 training questions"),
        (("-o", "split.txt"), "has to end in .csv"),
    ],
)
def test_what_cannot_be_divided_is_one_sentence(
    store: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[object, ...], message: str
) -> None:
    assert call("split", "--store", store, "-o", store.parent / "split.csv", *arguments) in (1, 2)
    assert message in capsys.readouterr().err
    assert not list(Path(store.parent).glob("split.*"))
