"""What every importer promises."""

from pathlib import Path

from embedllm_bench.testing import check_importer

from embedllm_bench_example_importer.every_eval_ever import EVERY_EVAL_EVER


def test_it_keeps_the_contract_of_importers() -> None:
    check_importer(EVERY_EVAL_EVER, Path(__file__).with_name("samples.jsonl"))
