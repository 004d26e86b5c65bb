"""Ask some cells of a collected store again: ``python -m embedllm_bench_starter.again FOLDER [CELLS] [SEED]``.

FOLDER is where the starter was collected. Prints each cell whose answer is another one now, and the share.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from embedllm_bench import Store
from embedllm_bench.collecting.answering import answer
from embedllm_bench.collecting.backend import load_model
from embedllm_bench.collecting.endpoints import observe
from embedllm_bench.collecting.tasks import load_tasks, manager_for

if TYPE_CHECKING:
    from embedllm_bench.cards import BenchmarkCard, ModelCard

BATCH = 16


def main() -> None:
    folder, count, seed = Path(sys.argv[1]), *map(int, [*sys.argv[2:], "20", "0"][:2])
    os.chdir(folder)  # the weights' places are relative to it
    with Store.open("collecting.db") as store:
        models, benchmarks = store.model_cards(), store.benchmark_cards()
        cells = [
            (table.models[0], table.questions[q].benchmark, table.questions[q].question_id, int(c))
            for table in store.read_outcomes()
            for q, c in zip(table.question, table.correct, strict=True)
        ]
        drawn = random.Random(seed).sample(cells, count)  # noqa: S311 - repeatable, and nothing secret
        flipped = 0
        for name in dict.fromkeys(cell[0] for cell in drawn):
            of_model = [cell[1:] for cell in drawn if cell[0] == name]
            flipped += _ask(store, models[name], benchmarks, of_model)
    click.echo(f"{flipped} of {count} answers are other ones (cells drawn with seed {seed}).")


def _ask(
    store: Store, model: ModelCard, benchmarks: dict[str, BenchmarkCard], cells: list[tuple[str, str, int]]
) -> int:
    """Ask one model some (benchmark, question id, label then); how many labels are others now."""
    lm = load_model(model, BATCH, "cpu")
    flipped = 0
    for benchmark, identity, then in cells:
        card = benchmarks[benchmark]
        own = None if card.questions is None else store.question_set(card.questions)
        (task,) = load_tasks(card, model, manager_for([card], None), own)
        position = [question.question_id for question in task.questions].index(identity)
        (now,) = answer(lm, observe(lm), model, task, [position])
        same = now.correct is not None and int(now.correct) == then
        flipped += not same
        click.echo(f"{model.id} on {benchmark} {identity}: {then} then, {now.correct} now")
    return flipped


main()
