"""embedllm-bench add-benchmark: a benchmark from one of lm-eval's tasks, a file of questions or a card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedllm_bench.cli.options import store_option
from embedllm_bench.cli.stores import writing

if TYPE_CHECKING:
    from embedllm_bench.collecting.benchmarks import Choices, Looked
    from embedllm_bench.registry import KnownBenchmark
    from embedllm_bench.store.store import Store

TASK_FILES = (".yaml", ".yml")  #: lm-eval's own


@click.command("add-benchmark")
@click.argument("name", metavar="TASK|QUESTIONS|CARD.toml|ID")
@click.option(
    "--id", "identity", metavar="ID", help="What to call it; the task's or file's name, if not given."
)
@click.option(
    "--metric", help="What says how right an answer is. [default: acc, exact_match, or the only one]"
)
@click.option("--filter", help="Which of the task's filters of an answer. [default: none, or the only one]")
@click.option(
    "--threshold", type=float, default=0.5, show_default=True, help="The least score that is right."
)
@click.option(
    "--pattern",
    metavar="REGEX",
    help="What of a generated answer is compared; its first line without quotes, if not given.",
)
@click.option(
    "--num-fewshot",
    "--num_fewshot",
    "num_fewshot",
    type=click.IntRange(0),
    help="Examples in each prompt, where the model does not say; the task's own number, if not given.",
)
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
    """Add a benchmark: one of lm-eval's tasks or groups, a file of questions, a TOML card, or a plugin's.

    A file of questions is JSONL, CSV or Parquet with columns question and answer, and as needed choices, id,
    split (test, or fewshot for examples in prompts) and subtask. It is kept in the store.

    Questions are looked through first: a text or an id that is missing, a right answer that is none of
    the choices, or no question at all is refused before any model is asked.
    """
    from embedllm_bench.collecting.benchmarks import Choices, make_benchmark_card
    from embedllm_bench.collecting.tasks import task_manager
    from embedllm_bench.errors import UsageError
    from embedllm_bench.exchange.question_file import SUFFIXES

    if not name.strip() or (identity is not None and not identity.strip()):
        raise UsageError("A benchmark needs a name: that of one of lm-eval's tasks, a file or a card.")
    file, choices = Path(name), Choices(**open_)
    if file.suffix == ".toml":
        _add_card(file, store)
    elif file.suffix.lower() in SUFFIXES or (file.is_file() and file.suffix.lower() not in TASK_FILES):
        _add_questions(file, identity, choices, store)
    elif (known := _of_plugin(name)) is not None:
        _add_known(known, identity, choices, store)
    else:
        looked = make_benchmark_card(name, identity or name, choices, task_manager([name], include_path))
        with writing(store) as opened:
            opened.write_benchmark_card(looked.card)
            _say(opened, looked)


def _add_card(file: Path, store: str | None) -> None:
    from embedllm_bench.cards import BenchmarkCard
    from embedllm_bench.cards.files import read_card

    card = read_card(BenchmarkCard, file)
    with writing(store) as opened:
        if card.questions is not None:
            opened.question_set(card.questions)  # refuses a card whose questions are not there
        opened.write_benchmark_card(card)
        click.echo(f"{opened.path}: the card of {card.id}.")


def _add_questions(file: Path, identity: str | None, choices: Choices, store: str | None) -> None:
    from embedllm_bench.cards.ids import is_benchmark_id
    from embedllm_bench.collecting.benchmarks import make_question_card
    from embedllm_bench.errors import UsageError
    from embedllm_bench.exchange.question_file import read_questions

    questions = read_questions(file)
    if identity is None and not is_benchmark_id(file.stem):
        raise UsageError(f"{file.name!r} gives the benchmark no name; give it one with --id.")
    looked = make_question_card(identity or file.stem, questions, choices)
    with writing(store) as opened:
        opened.write_benchmark_card(looked.card, questions)
        _say(opened, looked)


def _of_plugin(name: str) -> KnownBenchmark | None:
    """The benchmark of that id that a plugin brings; those of the registry are lm-eval's tasks."""
    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.errors import PluginError

    catalog = heard(plugins().benchmarks)
    if name in catalog.claimed:
        raise PluginError(str(catalog.claimed[name]))
    entry = catalog.get(name)
    return None if entry is None or entry.plugin == "built-in" else entry.thing


def _add_known(known: KnownBenchmark, identity: str | None, choices: Choices, store: str | None) -> None:
    from embedllm_bench.collecting.benchmarks import Choices, Looked
    from embedllm_bench.errors import UsageError

    if choices != Choices() or identity not in (None, known.card.id):
        raise UsageError(
            f"The plugin's card says how {known.card.id} is asked and graded; leave the options out."
        )
    card, questions = known.read()
    with writing(store) as opened:
        opened.write_benchmark_card(card, questions)
        if questions is None:
            click.echo(f"{opened.path}: the card of {card.id}.")
        else:
            _say(opened, Looked(card, 1, len(questions.of("test")), questions.repeated))


def _say(store: Store, looked: Looked) -> None:
    from embedllm_bench.wording import counted

    card = looked.card
    tasks = f" in {looked.tasks} tasks" if looked.tasks > 1 else ""
    click.echo(
        f"{store.path}: the card of {card.id}, {counted(looked.questions, 'question')}{tasks}, graded by {card.metric}"
        f" (filter {card.filter}); {looked.repeated} repeat a text."
    )
