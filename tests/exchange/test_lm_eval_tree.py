"""Trees that the real lm-eval has written, old and new; what can go wrong with them is done to copies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedllm_bench.errors import BenchError, DataError, UsageError
from embedllm_bench.exchange.base import ReadOptions
from embedllm_bench.exchange.exporting import export_table
from embedllm_bench.exchange.importing import import_table
from embedllm_bench.exchange.lm_eval_samples import SampleFile
from embedllm_bench.store.store import Store
from tests.cli.test_cli import call
from tests.exchange.make_lm_eval_tree import SHOWN
from tests.helpers import shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedllm_bench.exchange.importing import ImportReport

ROOT = Path(__file__).parents[2]
STRICT, FLEXIBLE = "strict-match", "flexible-extract"
Row = dict[str, object]


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lm-eval wrote; see ``make_lm_eval_tree``."""
    out = tmp_path_factory.mktemp("lm-eval")
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(out / "cache"), "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.exchange.make_lm_eval_tree", str(out)],
        cwd=ROOT,
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def copied(trees: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A tree of one's own."""
    return lambda name: shutil.copytree(trees / name, tmp_path / name)


def lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rewrite(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def samples(tree: Path, task: str, model: str = "*") -> Path:
    (path,) = tree.glob(f"{model}/samples_{task}_2*.jsonl")
    return path


def imported(path: Path, folder: Path, **options: object) -> tuple[ImportReport, list[Row]]:
    """Import into a new store and return what was said, and the rows it then holds."""
    shutil.rmtree(folder / "store", ignore_errors=True)
    (folder / "store").mkdir()
    with Store.open(folder / "store" / "s.db", write=True) as store:
        report = import_table(store, path, options=ReadOptions(**options))  # type: ignore[arg-type]
        export_table(store, folder / "store" / "out.jsonl", "jsonl")
    return report, lines(folder / "store" / "out.jsonl")


def refused(path: Path, folder: Path, **options: object) -> str:
    """The sentence, once nothing is known to have been kept."""
    with pytest.raises(BenchError) as caught:
        imported(path, folder, **options)
    with Store.open(folder / "store" / "s.db") as store:
        assert store.coverage() == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


def old(tree: Path) -> Path:
    """The tree as lm-eval before 0.4.5 wrote it: neither filters' and metrics' names, nor (there) results."""
    for path in tree.rglob("samples_*.jsonl"):
        rewrite(path, [{k: v for k, v in r.items() if k not in ("filter", "metrics")} for r in lines(path)])
    for path in tree.rglob("results_*.json"):
        path.unlink()
    return tree


def test_a_real_old_tree(tmp_path: Path) -> None:
    tree = shared("lm_eval_tree")
    report, rows = imported(tree, tmp_path)
    assert (report.models, report.questions, report.added, report.failed) == (1, 342, 342, 0)
    assert {row["model"] for row in rows} == {"EleutherAI/pythia-14m"}
    for part, count, mean in (
        ("arc", 100, 0.09),
        ("truthfulqa", 136, 0.110294),
        ("winogrande", 106, 0.518868),
    ):
        task = f"metabench_{part}_secondary"
        written = lines(samples(tree, task))
        expected = {row["doc_hash"]: row["acc"] for row in written}
        there = {row["question_id"]: row["correct"] for row in rows if row["benchmark"] == task}
        assert there == expected
        assert len(there) == count
        assert sum(acc == 1 for acc in expected.values()) / count == pytest.approx(mean, abs=1e-6)
    assert "Models named by folders, as no results file names them: EleutherAI/pythia-14m." in report.notes
    for text in (str(row["prompt"]) for row in rows):
        assert "human life expectancy" not in text  # of TruthfulQA's template, at 0 shots
        assert "mouse is homozygous" not in text  # of twentyfive_shot_preprompt
    winogrande = [str(row["prompt"]) for row in rows if "winogrande" in str(row["benchmark"])]
    assert winogrande[0].count("_") == 1
    assert all(text.count("\n") == 2 for text in winogrande)  # the sentence and two options, no examples
    assert len({str(row["prompt"]) for row in rows}) == 342


def test_models_join_on_their_questions_though_their_prompts_differ(trees: Path, tmp_path: Path) -> None:
    report, rows = imported(trees / "two", tmp_path, filter=STRICT)
    assert (report.models, report.questions, report.added) == (2, 24, 48)
    by_model = {
        model: {
            (row["benchmark"], row["question_id"], row["prompt"]) for row in rows if row["model"] == model
        }
        for model in ("org/alpha", "org/beta@v2")
    }
    assert by_model["org/alpha"] == by_model["org/beta@v2"]
    prompts = {
        model: {row["prompt_hash"] for row in lines(samples(trees / "two", "sums", model))}
        for model in ("org__alpha", "org__beta")
    }
    assert not prompts["org__alpha"] & prompts["org__beta"]
    assert SHOWN in samples(trees / "two", "sums", "org__alpha").read_text()
    assert not any(SHOWN in str(row["prompt"]) for row in rows)
    assert report.notes == (
        "Models named by results files: org/alpha, org/beta@v2.",
        "Metric acc: capital_of, city_in.",
        "Metric exact_match, filter strict-match: sums.",
        "Question text from question + choices: capital_of, city_in.",
        "Question text from problem: sums.",
    )


def test_labels_are_those_of_the_chosen_metric_and_filter(trees: Path, tmp_path: Path) -> None:
    written = lines(samples(trees / "two", "sums", "org__beta"))
    for name in (STRICT, FLEXIBLE):
        expected = {row["doc_hash"]: row["exact_match"] for row in written if row["filter"] == name}
        _, rows = imported(trees / "two" / "org__beta", tmp_path, filter=name)
        assert {r["question_id"]: r["correct"] for r in rows if r["benchmark"] == "sums"} == expected
        assert {r["question_id"]: r["score"] for r in rows if r["benchmark"] == "sums"} == expected
    capital = samples(trees / "two", "capital_of", "org__beta")
    _, rows = imported(capital, tmp_path, metric="acc_norm")
    assert [row["correct"] for row in rows].count(1) == sum(row["acc_norm"] == 1 for row in lines(capital))


def test_a_document_that_stands_twice_is_two_questions(trees: Path, tmp_path: Path) -> None:
    path = samples(trees / "two", "capital_of", "org__alpha")
    _, rows = imported(path, tmp_path)
    twice = str(lines(path)[2]["doc_hash"])
    assert Counter(row["attempt"] for row in rows) == {1: 9}
    assert {twice, f"{twice}#2"} <= {row["question_id"] for row in rows}
    (text,) = {row["prompt"] for row in rows if str(row["question_id"]).startswith(twice)}
    assert text == "What is the capital of Italy?\nA. Paris\nB. Madrid\nC. Rome\nD. Lima"


def test_the_folder_of_a_model_and_a_single_file_need_no_format(trees: Path, tmp_path: Path) -> None:
    folder, _ = imported(trees / "two" / "org__beta", tmp_path, filter=STRICT)
    file, rows = imported(samples(trees / "two", "city_in", "org__beta"), tmp_path)
    assert (folder.added, file.added) == (24, 9)
    assert {row["model"] for row in rows} == {"org/beta@v2"}


def test_several_filters_are_refused_until_one_is_chosen(trees: Path, tmp_path: Path) -> None:
    assert refused(trees / "two", tmp_path).endswith(
        "grades each question with several filters; choose one of strict-match, flexible-extract with --filter."
    )
    assert "has no filter 'loose'; choose one of strict-match" in refused(
        trees / "two", tmp_path, filter="loose"
    )


def test_unnamed_filters_are_refused_until_they_are_named(
    copied: Callable[[str], Path], tmp_path: Path
) -> None:
    tree = copied("two")
    expected: dict[str, dict[object, object]] = {STRICT: {}, FLEXIBLE: {}}
    for row in lines(samples(tree, "sums", "org__beta")):
        expected[str(row["filter"])][row["doc_hash"]] = row["exact_match"]
    old(tree)
    message = refused(tree, tmp_path)
    assert "has 2 rows a question and they do not name their filter" in message
    assert "--filter-order strict-match,flexible-extract" in message
    assert "--filter-order names 1" in refused(tree, tmp_path, filter_order=(STRICT,))
    order = (STRICT, FLEXIBLE)
    assert "is none of" in refused(tree, tmp_path, filter_order=order, filter="loose")
    for options, name in (({}, STRICT), ({"filter": FLEXIBLE}, FLEXIBLE)):
        report, rows = imported(tree, tmp_path, filter_order=order, **options)
        mine = [r for r in rows if r["benchmark"] == "sums" and r["model"] == "org/beta"]
        assert {row["question_id"]: row["correct"] for row in mine} == expected[name]
        assert len(mine) == 6  # never doubled
        assert f"Metric exact_match, filter {name} (by --filter-order): sums." in report.notes


def test_old_and_new_trees_join_on_the_same_questions(copied: Callable[[str], Path], tmp_path: Path) -> None:
    _, new = imported(copied("gguf"), tmp_path)
    tree = old(tmp_path / "gguf")
    for path in tree.rglob("samples_*.jsonl"):
        rewrite(path, [{k: v for k, v in row.items() if k != "doc_hash"} for row in lines(path)])
    _, rows = imported(tree, tmp_path)
    assert {row["question_id"] for row in rows} == {row["question_id"] for row in new}


def test_of_a_task_run_again_the_longest_run_counts_then_the_latest(trees: Path, tmp_path: Path) -> None:
    report, rows = imported(trees / "again", tmp_path)
    runs = sorted((trees / "again" / "org__gamma").glob("samples_*.jsonl"))
    assert [len(lines(run)) for run in runs] == [9, 9, 3]
    acc = {row["doc_id"]: row["acc"] for row in lines(runs[1])}
    assert Counter(row["correct"] for row in rows) == Counter(acc.values())
    assert report.notes[1] == (
        "Run again, so the longest counts, of equals the latest; not read:"
        f" org__gamma/{runs[0].name}, org__gamma/{runs[2].name}."
    )


def test_configurations_of_one_model_are_never_one_row(trees: Path, tmp_path: Path) -> None:
    report, rows = imported(trees / "apart", tmp_path, filter=STRICT)
    names = {str(row["model"]) for row in rows}
    prompted = next(name for name in names if "system" in name)
    assert names == {"org/delta:0-shot", "org/delta:2-shot", prompted}
    assert prompted.startswith("org/delta:system-")
    assert {(row["model"], row["benchmark"]) for row in rows} == {
        ("org/delta:0-shot", "capital_of"), ("org/delta:0-shot", "sums"), ("org/delta:2-shot", "capital_of"),
        ("org/delta:2-shot", "city_in"), (prompted, "city_in"),
    }  # fmt: skip
    assert {row["attempt"] for row in rows} == {1}
    assert any(note.startswith("Run in several configurations") for note in report.notes)


def test_files_of_weights_in_one_folder_are_models_of_their_own(trees: Path, tmp_path: Path) -> None:
    report, _ = imported(trees / "gguf", tmp_path)
    assert report.notes[0] == "Models named by results files: /weights:a.gguf, /weights:b.gguf."


def test_folders_that_nothing_tells_apart_are_refused(copied: Callable[[str], Path], tmp_path: Path) -> None:
    tree = old(copied("two"))
    shutil.copytree(tree / "org__beta", tree / "five_shots" / "org__beta")
    assert "are both named for org/beta" in refused(tree, tmp_path, filter_order=(STRICT, FLEXIBLE))


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("odd", {}, "holds several metrics; choose one of"),
        ("odd", {"metric": "acc"}, "has no metric 'acc'; choose one of"),
        ("odd", {"metric": "mcc"}, "line 1: metric mcc is a list, not one number a question"),
        ("odd", {"metric": "brier_score"}, "of metric brier_score less is better"),
        ("partly_right", {}, "is known to be the question of task partly_right, there are riddle, points"),
        ("partly_right", {"text_field": ("riddle",)}, r"gives partial credit \(0.5\); say with --threshold"),
        ("partly_right", {"text_field": ("five_shot_preprompt",)}, "holds examples with their answers"),
        ("partly_right", {"threshold": float("nan")}, "give a finite number"),
        ("ungraded", {}, "metric bypass grades nothing"),
    ],
)
def test_what_is_no_correctness_is_refused_with_the_choice(
    trees: Path, tmp_path: Path, file: str, options: dict[str, object], message: str
) -> None:
    path = trees / "ungraded" if file == "ungraded" else samples(trees / "odd", file)
    with pytest.raises(BenchError, match=message):
        imported(path, tmp_path, **options)


def test_partial_credit_needs_a_threshold_and_no_value_is_a_failure(trees: Path, tmp_path: Path) -> None:
    path = samples(trees / "odd", "partly_right")
    for threshold, correct in ((0.5, [1, 1, 0, None]), (0.6, [1, 0, 0, None])):
        report, rows = imported(path, tmp_path, threshold=threshold, text_field=("riddle",))
        rows.sort(key=lambda row: str(row["prompt"]))
        assert [row.get("correct") for row in rows] == correct
        assert [row.get("score") for row in rows] == [1, 0.5, 0, None]
        assert [row["state"] for row in rows] == ["graded"] * 3 + ["failed"]
        assert report.failed == 1
        assert report.notes[-1] == "Outcomes without a value of the metric, failed and not wrong: 1."


def test_a_choice_that_nothing_has_a_use_for_is_refused(trees: Path, tmp_path: Path) -> None:
    tree = trees / "gguf"
    assert "no metric 'nope'" in refused(tree, tmp_path, metric="nope")
    sums = samples(trees / "two", "sums", "org__beta")
    assert "has a use for --metric nope" in refused(sums, tmp_path, metric="nope", filter=STRICT)
    assert "has a use for --filter strict-match" in refused(tree, tmp_path, filter=STRICT)
    assert "has a use for --filter-order a,b" in refused(tree, tmp_path, filter_order=("a", "b"))
    assert "has a use for --text-field title" in refused(tree, tmp_path, text_field=("title",))
    (tmp_path / "t.csv").write_text("model,benchmark,question_id,prompt,correct\nm,b,1,x,1\n")
    with pytest.raises(UsageError, match=r"--threshold is for lm-eval's outputs, and .* is read as csv"):
        imported(tmp_path / "t.csv", tmp_path, threshold=0.5)


def test_the_same_tree_again_changes_nothing_but_another_choice_is_another_source(
    trees: Path, tmp_path: Path
) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        first = import_table(store, trees / "two", options=ReadOptions(filter=STRICT))
        again = import_table(store, trees / "two", options=ReadOptions(filter=STRICT))
        with pytest.raises(DataError, match="the store already has from another source"):
            import_table(store, trees / "two", options=ReadOptions(filter=FLEXIBLE))
    assert (first.added, again.already_imported) == (48, True)


def cut_last_line(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def replace_line(path: Path, text: bytes) -> None:
    rows = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*rows[:3], text + b"\n", *rows[4:]]))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (cut_last_line, "line 9: no JSON object, it is cut short; nothing was imported"),
        (lambda path: replace_line(path, b'"text"'), "line 4: no JSON object; nothing"),
        (lambda path: replace_line(path, b"{}"), "line 4: is no lm-eval sample, which has doc_id and doc"),
        (lambda path: replace_line(path, b'{"doc": "\xff\xfe"}'), "line 4: is not UTF-8 text"),
        (lambda path: replace_line(path, b"[" * 100_000), "line 4: no JSON object"),
    ],
)
def test_a_bad_line_is_refused_or_left_out_and_counted(
    copied: Callable[[str], Path], tmp_path: Path, harm: Callable[[Path], None], message: str
) -> None:
    path = samples(copied("two"), "city_in", "org__beta")
    harm(path)
    assert message in refused(path, tmp_path)
    report, rows = imported(path, tmp_path, skip_bad=True)
    assert (report.bad_rows, len(rows)) == (1, 8)


def test_a_bad_text_is_named_with_its_file_and_line(copied: Callable[[str], Path], tmp_path: Path) -> None:
    path = samples(copied("two"), "city_in", "org__beta")
    rows = lines(path)
    rows[3]["doc"] = {"question": "a\0"}
    rewrite(path, rows)
    assert f"org__beta/{path.name}, line 4: prompt holds a NUL" in refused(
        tmp_path / "two", tmp_path, filter=STRICT
    )
    assert f"{path}, line 4: prompt holds a NUL" in refused(path, tmp_path)


def test_a_row_without_its_metric_is_a_failure(copied: Callable[[str], Path], tmp_path: Path) -> None:
    path = samples(copied("two"), "city_in", "org__beta")
    rows = lines(path)
    del rows[0]["acc"]
    rewrite(path, rows)
    report, _ = imported(path, tmp_path)
    assert (report.added, report.failed) == (9, 1)


def test_of_unnamed_rows_an_incomplete_question_is_left_out(
    copied: Callable[[str], Path], tmp_path: Path
) -> None:
    path = samples(old(copied("two")), "sums", "org__beta")
    rewrite(path, lines(path)[1:])
    order = (STRICT, FLEXIBLE)
    assert "line 6: doc_id 0 has fewer than 2 rows" in refused(path, tmp_path, filter_order=order)
    report, rows = imported(path, tmp_path, filter_order=order, skip_bad=True)
    assert (report.bad_rows, len(rows)) == (1, 5)


def test_the_command_line_passes_every_choice_on_and_tells_those_made(trees: Path, tmp_path: Path) -> None:
    choices = ("--filter", STRICT, "--metric", "acc", "--store", tmp_path / "s.db")
    out = call("import", trees / "two", *choices)
    assert ": 48 outcomes of 2 models at 24 questions; " in out
    assert "Models named by results files: org/alpha, org/beta@v2.\n" in out
    path = samples(trees / "odd", "partly_right")
    out = call(
        "import", path, "--threshold", 0.5, "--text-field", "title, riddle", "--store", tmp_path / "s.db"
    )
    assert "Correct from score 0.5: partly_right.\nQuestion text from riddle: partly_right.\n" in out


def test_models_graded_by_different_metrics_are_refused(
    copied: Callable[[str], Path], tmp_path: Path
) -> None:
    tree = copied("two")
    path = samples(tree, "city_in", "org__beta")
    rewrite(path, [{k: v for k, v in row.items() if k not in ("acc", "metrics")} for row in lines(path)])
    assert "grades city_in by metric acc_norm and filter none, another file by acc and none" in refused(
        tree, tmp_path, filter=STRICT
    )
    _, rows = imported(tree, tmp_path, filter=STRICT, metric="acc_norm")
    assert len(rows) == 48


def test_a_file_with_no_readable_row_is_refused_even_then(trees: Path, tmp_path: Path) -> None:
    path = samples(trees / "odd", "partly_right")
    message = refused(path, tmp_path, skip_bad=True)
    assert message.endswith(
        "there are riddle, points (say which are with --text-field), and no other row of the file can be read."
    )


def test_broken_surroundings_are_one_sentence(copied: Callable[[str], Path], tmp_path: Path) -> None:
    tree = copied("two")
    results = next(tree.glob("org__beta/results_*.json"))
    kept = results.read_bytes()
    for content in (b"{", b"[]", b"\xff"):
        results.write_bytes(content)
        assert f"{results}" in refused(tree, tmp_path, filter=STRICT)
    results.write_bytes(kept)
    path = samples(tree, "sums", "org__beta")
    rows = lines(path)
    rewrite(path, [*rows, rows[0]])
    assert "line 13: doc_id 0 stands in line 1 too" in refused(tree, tmp_path, filter=STRICT)
    path.write_bytes(b"")
    assert f"{path} is empty" in refused(tree, tmp_path, filter=STRICT)
    assert f"{path} is empty" in refused(path, tmp_path)
    with pytest.raises(UsageError, match="is not recognised"):
        imported(tmp_path / "store", tmp_path)


def test_links_are_not_followed(copied: Callable[[str], Path], trees: Path, tmp_path: Path) -> None:
    tree = copied("gguf")
    (tree / "elsewhere").symlink_to(trees / "two")
    report, rows = imported(tree, tmp_path)
    assert {row["benchmark"] for row in rows} == {"capital_of"}
    assert any(note == f"Links are not followed: {tree / 'elsewhere'}." for note in report.notes)


ANSWERS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=30, deadline=None)
@given(ANSWERS, st.randoms(use_true_random=False))
def test_whatever_the_order_of_documents_each_has_the_row_of_the_chosen_filter(
    tmp_path_factory: pytest.TempPathFactory, answers: list[tuple[bool, bool]], random: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "samples_t_2024-11-26T10-50-23.jsonl"
    order = [number for number in range(len(answers)) for _ in range(2)]
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis's own generator
    seen: Counter[int] = Counter()
    rows: list[Row] = []
    for number in order:
        rows.append(
            {"doc_id": number, "doc": {"question": f"q{number}"}, "acc": float(answers[number][seen[number]])}
        )
        seen[number] += 1
    rewrite(path, rows)
    for place, name in enumerate("ab"):
        options = ReadOptions(filter=name, filter_order=("a", "b"))
        graded = SampleFile(path, "t", options).graded(frozenset())
        assert graded.correct == tuple(int(answer[place]) for answer in answers)
        assert [sample.text.text for sample in graded.samples] == [f"q{i}" for i in range(len(answers))]
