"""What every method promises."""

from embedllm_bench.testing import check_method

from embedllm_bench_example_method.pooled_logistic import PooledLogistic


def test_it_keeps_the_contract_of_methods() -> None:
    check_method(PooledLogistic)
