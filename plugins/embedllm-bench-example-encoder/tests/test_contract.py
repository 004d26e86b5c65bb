"""What every encoder promises."""

from embedllm_bench.testing import check_encoder

from embedllm_bench_example_encoder.folded_words import FoldedWords


def test_it_keeps_the_contract_of_encoders() -> None:
    check_encoder(FoldedWords())
