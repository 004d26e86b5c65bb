from __future__ import annotations

import csv
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedllm_bench.errors import DataError, UsageError
from embedllm_bench.exchange.base import ReadOptions
from embedllm_bench.exchange.embedllm_export import export_release
from embedllm_bench.exchange.importing import ImportReport, import_table
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.splits import question_split
from embedllm_bench.store.store import Store
from tests.helpers import SHARED, shared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMNS = ("prompt_id", "model_id", "category_id", "label", "prompt", "model_name", "category")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("model", "benchmark", "question_id", "prompt", "split", "state")]
    + [("correct", pa.int8())]
)
#: a small release: file -> (prompt, model, label) of each row
SMALL = {
    "train.csv": [(0, 0, 1), (1, 0, 0), (1, 0, 1), (0, 1, 0), (1, 1, 1)],
    "val.csv": [(2, 0, 1), (2, 1, 0)],
    "test.csv": [(3, 0, 0), (3, 1, 0)],
}
MODEL_ORDER = "model_id,model_name\n0,org/m0\n1,org/m1\n2,org/m2\n"
QUESTION_ORDER = "prompt_id,prompt\n" + "".join(f'{q},"prompt {q},\nsecond line"\n' for q in range(6))


def text(prompt: int) -> str:
    return f"prompt {prompt},\nsecond line"


def full_rows(rows: Iterable[tuple[int, int, int]]) -> list[list[object]]:
    return [
        [prompt, model, prompt % 2, label, text(prompt), f"org/m{model}", f"b{prompt % 2}"]
        for prompt, model, label in rows
    ]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_release(folder: Path, files: Mapping[str, Sequence[tuple[int, int, int]]] = SMALL) -> Path:
    """Files as pandas writes them, with an unnamed index in front, and without order files."""
    folder.mkdir(exist_ok=True)
    for name, rows in files.items():
        write_csv(folder / name, ("", *COLUMNS), [[i, *row] for i, row in enumerate(full_rows(rows))])
    return folder


def imported(folder: Path, db: Path, *, skip_bad: bool = False) -> ImportReport:
    with Store.open(db, write=True) as store:
        return import_table(store, folder, kind="embedllm", options=ReadOptions(skip_bad=skip_bad))


def labels_in(db: Path) -> dict[tuple[str, str, str], list[int]]:
    """(model, benchmark, text) -> the labels of its attempts, in order."""
    found = defaultdict(list)
    with Store.open(db) as store:
        for outcomes in store.read_outcomes():
            rows = zip(outcomes.question.tolist(), outcomes.correct.tolist(), strict=True)
            for question, correct in rows:
                asked = outcomes.questions[question]
                found[outcomes.models[0], asked.benchmark, asked.text].append(correct)
    return dict(found)


def cells(db: Path, labels: LabelConvention) -> dict[tuple[str, str], tuple[int, int]]:
    """(model, text) -> (correct, attempts) of each observed cell of the store's matrix."""
    with Store.open(db) as store:
        matrix = store.matrix(np.zeros((len(store.questions()), 1), dtype=np.float32), labels)
    return {
        (matrix.models[m], matrix.questions.texts[q]): (int(matrix.correct[m, q]), int(matrix.attempts[m, q]))
        for m, q in zip(*np.nonzero(matrix.observed), strict=True)
    }


def test_rows_become_attempts_in_file_order_and_files_the_published_split(tmp_path: Path) -> None:
    report = imported(write_release(tmp_path / "r"), tmp_path / "s.db")
    assert (report.models, report.questions, report.added, report.notes) == (2, 4, 9, ())
    assert report.ignored_columns == ()
    assert labels_in(tmp_path / "s.db") == {
        ("org/m0", "b0", text(0)): [1],
        ("org/m0", "b1", text(1)): [0, 1],
        ("org/m0", "b0", text(2)): [1],
        ("org/m0", "b1", text(3)): [0],
        ("org/m1", "b0", text(0)): [0],
        ("org/m1", "b1", text(1)): [1],
        ("org/m1", "b0", text(2)): [0],
        ("org/m1", "b1", text(3)): [0],
    }
    with Store.open(tmp_path / "s.db") as store:
        assert store.published_parts() == {
            ("b0", "0"): "train", ("b1", "1"): "train", ("b0", "2"): "validation", ("b1", "3"): "test",
        }  # fmt: skip


def test_a_folder_is_recognised_and_the_same_again_changes_nothing(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r")
    with Store.open(tmp_path / "s.db", write=True) as store:
        assert import_table(store, folder).added == 9
        assert import_table(store, folder).already_imported
        (folder / "train.csv").unlink()
        (folder / "val.csv").rename(folder / "train.csv")  # another file is another part
        with pytest.raises(DataError, match="split 'validation', not 'train'"):
            import_table(store, folder)
        for path in (tmp_path, "owner/name"):
            with pytest.raises(UsageError, match="not recognised; say what it is with --format"):
                import_table(store, path)


def test_a_prompt_in_several_categories_is_one_question_of_the_first(tmp_path: Path) -> None:
    rows = full_rows([(0, 0, 1), (0, 0, 0), (0, 1, 1), (1, 0, 1)])
    rows[1][-1] = rows[2][-1] = "b0_few_shot"
    (tmp_path / "r").mkdir()
    write_csv(tmp_path / "r" / "train.csv", COLUMNS, rows)
    report = imported(tmp_path / "r", tmp_path / "s.db")
    first, second = report.notes
    assert first == "Without val.csv and test.csv the published split has no validation or test questions."
    assert second.startswith("1 prompts stand in several categories; the rows of each are attempts at one")
    assert labels_in(tmp_path / "s.db") == {
        ("org/m0", "b0", text(0)): [1, 0],
        ("org/m1", "b0", text(0)): [1],
        ("org/m0", "b1", text(1)): [1],
    }


def test_numbers_stand_for_categories_and_pandas_floats_for_ids(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    rows = [
        [f"{r[0]}.0" if i % 2 else r[0], f"{r[1]}.0", *r[2:6]]
        for i, r in enumerate(full_rows(SMALL["train.csv"]))
    ]
    write_csv(tmp_path / "r" / "train.csv", COLUMNS[:-1], rows)
    (tmp_path / "r" / "model_order.csv").write_text(MODEL_ORDER)
    report = imported(tmp_path / "r", tmp_path / "s.db")
    assert report.notes[1] == "There is no column category; the numbers in category_id name the benchmarks."
    assert sorted(labels_in(tmp_path / "s.db").items()) == [
        (("org/m0", "0", text(0)), [1]),
        (("org/m0", "1", text(1)), [0, 1]),
        (("org/m1", "0", text(0)), [0]),
        (("org/m1", "1", text(1)), [1]),
    ]
    with Store.open(tmp_path / "s.db") as store:
        assert store.questions().ids == ("0", "1")


def test_other_columns_are_reported_and_not_read(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r")
    lines = (folder / "val.csv").read_text().replace("category\n", "category,cost,note\n")
    (folder / "val.csv").write_text(lines.replace(",b0\n", ",b0,free,x\n"))
    report = imported(folder, tmp_path / "s.db")
    assert report.ignored_columns == ("cost", "note")
    with Store.open(tmp_path / "s.db") as store:
        assert [outcomes.cost for outcomes in store.read_outcomes()] == [None, None]


def test_an_order_file_may_list_more(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r")
    (folder / "model_order.csv").write_text(MODEL_ORDER)
    (folder / "question_order.csv").write_text(QUESTION_ORDER)
    assert imported(folder, tmp_path / "s.db").added == 9


#: file to change, what, into what; the sentence. A prompt takes two lines, so rows begin on even ones.
WRONG = [
    ("train.csv", ",0,1,0,0,", ",0,1,0,2,", "r, train.csv, line 8: label is '2', not 0 or 1"),
    ("train.csv", ",0,1,0,0,", ",0,1,0,,", "r, train.csv, line 8: label is empty; leave the row out; nothing"),
    ("val.csv", ",org/m1,b0", ",,b0", "r, val.csv, line 4: model_name is empty"),
    ("val.csv", ",org/m1,b0", ",org/m1,", "r, val.csv, line 4: category is empty"),
    ("val.csv", ",org/m0,b0", ",org/m0,", "r, val.csv, line 2: category is empty"),
    ("test.csv", "1,3,1,", "1,,1,", "r, test.csv, line 4: prompt_id is empty"),
    ("test.csv", ",prompt_id,", ",prompt,", "test.csv has the column prompt more than once"),
    ("test.csv", ",label,", ",score,", "test.csv lacks the column label; a file of the EmbedLLM release has"),
    ("test.csv", "model_name,category", "model,task", "test.csv lacks the column model_name; "),
    ("val.csv", ",category\n", "\n", "Some files of .*r lack the column category that others have"),
    ("test.csv", '",org/m1,b1\n', '"\n', "test.csv, line 4: has 6 fields where the header has 8"),
    ("test.csv", ",org/m1,b1\n", ",org/m1,b", "test.csv does not end with a line break"),
    ("test.csv", "0,3,0,1,0,", "0,1,0,1,0,", "r, test.csv, line 2: its question stands earlier with another"),
    ("test.csv", "1,3,1,1,0,\"prompt 3", "1,3,1,1,0,\"other", "r, test.csv, line 4: its question stands earlier"),
    ("val.csv", "1,2,1,", "1,2,7,", "r, val.csv, line 4: model 'org/m1' has model_id '7' here and '1' earlier"),
    ("val.csv", "1,2,1,", "1,2,0,", "r, val.csv, line 4: model_id '0' is 'org/m1' here and 'org/m0' earlier"),
    ("model_order.csv", "1,org/m1", "1,org/m3", "r, train.csv, line 8: model 'org/m1' is not in the order file; "),
    ("model_order.csv", "1,org/m1", "4,org/m1", "line 8: model 'org/m1' has model_id '1' here and '4' in the order"),
    ("model_order.csv", "2,org/m2", "0,org/m2", "model_order.csv, line 4: model_id '0' stands earlier with another"),
    ("model_order.csv", "2,org/m2", "2,", "model_order.csv, line 4: model_id or model_name is empty"),
    ("model_order.csv", "model_name", "name", "model_order.csv lacks the column model_name"),
    ("question_order.csv", '3,"prompt 3', '3,"other 3', "r, test.csv, line 2: prompt_id '3' has another prompt"),
    ("question_order.csv", '3,"prompt 3', '9,"prompt 3', "r, test.csv, line 2: prompt_id '3' is not in the order"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), WRONG)
def test_what_is_wrong_is_one_sentence_and_nothing_is_kept(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    folder = write_release(tmp_path / "r")
    if "order" in name:
        (folder / "model_order.csv").write_text(MODEL_ORDER)
        (folder / "question_order.csv").write_text(QUESTION_ORDER)
    content = (folder / name).read_text()
    assert old in content
    (folder / name).write_text(content.replace(old, new, 1))
    with pytest.raises(DataError, match=message) as caught:
        imported(folder, tmp_path / "s.db")
    assert "\n" not in str(caught.value)
    with Store.open(tmp_path / "s.db") as store:
        assert store.coverage() == []


def test_bad_rows_can_be_left_out(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r")
    with (folder / "val.csv").open("a") as file:
        file.write('2,2,1,0,maybe,"x",org/m1,b0\n3,4\n')
    report = imported(folder, tmp_path / "s.db", skip_bad=True)
    assert (report.added, report.bad_rows) == (9, 2)


def test_what_is_no_release_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_release(tmp_path / "r")
    for path, message in (
        (tmp_path / "empty", "holds none of train.csv, val.csv, test.csv"),
        (tmp_path / "r" / "train.csv", "is a file; give the folder that holds"),
        (tmp_path / "missing", "There is no folder .*missing, and it is no hub dataset id"),
    ):
        with pytest.raises(DataError, match=message):
            imported(path, tmp_path / "s.db")
    for name in ("train.csv", "val.csv", "test.csv"):
        (tmp_path / "r" / name).write_text(",".join(COLUMNS) + "\n")
    with pytest.raises(DataError, match="holds no outcome"):
        imported(tmp_path / "r", tmp_path / "s.db")


def as_each_project_does(
    rows: Sequence[tuple[int, int, int]],
) -> dict[LabelConvention, dict[tuple[str, str], tuple[int, int]]]:
    """What the four projects make of the rows, written from what each is known to do: (correct, counted)."""
    answers = defaultdict(list)
    for prompt, model, label in rows:
        answers[f"org/m{model}", text(prompt)].append(label)
    return {
        # EmbedLLM mf.py: every row is a training example
        LabelConvention.RAW: {cell: (sum(given), len(given)) for cell, given in answers.items()},
        # EmbedLLM knn.py: grouped by model and prompt, the largest label
        LabelConvention.MAX: {cell: (max(given), 1) for cell, given in answers.items()},
        # LOCUS: a later row overwrites an earlier one
        LabelConvention.LAST: {cell: (given[-1], 1) for cell, given in answers.items()},
        # irt-llm-budget-eval: the label of more than half of the rows; a tie is missing
        LabelConvention.MAJORITY: {
            cell: (int(sum(given) > len(given) / 2), 1)
            for cell, given in answers.items()
            if sum(given) != len(given) / 2
        },
        # IrtNet: correct if at least half of the rows are
        LabelConvention.MAJORITY_TIES_CORRECT: {
            cell: (int(sum(given) >= len(given) / 2), 1) for cell, given in answers.items()
        },
    }


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=40))
def test_each_convention_does_what_its_project_does(rows: list[tuple[int, int, int]]) -> None:
    files = {
        name: [row for row in rows if row[0] % 3 == part]
        for part, name in enumerate(("train.csv", "val.csv", "test.csv"))
    }
    with TemporaryDirectory() as name:
        folder = Path(name)
        imported(write_release(folder / "r", files), folder / "s.db")
        found = {labels: cells(folder / "s.db", labels) for labels in LabelConvention}
    expected = as_each_project_does(rows)
    assert found == expected
    strict = expected[LabelConvention.MAJORITY]
    lenient = expected[LabelConvention.MAJORITY_TIES_CORRECT]
    ties = {cell for cell, (right, n) in expected[LabelConvention.RAW].items() if 2 * right == n}
    # IrtNet differs from the default in ties, where it has a correct answer instead of none, and nowhere else
    assert lenient == strict | dict.fromkeys(ties, (1, 1))
    assert not ties & strict.keys()


def made_by_script(folder: Path, table: str, *options: object) -> Path:
    script = SHARED.parent / "scripts" / "embedllm_csv.py"
    if not script.exists():
        pytest.skip(f"the script that makes releases is not here: {script}")
    command = [sys.executable, script, shared(f"{table}/outcomes.parquet"), folder, *options]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(
    ("table", "options", "models", "questions"),
    [
        ("routerbench_part", ("--questions", 300), 11, 300),
        pytest.param(
            "openllm_v1_dense", ("--models", 40, "--questions", 300), 40, 300, marks=pytest.mark.long
        ),
    ],
)
def test_a_release_made_from_real_outcomes_is_read_to_the_last_row(
    tmp_path: Path, table: str, options: tuple[object, ...], models: int, questions: int
) -> None:
    folder = made_by_script(tmp_path / "r", table, "--duplicates", 0.13, *options)
    rows = pd.concat(pd.read_csv(folder / f"{part}.csv") for part in ("train", "val", "test"))
    repeated = rows.groupby(["model_name", "prompt_id"]).label.agg(["size", "nunique"])
    report = imported(folder, tmp_path / "s.db")
    assert (report.models, report.questions, report.added) == (models, questions, len(rows))
    stored = labels_in(tmp_path / "s.db")
    assert sum(len(labels) > 1 for labels in stored.values()) == int((repeated["size"] > 1).sum()) > 0
    assert sum(len(set(labels)) > 1 for labels in stored.values()) == int((repeated["nunique"] > 1).sum()) > 0
    in_order = rows.groupby(["model_name", "category", "prompt"], sort=False).label.agg(list).to_dict()
    assert stored == in_order
    with Store.open(tmp_path / "s.db") as store:
        parts = list(store.published_parts().values())
    sizes = [parts.count(part) for part in ("train", "validation", "test")]
    assert sizes == [questions * 8 // 10, questions // 10, questions // 10]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, object]]:
    """Long tables of up to six questions in two benchmarks, some attempts failed or numbered with gaps."""
    texts = draw(st.lists(TEXT, min_size=6, max_size=6, unique=True))
    ids = draw(st.sampled_from([["0", "1", "2", "3", "4", "5"], ["a", "b", "c", "a ", "10", "9"]]))
    models = draw(st.lists(TEXT, min_size=3, max_size=3, unique=True))
    parts = draw(
        st.just([None] * 6) | st.lists(st.sampled_from(["train", "val", "test"]), min_size=6, max_size=6)
    )
    answers = draw(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 5), st.sampled_from([0, 1, 1, None])),
            min_size=1,
            max_size=30,
        )
    )
    return [
        {
            "model": models[model], "benchmark": "xy"[question % 2], "question_id": ids[question],
            "prompt": texts[question], "correct": correct, "split": parts[question],
            "state": "graded" if correct is not None else "failed",
        }
        for model, question, correct in answers
    ]  # fmt: skip


def parts_by_text(db: Path) -> dict[str, str]:
    with Store.open(db) as store:
        stored, parts = store.questions(), store.published_parts()
    keys = zip(stored.benchmarks, stored.ids, stored.texts, strict=True)
    return {text: parts[benchmark, identity] for benchmark, identity, text in keys if parts}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_what_is_exported_comes_back_as_the_same_matrix(rows: list[dict[str, object]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "t.parquet")
        with Store.open(folder / "first.db", write=True) as store:
            import_table(store, folder / "t.parquet")
            if all(row["state"] == "failed" for row in rows):
                with pytest.raises(DataError, match="holds no graded outcome"):
                    export_release(store, folder / "r")
                assert not [path for path in folder.iterdir() if "r" in path.name.split(".")]
                return
            report = export_release(store, folder / "r")
        imported(folder / "r", folder / "second.db")
        for labels in LabelConvention:
            assert cells(folder / "second.db", labels) == cells(folder / "first.db", labels)
        failed = sum(row["state"] == "failed" for row in rows)
        assert (report.outcomes, report.left_out.get("failed outcomes", 0)) == (len(rows) - failed, failed)
        kept, given_parts = parts_by_text(folder / "second.db"), parts_by_text(folder / "first.db")
        if given_parts:
            assert report.split == "published"
            assert kept.items() <= given_parts.items()  # a question that only failed has no row
        with Store.open(folder / "second.db") as store:
            export_release(store, folder / "again")
        if not failed:
            for file in sorted((folder / "r").iterdir()):  # its numbers are kept from now on
                assert (folder / "again" / file.name).read_bytes() == file.read_bytes()


def test_an_export_is_what_the_released_scripts_read(tmp_path: Path) -> None:
    """mf.py trains on the numbers; question vectors are made from the order file and looked up by position."""
    write_csv(
        tmp_path / "t.csv",
        ("model", "benchmark", "question_id", "prompt", "correct", "split"),
        [
            (f"org/m{m}", f"b{q % 3}", f"id-{q}", text(q), (q + m) % 2, ["train", "val", "test"][q // 8])
            for m in range(3)
            for q in range(24)
        ],
    )
    with Store.open(tmp_path / "s.db", write=True) as store:
        import_table(store, tmp_path / "t.csv")
        report = export_release(store, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["out"]
    assert (report.split, report.questions) == ("published", {"train": 8, "validation": 8, "test": 8})
    assert (report.outcomes, report.models, report.left_out, report.absent) == (72, 3, {}, 0)
    order = pd.read_csv(tmp_path / "out" / "question_order.csv")
    names = pd.read_csv(tmp_path / "out" / "model_order.csv", index_col=0)
    assert list(order.columns) == ["prompt_id", "category", "prompt"]
    assert order.prompt_id.tolist() == list(range(24))
    assert names.to_dict("list") == {"model_id": [0, 1, 2], "model_name": ["org/m0", "org/m1", "org/m2"]}
    for name, first in (("train", 0), ("val", 8), ("test", 16)):
        rows = pd.read_csv(tmp_path / "out" / f"{name}.csv", index_col=0)
        assert list(rows.columns) == list(COLUMNS)
        assert rows.index.tolist() == list(range(24))
        assert rows.model_id.tolist() == [0] * 8 + [1] * 8 + [2] * 8
        assert (rows.prompt == order.prompt[rows.prompt_id].to_numpy()).all()
        asked = rows.prompt.str.extract(r"prompt (\d+)", expand=False).astype(int)
        assert sorted(asked[rows.model_id == 1]) == list(range(first, first + 8))
        assert (rows.label == (asked + rows.model_id) % 2).all()
        assert (rows.category == "b" + (asked % 3).astype(str)).all()
        assert (rows.category_id == asked % 3).all()


def test_what_a_release_has_no_place_for_is_counted(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "t.csv",
        (
            "model",
            "benchmark",
            "question_id",
            "prompt",
            "correct",
            "attempt",
            "state",
            "score",
            "cost",
            "subtask",
        ),
        [
            ("m", "b", "1", "x", 1, 1, "graded", 0.5, 0.01, "s"),
            ("m", "b", "1", "x", "", 2, "failed", "", 0.01, "s"),
            ("m", "b", "1", "x", 0, 3, "graded", "", 0.01, "s"),
            ("m", "b", "2", "y", 0, 1, "graded", "", "", ""),
            ("n", "b", "1", "x", "", 1, "failed", "", "", "s"),
        ],
    )
    with Store.open(tmp_path / "s.db", write=True) as store:
        import_table(store, tmp_path / "t.csv")
        report = export_release(store, tmp_path / "out")
    assert report.left_out == {
        "sub-tasks": 1, "failed outcomes": 2, "scores": 1, "costs": 3, "attempt numbers that leave a gap": 1,
        "models that only failed": 1,
    }  # fmt: skip
    assert (report.outcomes, report.models) == (3, 1)


def test_an_export_that_cannot_be_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    header = ("model", "benchmark", "question_id", "prompt", "correct", "split")
    write_csv(tmp_path / "t.csv", header, [("m", "b", 1, "x", 1, "train"), ("m", "b", 2, "y", 1, "")])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with Store.open(tmp_path / "s.db", write=True) as store:
        import_table(store, tmp_path / "t.csv")
        for path, message in (
            ("full", "full is not empty; give a folder"),
            ("t.csv", "t.csv is a file; give a folder"),
            ("no/where", "cannot be written: No such file"),
            ("out", "1 of 2 questions have no part in the published split"),
        ):
            before = sorted(tmp_path.iterdir())
            with pytest.raises(DataError, match=message):
                export_release(store, tmp_path / path)
            assert sorted(tmp_path.iterdir()) == before


def test_models_that_a_file_lacks_are_counted(tmp_path: Path) -> None:
    files = {**SMALL, "test.csv": [(3, 0, 0)]}
    imported(write_release(tmp_path / "r", files), tmp_path / "s.db")
    with Store.open(tmp_path / "s.db") as store:
        assert export_release(store, tmp_path / "out").absent == 1


def test_without_a_published_split_the_export_has_ours(tmp_path: Path) -> None:
    header = ("model", "benchmark", "question_id", "prompt", "correct")
    write_csv(tmp_path / "t.csv", header, [("m", "b", f"q{i}", text(i), i % 2) for i in range(40)])
    with Store.open(tmp_path / "s.db", write=True) as store:
        import_table(store, tmp_path / "t.csv")
        report = export_release(store, tmp_path / "out")
        questions = store.matrix(np.zeros((40, 1), dtype=np.float32)).questions
    ours = question_split(questions, seed=0)
    assert (report.split, report.questions) == (ours.name, {"train": 32, "validation": 4, "test": 4})
    for name, part in (("train", ours.train), ("val", ours.validation), ("test", ours.test)):
        prompts = pd.read_csv(tmp_path / "out" / f"{name}.csv").prompt
        assert sorted(prompts) == sorted(questions.texts[i] for i in part)
