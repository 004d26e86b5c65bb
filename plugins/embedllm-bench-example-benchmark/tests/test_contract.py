"""What every card promises."""

from embedllm_bench import Plugins
from embedllm_bench.testing import check_cards


def test_its_card_keeps_the_contract_of_cards() -> None:
    check_cards([Plugins().benchmarks["example/order-of-events"].thing.card])
