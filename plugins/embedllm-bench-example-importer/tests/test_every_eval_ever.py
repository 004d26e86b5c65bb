"""A file of the published schema, and what may be wrong in one."""

from pathlib import Path

import pytest
from embedllm_bench import Store, import_table
from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import ReadOptions

SAMPLES = Path(__file__).with_name("samples.jsonl")


def test_a_file_is_recognised_and_a_failed_request_is_not_wrong(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.db", write=True) as store:
        report = import_table(store, SAMPLES)
        cells = {(c.model, c.benchmark): (c.graded, c.correct, c.failed) for c in store.coverage()}
    assert (report.format, report.added, report.failed) == ("every-eval-ever", 4, 1)
    assert cells == {
        ("org/model-7b", "arithmetic"): (2, 1, 0),
        ("org/model-13b", "arithmetic"): (1, 1, 1),
    }


def test_other_json_lines_are_left_to_others(tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    table.write_text('{"model": "m", "benchmark": "b", "question_id": "1", "prompt": "?", "correct": 1}\n')
    with Store.open(tmp_path / "s.db", write=True) as store:
        assert import_table(store, table).format == "jsonl"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ('"is_correct": false', '"is_correct": null'),
            "line 2: is no answer of this format .is_correct is None, not true or",
        ),
        (('"model_id": "org/model-7b", "evaluation_name"', '"evaluation_name"'), "line 1: lacks 'model_id'"),
        (('"sample_id": "s2"', '"sample_id": ""'), "line 2: question_id is empty"),
    ],
)
def test_a_bad_line_is_named_and_can_be_left_out(
    change: tuple[str, str], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(SAMPLES.read_text().replace(*change, 1))
    with Store.open(tmp_path / "s.db", write=True) as store:
        with pytest.raises(DataError, match=message):
            import_table(store, file)
        report = import_table(store, file, options=ReadOptions(skip_bad=True))
    assert (report.added, report.bad_rows) == (3, 1)
