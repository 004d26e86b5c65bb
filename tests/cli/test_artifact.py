"""`fit`, `predict` and `route`, as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from embedllm_bench import Artifact
from embedllm_bench.cli.main import run
from embedllm_bench.store.location import STARTER
from tests.cli.test_cli import call
from tests.helpers import minilm_folder

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = ["What is 3 + 4?", "[/bold] a, b\nand c?"]
MODELS = ["HuggingFaceTB/SmolLM2-135M-Instruct+Q4_0.cloze", "google/gemma-3-270m+Q4_0.cloze"]
HASHED = ("--store", STARTER, "--encoder", "hashed-ngrams")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "router"
    call("fit", *HASHED, "--method", "knn", "--set", "knn.k=9", "-o", folder)
    return folder


def inside(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> tuple[str, str]:
    """Run the command line in this process; what it printed, and its errors."""
    with pytest.raises(SystemExit) as ended:
        run([*map(str, arguments)])
    assert (ended.value.code or 0) == code
    printed = capsys.readouterr()
    return printed.out, printed.err


def test_fit_says_what_it_fitted_on_what(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out, _ = inside(capsys, "fit", *HASHED, "--method", "logistic", "--seed", 2, "-o", tmp_path / "r")
    assert out == (
        f"{tmp_path}/r: logistic on 18 models at 1,200 questions, vectors of hashed-ngrams; data 588181b3b963.\n"
        "Trained on 1,080 questions; 120 others were held out for it to choose settings and to stop by (seed 2).\n"
    )
    assert Artifact.load(tmp_path / "r").description.seed == 2
    out, err = inside(capsys, "fit", *HASHED, "-o", tmp_path / "r", code=1)
    assert (out, err) == (
        "",
        f"Error: {tmp_path}/r holds an artifact already; give another folder, or --force.\n",
    )
    inside(capsys, "fit", *HASHED, "--method", "model-mean", "-o", tmp_path / "r", "--force")
    assert Artifact.load(tmp_path / "r").description.method == "model-mean"


def test_an_artifact_of_other_outcomes_is_refused_where_a_store_is_named(
    kept: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ask = ("route", QUESTIONS[0], "--artifact", kept)
    plain, _ = inside(capsys, *ask)
    assert inside(capsys, *ask, "--store", STARTER)[0] == plain
    shutil.copy(STARTER, tmp_path / "s.db")
    call("remove-model", MODELS[0], "--with-outcomes", "--store", tmp_path / "s.db")
    out, err = inside(capsys, *ask, "--store", tmp_path / "s.db", code=1)
    assert out == ""
    assert err.startswith("Error: The artifact was fitted on other data (588181b3b963, ")
    assert "fit again with 'embedllm-bench fit --force'" in err


def test_predict_prints_what_the_artifact_says(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Artifact.load(kept).predict(QUESTIONS)
    out, err = inside(capsys, "predict", "all", *QUESTIONS, "--artifact", kept, "--format", "json")
    told = json.loads(out)
    assert err == ""
    assert (told["method"], told["encoder"], told["simulated"]) == ("knn", "hashed-ngrams", False)
    assert [answer["question"] for answer in told["questions"]] == QUESTIONS
    for at, answer in enumerate(told["questions"]):
        assert answer["p"] == dict(zip(made.models, made.p[:, at].tolist(), strict=True))
    more = ("--model", MODELS[1], "--model", MODELS[1])
    out, _ = inside(capsys, "predict", MODELS[0], *QUESTIONS, *more, "--artifact", kept, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["id"], row["question"], row["model"]) for row in rows] == [
        (str(at + 1), question, model) for at, question in enumerate(QUESTIONS) for model in MODELS
    ]
    assert [float(row["p"]) for row in rows[:2]] == [
        made.p[made.models.index(model), 0].item() for model in MODELS
    ]


def test_a_table_names_each_question_once_and_takes_nothing_for_markup(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = inside(capsys, "route", *QUESTIONS, "word " * 30, "--top", 2, "--artifact", kept)
    assert out.count("What is 3 + 4?") == 1
    assert "[/bold] a, b and" in out
    assert len([line for line in out.splitlines() if line.startswith("│ 3")]) == 1
    p = Artifact.load(kept).route(QUESTIONS, top=1)[0].ranked[0].p
    assert f"{p:.3f}" in out


def test_route_names_the_choice_and_the_runners_up(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    routes = Artifact.load(kept).route(QUESTIONS, top=4)
    out, _ = inside(capsys, "route", *QUESTIONS, "--top", 4, "--artifact", kept, "--format", "json")
    for answer, route in zip(json.loads(out)["questions"], routes, strict=True):
        assert answer["choice"] == route.choice
        assert answer["ranked"] == [{"model": ranked.model, "p": ranked.p} for ranked in route.ranked]
    out, _ = inside(capsys, "route", *QUESTIONS, "--artifact", kept, "--format", "csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0] == ["id", "question", "rank", "model", "p"]
    assert [row[2:4] for row in rows[1:4]] == [[str(at + 1), routes[0].ranked[at].model] for at in range(3)]


def test_questions_of_a_file_follow_those_of_the_line(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.csv").write_text("id,prompt\nx-9,What is 3 + 4?\n")
    arguments = ("--file", tmp_path / "q.csv", "--artifact", kept, "--format", "json")
    told = json.loads(inside(capsys, "route", "First?", *arguments)[0])["questions"]
    assert [(answer["id"], answer["question"]) for answer in told] == [
        ("1", "First?"),
        ("x-9", "What is 3 + 4?"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("predict", "gemma", "What?"),
            2,
            "no model 'gemma' among its 18. Did you mean 'google/gemma-3-270m+Q4_0.cloze'",
        ),
        (
            ("predict", "all"),
            2,
            "There is no question; write one in quotation marks, or name a --file of them.",
        ),
        (("route", " "), 2, "A question is empty; leave it out."),
        (("route", "What?", "--file", "none.txt"), 1, "none.txt cannot be read as txt: No such file"),
        (("route", "What?", "--encoder", "nonesuch"), 2, "There is no encoder 'nonesuch'"),
        (("route", "What?", "--top", "0"), 2, "Invalid value for '--top'"),
    ],
)
def test_a_wrong_request_is_one_sentence(
    kept: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    out, err = inside(capsys, *arguments, "--artifact", kept, code=code)
    assert out == ""
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("--set", "mf.dimension=4"),
            2,
            "--set names a setting of 'mf', and 'embedllm' is fitted; leave it out.",
        ),
        (("--method", "subtask-mean"), 2, "which a new question does not have; fit a method"),
        (("--method", "mff"), 2, "Did you mean 'mf'?"),
        (("--set", "embedllm.depth=4"), 2, "has no setting 'depth'"),
        (("--encoder", "nonesuch"), 1, "no vectors of encoder 'nonesuch'"),
        (("--device", "abacus"), 2, "torch cannot compute on device 'abacus' here"),
    ],
)
def test_what_cannot_be_fitted_is_one_sentence_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    _, err = inside(capsys, "fit", "--store", STARTER, *arguments, "-o", tmp_path / "r", code=code)
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_real_weights_read_the_question(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The starter's own vectors are all-MiniLM-L6-v2's, and no other encoder is named."""
    minilm_folder()
    out, _ = inside(capsys, "fit", "--store", STARTER, "--method", "logistic", "-o", tmp_path / "router")
    assert "vectors of all-MiniLM-L6-v2@53aa51172d14; data 988fdebd6d34." in out
    out, err = inside(capsys, "route", "word " * 400, "What is 3 + 4?", "--artifact", tmp_path / "router")
    assert err == "1 question is longer than the 256 tokens that the encoder reads, and cut.\n"
    assert "Qwen/Qwen2.5-Coder" in out
