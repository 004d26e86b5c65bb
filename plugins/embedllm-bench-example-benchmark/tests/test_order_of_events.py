"""The questions, and that they can be asked."""

from collections import Counter
from pathlib import Path

from embedllm_bench import Plugins, Store
from embedllm_bench.collecting.collector import Settings
from embedllm_bench.collecting.estimating import dry_run
from embedllm_bench.collecting.tasks import manager_for


def test_the_right_choice_is_as_often_the_first_as_the_second() -> None:
    _, questions = Plugins().benchmarks["example/order-of-events"].thing.read()
    assert questions is not None
    assert Counter(item.answer for item in questions.of("test")) == {0: 12, 1: 12}
    assert Counter(item.subtask for item in questions.of("test")) == dict.fromkeys(
        ("cooking", "travel", "garden", "work"), 6
    )


def test_a_model_can_be_asked_all_of_them(tmp_path: Path) -> None:
    plugins = Plugins()
    card, questions = plugins.benchmarks["example/order-of-events"].thing.read()
    model = plugins.models["Qwen/Qwen3-0.6B"].thing
    assert questions is not None
    with Store.open(tmp_path / "s.db", write=True) as store:
        (estimate,) = dry_run(store, [model], [card], manager_for([card], None), Settings(), own=[questions])
    assert (estimate.benchmark, estimate.asked) == ("example/order-of-events", 24)
