"""embedllm-bench add-benchmark: a benchmark from a card or from one of lm-eval's tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import writing


@click.command("add-benchmark")
@click.argument("name", metavar="TASK|CARD.toml")
@click.option("--id", "identity", metavar="ID", help="What to call it; the task's name, if not given.")
@click.option(
    "--metric", help="What says how right an answer is. [default: acc, exact_match, or the only one]"
)
@click.option("--filter", help="Which of the task's filters of an answer. [default: none, or the only one]")
@click.option(
    "--threshold", type=float, default=0.5, show_default=True, help="The least score that is right."
)
@click.option("--num-fewshot", "--num_fewshot", "num_fewshot", type=click.IntRange(0))
@click.option("--text", metavar="'{question}'", help="The question's text, from fields of its document.")
@click.option("--question-id", metavar="FIELD", help="The field that tells questions apart; else their hash.")
@click.option("--generative", metavar="ID", help="The benchmark to ask where there are no log-probabilities.")
@click.option(
    "--include-path",
    "--include_path",
    "include_path",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with task files of your own, as lm-eval's --include_path.",
)
@store_option
def command(
    name: str, identity: str | None, include_path: Path | None, store: str | None, **open_: Any
) -> None:
    """Add a benchmark: one of lm-eval's tasks or groups, or what a TOML card says.

    Its documents are looked through first: a text or an id that is missing, a right answer that is none of
    the choices, or no question at all is refused before any model is asked.
    """
    from embedllm_bench.cards import BenchmarkCard
    from embedllm_bench.cards.files import read_card
    from embedllm_bench.collect.benchmarks import Choices, make_benchmark_card
    from embedllm_bench.collect.tasks import task_manager

    if name.endswith(".toml"):
        card = read_card(BenchmarkCard, Path(name))
        with writing(store) as opened:
            opened.write_benchmark_card(card)
            click.echo(f"{opened.path}: the card of {card.id}.")
        return
    looked = make_benchmark_card(name, identity or name, Choices(**open_), task_manager([name], include_path))
    with writing(store) as opened:
        opened.write_benchmark_card(looked.card)
        click.echo(
            f"{opened.path}: the card of {looked.card.id}, {looked.questions} questions in {looked.tasks} tasks,"
            f" graded by {looked.card.metric} (filter {looked.card.filter}); {looked.repeated} repeat a text."
        )
