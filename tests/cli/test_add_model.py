"""`embedllm-bench add-model` as a user runs it, with lm-eval's dummy backend."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from embedllm_bench.calls import import_table
from embedllm_bench.cards import ModelCard
from embedllm_bench.cards.files import read_card
from embedllm_bench.cards.making import Configuration, make_model_card
from embedllm_bench.cli.main import run
from embedllm_bench.collecting.backend import arguments_of, parse_model_args
from embedllm_bench.collecting.tasks import load_tasks, task_manager
from embedllm_bench.onboarding.choosing import Chooser
from embedllm_bench.onboarding.estimating import AnsweredEstimator
from embedllm_bench.onboarding.settling import Settled
from embedllm_bench.probing import Prober
from embedllm_bench.store.store import Store
from tests.collecting.tiny import ANSWER, BARE, CHOICE, make_tasks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks").mkdir()
    make_tasks(tmp_path / "tasks")
    with Store.open(tmp_path / "s.db", write=True) as store:
        for benchmark in (CHOICE, ANSWER):
            store.write_benchmark_card(benchmark)
    return tmp_path


def call(folder: Path, *arguments: object) -> int:
    options = ("--store", folder / "s.db", "--include-path", folder / "tasks")
    with pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in ("add-model", *arguments, *options)])
    return int(ended.value.code or 0)


def test_from_its_name_to_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("org/one", "org/two", "org/three"):
        assert call(folder, name, "--backend", "dummy", "--limit", 60) == 0
    out = capsys.readouterr().out
    last = out[out.index("the card of org/three+dummy.") :]
    assert "org/three+dummy, accuracy with 95 % intervals:" in last
    assert "  choice " in last
    assert "n 60" in last
    assert "of 3, on the questions it shares with each of the others." in last
    near = last[last.index("Nearest by learned vector (hashed-ngrams), with the cosine:\n") :].splitlines()
    assert sorted(line.split()[1] for line in near[1:3]) == ["org/one+dummy", "org/two+dummy"]
    assert "Questions that only it answers: " in last


def test_a_log_is_told_now_and_then_how_far_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedllm_bench.cli.collecting.SILENCE", 0.0)
    assert call(folder, "org/one", "--backend", "dummy", "--benchmark", "choice", "--limit", 70) == 0
    assert (
        "org/one+dummy on choice: 64 of 70.\norg/one+dummy on choice: 70 of 70.\n" in capsys.readouterr().err
    )


def test_a_card_for_a_registry(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (
        "--parameters",
        "135M",
        "--tag",
        "mine",
        "--price-in",
        0.5,
        "--num_fewshot",
        2,
        "--no-collect",
    )
    assert call(folder, "HuggingFaceTB/SmolLM2-135M@main", *arguments, "--card", folder / "cards") == 0
    assert "the card as a file" in capsys.readouterr().out
    card = read_card(ModelCard, folder / "cards" / "HuggingFaceTB--SmolLM2-135M@main+2-shot.toml")
    assert arguments_of(card) == {"pretrained": "HuggingFaceTB/SmolLM2-135M", "revision": "main"}
    assert (card.num_fewshot, card.parameters, card.price_in) == (2, 135_000_000, 0.5)
    assert card.family == "SmolLM2"  # the registry knows it
    with Store.open(folder / "s.db") as store:
        assert store.model_cards()[card.id] == card


def test_facts_that_are_not_given_again_stay(folder: Path) -> None:
    facts = ("--parameters", "135M", "--family", "f", "--tag", "math", "--price-in", 0.5, "--price-out", 1)
    assert call(folder, "org/x", *facts, "--no-collect") == 0
    assert (
        call(folder, "org/x", "--family", "g", "--tag", "code", "--no-collect", "--card", folder / "c") == 0
    )
    with Store.open(folder / "s.db") as store:
        card = store.model_cards()["org/x"]
    assert (card.parameters, card.family, card.tags) == (135_000_000, "g", ("math", "code"))
    assert (card.price_in, card.price_out) == (0.5, 1.0)
    assert read_card(ModelCard, folder / "c" / card.file_name) == card


def test_a_card_whose_file_cannot_be_written_is_not_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "taken").write_text("")
    for way in ((), ("--no-collect",)):
        assert call(folder, "org/x", "--backend", "dummy", *way, "--card", folder / "taken" / "cards") == 1
        assert "cannot be written: Not a directory." in capsys.readouterr().err
        assert cards_of(folder) == []


def test_a_card_that_is_refused_leaves_the_file_as_it_was(folder: Path) -> None:
    keep = ("org/x+mine", "--no-collect", "--card", folder / "c")
    assert call(folder, *keep) == 0
    (file,) = (folder / "c").iterdir()
    before = file.read_text()
    assert call(folder, *keep, "--num_fewshot", 3) == 1
    assert file.read_text() == before


def test_another_configuration_is_sent_to_an_id_that_can_be(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(folder, "org/x+mine", "--no-collect") == 0
    assert call(folder, "org/x+mine", "--num_fewshot", 3, "--no-collect") == 1
    assert "give this one an id of its own, such as org/x+mine.variant.\n" in capsys.readouterr().err
    assert call(folder, "org/x+mine.variant", "--num_fewshot", 3, "--no-collect") == 0


def test_outcomes_can_come_from_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "t.csv").write_text(
        "model,benchmark,question_id,prompt,correct\norg/new,b,1,What?,1\norg/old,b,1,What?,0\n"
    )
    assert call(folder, "org/new", "--from", folder / "t.csv") == 0
    out = capsys.readouterr().out
    assert "t.csv: 1 outcome of org/new; 1 outcome of 1 other model came along." in out
    assert "Questions that only it answers: 1.\n  What?\n" in out


def test_what_a_file_holds_is_said_where_the_model_is_not_in_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "t.csv").write_text(
        "model,benchmark,question_id,prompt,correct\norg/one,b,1,What?,1\norg/one,b,2,Why?,0\n"
    )
    assert call(folder, "org/two", "--from", folder / "t.csv") == 1
    assert "t.csv holds no outcome of org/two but of org/one; nothing was kept." in capsys.readouterr().err
    assert call(folder, "org/one", "--from", folder / "t.csv") == 0
    assert call(folder, "org/two", "--from", folder / "t.csv") == 1
    said = capsys.readouterr().err
    assert "t.csv was imported before, and " in said
    assert "s.db holds no outcome of org/two but of org/one; nothing was kept." in said


def test_an_argument_can_be_nothing_as_for_lm_eval_itself() -> None:
    given = parse_model_args("tokenizer_backend=None,model=foo")
    assert given == {"tokenizer_backend": "None", "model": "foo"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["org/a b"], "no model id"),
        (["org/a", "--parameters", "many"], "'many' is no number of parameters"),
        (["org/a", "--model_args", "dtype"], "write it as KEY=VALUE"),
        (["org/a", "--model_args", "a=1,b=2,a=2"], "--model_args gives a 2 values; leave all but one out."),
        (["org/a", "--backend", "hff"], "lm-eval has no backend 'hff'"),
        (["org/a", "--backend", "hff", "--no-collect"], "lm-eval has no backend 'hff'; it has "),
        (["org/a", "--device", "nonsense"], "torch cannot compute on device 'nonsense' here"),
        (["org/a", "--from", "none.csv", "--limit", 3], "With --from nothing is asked; leave --limit out."),
        (["org/a", "--from", "none.csv", "--no-collect"], "leave --no-collect out."),
        (["org/a", "--from", "none.csv", "--benchmark", "choice"], "leave --benchmark out."),
        (["org/a", "--from", "none.csv"], "There is no file none.csv"),
        (["org/a", "--backend", "local-chat-completions"], "add --apply_chat_template"),
        (["org/a", "--benchmark", "choise"], "Did you mean 'choice'?"),
    ],
)
def test_a_wrong_request_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert call(folder, *arguments) in (1, 2)
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed
    assert cards_of(folder) == []


def cards_of(folder: Path) -> list[str]:
    with Store.open(folder / "s.db") as store:
        return list(store.model_cards())


def test_a_file_without_the_model_adds_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "t.csv"
    file.write_text("model,benchmark,question_id,prompt,correct\norg/New,b,1,What?,1\n")
    for _ in range(2):
        assert call(folder, "org/new", "--from", file) == 1
        assert capsys.readouterr().err == (
            f"Error: {file} holds no outcome of org/new but of org/New; nothing was kept.\n"
        )
        assert cards_of(folder) == []
        with Store.open(folder / "s.db") as store:
            assert store.models() == []
    assert call(folder, "org/New", "--from", file) == 0
    assert call(folder, "org/New", "--from", file) == 0
    assert f"{file} is in {folder / 's.db'} already." in capsys.readouterr().out
    assert call(folder, "org/new", "--from", file) == 1
    assert cards_of(folder) == ["org/New"]


def test_a_message_of_the_importer_says_where_its_options_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, correct in (("a", 1), ("b", 0)):
        (folder / f"{name}.csv").write_text(
            f"model,benchmark,question_id,prompt,correct\norg/new,b,1,What?,{correct}\n"
        )
    assert call(folder, "org/new", "--from", folder / "a.csv") == 0
    assert call(folder, "org/new", "--from", folder / "b.csv") == 1
    printed = capsys.readouterr().err
    assert "choose --on-conflict skip" in printed
    assert f"Such options are those of 'embedllm-bench import': import {folder / 'b.csv'} with it" in printed


def test_of_a_model_that_cannot_be_loaded_nothing_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = ("org/gone", "--model_args", "pretrained=/nonexist", "--card", folder / "cards")
    assert call(folder, *gone) == 3
    printed = capsys.readouterr().err
    assert printed.count("there is no folder /nonexist; check --model_args.") == 1
    assert printed.endswith(f"its card is out of {folder / 's.db'} again.\n")
    assert cards_of(folder) == []
    assert not (folder / "cards").exists()


def test_a_card_that_was_there_stays_when_its_model_cannot_be_loaded(folder: Path) -> None:
    gone = ("org/gone", "--model_args", "pretrained=/nonexist")
    assert call(folder, *gone, "--no-collect") == 0
    assert call(folder, *gone) == 3
    assert len(cards_of(folder)) == 1


def test_a_model_without_a_chat_template_is_refused_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(folder, "org/tiny", "--backend", "tiny", "--apply_chat_template") == 3
    printed = capsys.readouterr().err
    assert printed.count("has no chat template; leave --apply_chat_template out.") == 1
    assert cards_of(folder) == []


def test_of_a_model_that_can_be_asked_nothing_nothing_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(folder / "s.db", write=True) as store:
        store.write_benchmark_card(BARE)
    shots = ("org/x", "--backend", "dummy", "--num_fewshot", 2, "--limit", 2)
    assert call(folder, *shots, "--benchmark", "bare") == 3
    assert "org/x+dummy.2-shot on bare: 2 examples are to stand in prompts" in capsys.readouterr().err
    assert cards_of(folder) == []
    assert call(folder, *shots) == 0
    assert "org/x+dummy.2-shot is not asked bare: 2 examples are to stand" in capsys.readouterr().err


def test_a_model_whose_questions_all_failed_keeps_its_card_and_says_why(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = ("org/tiny", "--backend", "tiny", "--model_args", "fail_on=Question", "--fail-fast", 2)
    assert call(folder, *broken) == 3
    printed = capsys.readouterr().err
    assert "2 of 2 failed, most often with: the server answered 500; 'embedllm-bench collect" in printed
    assert "no graded outcome" not in printed
    assert len(cards_of(folder)) == 1


def test_a_chat_endpoint_is_asked_what_it_can_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chat = ("gpt-x", "--backend", "local-chat-completions", "--apply_chat_template", "--model_args")
    address = "base_url=http://127.0.0.1:9/v1/chat/completions,max_retries=1"
    assert call(folder, *chat, address, "--fail-fast", 1, "--limit", 2) == 3
    printed = capsys.readouterr()
    assert "is not asked choice: scored from log-probabilities of choices" in printed.err
    assert "│ choice" not in printed.out
    assert call(folder, *chat, address, "--benchmark", "choice") == 2


@pytest.mark.parametrize(
    ("name", "configuration", "identity"),
    [
        ("org/m", Configuration(), "org/m"),
        ("org/m@abc", Configuration(num_fewshot=0), "org/m@abc+0-shot"),
        ("org/m", Configuration(num_fewshot=5, apply_chat_template=True), "org/m+5-shot.chat"),
        ("org/m", Configuration(model_args={"dtype": "bfloat16"}), "org/m+dtype-bfloat16"),
        ("org/m+mine", Configuration(num_fewshot=5), "org/m+mine"),
        ("org/m", Configuration(model_args={"base_url": "http://127.0.0.1/v1"}), "org/m+base_url-4d4080"),
    ],
)
def test_a_configuration_is_part_of_the_id(name: str, configuration: Configuration, identity: str) -> None:
    card = make_model_card(name, configuration, {})
    assert card.id == identity
    assert arguments_of(card)["pretrained"] == "org/m"


@pytest.fixture
def known(folder: Path) -> Path:
    """Eight models of different ability were asked both benchmarks."""
    return knowing(folder)


def knowing(folder: Path, count: int | None = None) -> Path:
    """Eight models of different ability were asked so many questions of each benchmark, the first ones, or all."""
    with Store.open(folder / "s.db") as store:
        cards = list(store.benchmark_cards().values())
    made = make_model_card("org/any", Configuration(backend="tiny"), {})
    generator = np.random.default_rng(0)
    lines = ["model,benchmark,question_id,prompt,correct"]
    for card in cards:
        for task in load_tasks(card, made, task_manager([card.task], folder / "tasks")):
            for question in task.questions[:count]:
                hard = generator.random()
                lines += [
                    f'org/known-{m},{card.id},{question.question_id},"{question.text}",{int(hard < (m + 1) / 9)}'
                    for m in range(8)
                ]
    (folder / "known.csv").write_text("\n".join(lines) + "\n")
    with Store.open(folder / "s.db", write=True) as store:
        import_table(store, folder / "known.csv")
    return folder


def outcomes_of(folder: Path, model: str) -> int:
    with Store.open(folder / "s.db") as store:
        return sum(cell.graded for cell in store.coverage() if cell.model == model)


def test_a_probe_asks_so_many_questions_and_predicts_the_rest(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    probed = ("org/new", "--backend", "tiny", "--model_args", "skill=9")
    assert call(known, *probed, "--probe", 20, "--choose", "accuracy", "--explain") == 0
    out = capsys.readouterr().out
    model = "org/new+tiny.skill-9"
    assert f"{model}, probed with 20 of 300 questions (accuracy); predicted accuracy" in out
    assert "  20 " in out[out.index("Questions chosen") : out.index("probed with")]
    assert "takes away" in out
    assert "Rank " in out
    assert "Nearest by the pool model: org/known-" in out
    assert "Routing (hashed-ngrams) would send " in out
    assert outcomes_of(known, model) == 20
    with Store.open(known / "s.db") as store:
        runs = [json.loads(text) for text in store.provenance()]
        assert {cell.model for cell in store.coverage() if cell.probed} == {model}
    of_new = [run for run in runs if run["model"] == model]
    assert {run["probe"] for run in of_new} == {True}
    assert sum(run["planned_questions"] for run in of_new) == 20
    assert {run["benchmark_questions"] for run in of_new} == {150}
    assert not any(run["probe"] for run in runs if run["model"] != model)
    with pytest.raises(SystemExit):
        run(["status", "--store", str(known / "s.db")])
    assert f"{model}: a probe of 20 questions that were chosen" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run(["show-model", model, "--store", str(known / "s.db")])
    assert f"{model}: a probe of 20 questions that were chosen" in capsys.readouterr().out
    assert call(known, *probed, "--probe", 20) == 0  # as if it had been killed at the end
    assert outcomes_of(known, model) == 20
    assert call(known, *probed, "--probe", 25, "--choose", "random") == 0  # five more, none of them again
    assert outcomes_of(known, model) == 25
    assert "probed with 25 of 300 questions" in capsys.readouterr().out
    assert call(known, *probed) == 0  # the whole
    assert outcomes_of(known, model) == 300
    with Store.open(known / "s.db") as store:
        assert not any(cell.probed for cell in store.coverage())


def test_a_card_alone_is_enough_for_a_prediction(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    model = ("org/qwen2-7b-chat", "--backend", "tiny", "--probe", 0)
    assert call(known, *model) == 0
    out = capsys.readouterr().out
    said = "7B parameters, Qwen 2, tuned to follow instructions"
    assert (
        f"org/qwen2-7b-chat+tiny, asked none of 300 questions; accuracy predicted from its card ({said})"
        in out
    )
    assert "Rank 1-9 of 9" in out
    assert "Nothing was asked; --probe with a number asks" in out
    assert outcomes_of(known, "org/qwen2-7b-chat+tiny") == 0
    assert "org/qwen2-7b-chat+tiny" in cards_of(known)


def test_the_way_to_choose_is_what_known_models_were_told_best_by(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    for probe, told in ((["--probe", 40], 40), (["--probe", 40, "--until-ci", 0.9], 16)):
        model = f"org/new-{told}"
        assert call(known, model, "--backend", "tiny", *probe, "--explain") == 0
        out = capsys.readouterr().out
        errors = re.search(
            rf"After {told} questions the mean accuracy .* \(root mean square\): (.+)\.\n", out
        )
        assert errors is not None
        missed = {way: float(off) for way, off in (one.split() for one in errors[1].split(", "))}
        assert set(missed) == {"accuracy", "random"} | ({"anchors"} if told == 40 else set())
        taken = re.search(r"Questions chosen \((\w+)\)", out)
        assert taken is not None
        assert missed[taken[1]] <= missed["accuracy"]
        assert f"of 300 questions ({taken[1]}); predicted accuracy" in out
        assert outcomes_of(known, f"{model}+tiny") == told


@pytest.mark.parametrize("way", ["anchors", "random", "stratified"])
def test_a_probe_in_batches_comes_to_the_questions_of_one_at_once(known: Path, way: str) -> None:
    for model, more in (("org/once", ()), ("org/batches", ("--until-ci", 0.0001))):
        assert call(known, model, "--backend", "tiny", "--probe", 40, "--choose", way, *more) == 0
    with Store.open(known / "s.db") as store:
        matrix = store.matrix(np.zeros((300, 1), dtype=np.float32))
    once, batches = (matrix.attempts[matrix.models.index(f"org/{name}+tiny")] for name in ("once", "batches"))
    assert once.sum() == 40
    assert np.array_equal(once, batches)


def test_more_asked_than_there_is_asks_everything(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert call(known, "org/new", "--backend", "tiny", "--probe", 100_000) == 0
    assert "probed with 300 of 300 questions" in capsys.readouterr().out


def test_a_second_look_reads_a_probe_as_the_first_did(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    told = []
    for count in (40, 0, 8):  # what is there counts, not what is asked for
        assert call(known, "org/new", "--backend", "tiny", "--probe", count) == 0
        out = capsys.readouterr().out
        told.append(out[out.index("probed with 40 of 300") :])
    assert told[1:] == told[:1] * 2


def test_a_probe_stops_when_it_knows_enough(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(known, "org/new", "--backend", "tiny", "--probe", 100, "--until-ci", 0.9) == 0
    assert outcomes_of(known, "org/new+tiny") == 16
    assert call(known, "org/new", "--backend", "tiny", "--probe", 100, "--until-ci", 0.9) == 0
    assert outcomes_of(known, "org/new+tiny") == 16
    assert call(known, "org/other", "--backend", "tiny", "--probe", 20, "--until-ci", 0.0001) == 0
    assert outcomes_of(known, "org/other+tiny") == 20
    assert "either side, not within 0.0001; ask more with a larger --probe." in capsys.readouterr().out


def test_what_fails_is_replaced_by_other_questions(known: Path) -> None:
    """A fifth of all questions fails."""
    model, name = (
        ("org/new", "--backend", "tiny", "--model_args", "fail_on=Peru"),
        "org/new+tiny.fail_on-Peru",
    )
    graded = []
    for _ in range(3):
        call(known, *model, "--choose", "random", "--probe", 20)
        graded.append(outcomes_of(known, name))
    assert graded[0] < graded[1] <= graded[2] == 20
    assert call(known, *model, "--probe", 48, "--until-ci", 0.0001) == 3
    assert outcomes_of(known, name) > 36  # a failure does not end the batches


def test_what_failed_changes_nothing_of_what_else_is_asked(known: Path) -> None:
    """The other anchors are asked, and others in place of those that failed."""
    call(
        known,
        "org/new",
        "--backend",
        "tiny",
        "--model_args",
        "fail_on=Peru",
        "--probe",
        16,
        "--choose",
        "anchors",
    )
    with Store.open(known / "s.db") as store:
        prober = Prober.of(store, "org/new+tiny.fail_on-Peru", store.benchmark_cards())
        failed = {(one.benchmark, one.question_id) for one in store.failures()}
        first, more, next_ones = (
            [(one.benchmark, one.question_id) for one in prober.choose("anchors", total, count, of)]
            for total, count, of in ((16, 16, None), (16 + len(failed), 100, None), (16, len(failed), store))
        )
        questions = prober.matrix.questions
        asked = {(questions.benchmarks[q], questions.ids[q]) for q in prober.probe(store).asked}
    assert 0 < len(failed) < 16
    assert asked | failed == set(first)
    assert len(next_ones) == len(failed)
    assert set(next_ones) <= set(more) - set(first)


def test_a_card_is_kept_though_nothing_is_left_to_ask(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    probe = ("org/new", "--backend", "tiny", "--probe", 10)
    assert call(known, *probe) == 0
    assert call(known, *probe, "--parameters", "7B", "--tag", "code", "--card", known / "cards") == 0
    with Store.open(known / "s.db") as store:
        card = store.model_cards()["org/new+tiny"]
    assert (card.parameters, card.tags) == (7 * 10**9, ("code",))
    assert [read_card(ModelCard, file) for file in (known / "cards").iterdir()] == [card]
    assert capsys.readouterr().out.count("s.db: the card of org/new+tiny.") == 2


def test_a_benchmark_that_nobody_was_asked_is_left_out_aloud(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(known / "s.db", write=True) as store:
        store.write_benchmark_card(BARE)
    assert call(known, "org/new", "--backend", "tiny", "--probe", 4) == 0
    assert "bare is left out: none of the other models was asked its questions." in capsys.readouterr().err


def test_questions_under_other_ids_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"org/known-{m},choice,x{q},text {q},{int(q % 4 < m)}" for m in range(5) for q in range(40)]
    (folder / "x.csv").write_text("model,benchmark,question_id,prompt,correct\n" + "\n".join(lines))
    with Store.open(folder / "s.db", write=True) as store:
        import_table(store, folder / "x.csv")
    assert call(folder, "org/new", "--backend", "tiny", "--benchmark", "choice", "--probe", 4) == 1
    assert (
        "None of the 4 questions chosen is among those that lm-eval's tasks have" in capsys.readouterr().err
    )
    assert cards_of(folder) == []


def test_a_probe_of_which_every_question_failed_before_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    knowing(folder, 6)
    broken = ("org/new", "--backend", "tiny", "--model_args", "fail_on=Question", "--benchmark", "choice")
    assert call(folder, *broken, "--limit", 6, "--fail-fast", 500) == 3
    assert call(folder, *broken, "--probe", 4) == 1
    assert "Every question that org/new+tiny.fail_on-Question could be probed with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--probe", 4],
            "knows 0 other models by most questions of answer, choice; a probe needs at least 3.",
        ),
        (["--explain"], "say with --probe how many questions"),
        (["--choose", "random"], "say with --probe how many questions"),
        (["--probe", 4, "--limit", 3], "leave --limit, --repeats and --overwrite out"),
        (["--probe", 4, "--from", "none.csv"], "leave --probe out"),
        (["--probe", 4, "--no-collect"], "leave one of them out"),
        (["--probe", 0, "--until-ci", 0.1], "--probe 0 asks nothing; leave --until-ci and --explain out."),
    ],
)
def test_a_probe_that_cannot_be_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[object], message: str
) -> None:
    assert call(folder, "org/new", "--backend", "dummy", *arguments) in (1, 2)
    assert message in capsys.readouterr().err
    assert cards_of(folder) == []


@pytest.mark.parametrize("count", [10, 14])
def test_the_intervals_of_auto_are_what_the_other_folds_would_have_taken_says(
    known: Path, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    capsys.readouterr()
    assert call(known, "org/new", "--backend", "tiny", "--probe", count) == 0
    out = capsys.readouterr().out
    with Store.open(known / "s.db") as store:
        prober = Prober.of(store, "org/new+tiny", store.benchmark_cards())
        settled = prober.try_ways(count).settled
        assert set(settled.without) > {settled.way}  # the folds do not agree
        asked = prober.probe(store)
        codes = prober.matrix.questions.benchmark_codes[1]
        without = []
        for fold, way in enumerate(settled.without):
            chooser = Chooser(way, np.ones(len(codes), dtype=bool), codes)
            folds = chooser.without_each_fold(prober.pool, count)
            without.append(
                chooser.choose(prober.pool, count).questions if folds is None else folds[fold].questions
            )
        estimator = AnsweredEstimator.of(prober.target, asked.asked, without, prober.cards.left_out)
        found = estimator.estimate([asked], [prober.pool.place(asked, prober.prior)])
        plain = prober.read(store, settled.way).predicted[-1]
    low, high = (f"{float(bound[0, -1]):.3f}" for bound in (found.low, found.high))
    assert re.search(rf"all +\S+ \[{low}, {high}\]", out)
    assert (f"{plain.low:.3f}", f"{plain.high:.3f}") != (low, high)


@pytest.mark.parametrize(("first", "vouching"), [("random", None), ("accuracy", "accuracy")])
def test_a_probe_that_accuracy_began_is_vouched_for_as_one_for_accuracy(
    known: Path, first: str, vouching: str | None
) -> None:
    """Questions chosen for accuracy suit the known models, so these were right of themselves too often."""
    assert call(known, "org/new", "--backend", "tiny", "--probe", 16, "--choose", first) == 0
    assert call(known, "org/new", "--backend", "tiny", "--probe", 32, "--choose", "random") == 0
    with Store.open(known / "s.db") as store:
        prober = Prober.of(store, "org/new+tiny", store.benchmark_cards())
        asked = prober.probe(store)
        codes = prober.matrix.questions.benchmark_codes[1]
        without = None
        if vouching:
            folds = Chooser(vouching, np.ones(len(codes), dtype=bool), codes).without_each_fold(
                prober.pool, 32
            )
            without = [fold.questions for fold in folds or ()]
        estimator = AnsweredEstimator.of(prober.target, asked.asked, without, prober.cards.left_out)
        found = estimator.estimate([asked], [prober.pool.place(asked, prober.prior)])
        for way in ("random", Settled("random", ("random",) * len(prober.pool.folds))):
            last = prober.read(store, way).predicted[-1]
            assert (last.low, last.high) == (found.low[0, -1], found.high[0, -1])
