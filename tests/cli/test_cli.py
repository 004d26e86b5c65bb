from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.helpers import bare_environment

SCRIPT = [str(Path(sys.executable).with_name("embedllm-bench"))]


def call(*arguments: object, code: int = 0, cwd: str | Path | None = None, **environment: str) -> str:
    """Run the command line as a user does; what it printed, errors included."""
    done = subprocess.run(
        [*SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=bare_environment(**{"HOME": "/nonexistent", "COLUMNS": "100", **environment}),
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "s.db"
    call("simulate", "--models", 8, "--questions", 240, "--benchmarks", 3, "--dimension", 16, "-o", path)
    return path


def test_compare_prints_three_tables_and_says_the_data_is_simulated(store: Path) -> None:
    out = call("compare", "--store", store, "--method", "knn")
    assert out.startswith("SIMULATED DATA. 8 models, 240 questions, 3 benchmarks, 100.0% filled")
    for word in ("forecasting", "routing", "benchmark-prediction", "true-probabilities+", "subtask-mean*"):
        assert word in out
    assert "\x1b" not in out


def test_without_a_store_the_one_in_the_package_is_used() -> None:
    out = call("status", XDG_DATA_HOME="/nonexistent")
    assert "models x 1200 questions; 100.0% graded, 0 failed, 0 missing." in out


def test_the_first_write_begins_a_store_of_ones_own_with_the_starter(tmp_path: Path) -> None:
    own = tmp_path / "embedllm-bench" / "store.db"
    out = call(
        "add-model",
        "org/new",
        "--backend",
        "dummy",
        "--benchmark",
        "words",
        "--limit",
        3,
        XDG_DATA_HOME=str(tmp_path),
    )
    assert f"{own}: made from the starter store" in out
    assert "org/new+dummy, accuracy with 95 % intervals:" in out
    starter = json.loads(call("status", "--format", "json", XDG_DATA_HOME="/nonexistent"))
    mine = json.loads(call("status", "--format", "json", XDG_DATA_HOME=str(tmp_path)))
    models = [{cell["model"] for cell in content["coverage"]} for content in (starter, mine)]
    assert models[1] == models[0] | {"org/new+dummy"}


def test_a_result_can_be_shown_again_and_replayed_to_the_last_bit(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    call(
        "compare",
        "--store",
        store,
        "--method",
        "mf",
        "--set",
        "mf.dimension=4",
        "--format",
        "json",
        "-o",
        file,
    )
    first = json.loads(file.read_text())
    assert set(first) >= {"scores", "failures", "manifest"}
    assert "mf" in call("show", file)
    assert "\\toprule" in call("show", file, "--format", "latex")
    again = json.loads(call("compare", "--manifest", file, "--format", "json"))
    timed = ("fit_seconds", "decisions_per_second")
    assert [s for s in again["scores"] if s["metric"] not in timed] == [
        s for s in first["scores"] if s["metric"] not in timed
    ]
    assert "leave the option for seeds out" in call("compare", "--manifest", file, "--seed", 1, code=2)


def test_forecasts_truths_and_vectors_are_kept(store: Path, tmp_path: Path) -> None:
    call("compare", "--store", store, "--method", "mf", "--task", "forecasting", "--keep", tmp_path / "kept")
    rows = {name: pyarrow.parquet.read_table(tmp_path / "kept" / f"{name}.parquet").num_rows for name in
            ("forecasts", "truths", "vectors")}  # fmt: skip
    assert rows == {"forecasts": 4 * 8 * 24, "truths": 8 * 24, "vectors": 8}


def test_a_method_that_diverges_is_a_row_with_its_reason_and_exit_code_3(store: Path) -> None:
    diverging = ("--method", "embedllm", "--set", "embedllm.learning_rate=1e30", "--task", "forecasting")
    out = call("compare", "--store", store, *diverging, code=3)
    assert "FAILED embedllm on question-0-0of10: embedllm.predict_proba returned" in out
    assert "subtask-mean*" in out


def test_one_model_is_enough_for_forecasting_and_the_rest_says_why_not(tmp_path: Path) -> None:
    call("simulate", "--models", 1, "--questions", 100, "-o", tmp_path / "one.db")
    out = call("compare", "--store", tmp_path / "one.db", "--method", "knn")
    assert "routing: not done. The store has one model, and a choice needs at least two." in out
    assert "benchmark-prediction: not done." in out


def test_import_export_and_status(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "model,benchmark,question_id,prompt,correct,extra\nm,b,1,What?,1,x\nn,b,1,What?,0,x\n"
    )
    db = tmp_path / "s.db"
    out = call("import", tmp_path / "t.csv", "--store", db)
    assert "2 outcomes of 2 models at 1 question" in out
    assert "Columns not known and not read: extra." in out
    assert "nothing changed" in call("import", tmp_path / "t.csv", "--store", db)
    assert "2 outcomes" in call("export", "--store", db, "-o", tmp_path / "out.csv")
    cells = json.loads(call("status", "--store", db, "--format", "json"))["coverage"]
    assert [(c["model"], c["attempts"], c["correct"], c["failed"], c["missing"]) for c in cells] == [
        ("m", 1, 1, 0, 0), ("n", 1, 0, 0, 0),
    ]  # fmt: skip


def test_a_store_goes_out_as_a_release(store: Path, tmp_path: Path) -> None:
    out = call("export", "--store", store, "--format", "embedllm", "-o", tmp_path / "release")
    assert out.split("\n", 1)[1] == (
        "Split question-0-0of10 made by us, as the store has no published one: 192 train, 24 validation,"
        " 24 test questions.\nLeft out, since a release has no place for them: 240 sub-tasks.\n"
    )
    assert "1920 outcomes of 8 models at 240 questions." in out
    assert "1920 outcomes of 8 models" in call("import", tmp_path / "release", "--store", tmp_path / "b.db")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["compare", "--store", "missing.db"], 1, "There is no store at missing.db"),
        (["compare", "--method", "knm"], 2, "There is no method 'knm'"),
        (["import", "missing.csv", "--store", "{tmp}/x.db"], 1, "There is no file missing.csv"),
        (["export", "-o", "{tmp}", "--format", "csv"], 1, "is a directory; give a file"),
        (["show", "pyproject.toml"], 1, "is no result of"),
        (["compare", "--folds", "2"], 2, "folds"),
        (["compare", "--folds", "1200", "--task", "forecasting"], 1, "1200 questions are too few"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], code: int, message: str, tmp_path: Path) -> None:
    assert message in call(*(a.replace("{tmp}", str(tmp_path)) for a in arguments), code=code)


def test_methods_are_listed_with_their_settings() -> None:
    listed = {row["name"]: row for row in json.loads(call("methods", "--format", "json"))}
    assert listed["knn"]["settings"]["k"] is None
    assert listed["embedllm"]["plugin"] == "built-in"
