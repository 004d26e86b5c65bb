"""Make output trees with the real lm-eval and its model without weights; run in a process of its own.

python -m tests.exchange.make_lm_eval_tree OUT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

#: Words that only few-shot examples hold, so that a test can look for them.
SHOWN = "zebra"
COUNTRIES = ("France", "Spain", "Italy", "Peru", "Chad", "Cuba", "Iran", "Oman")
CAPITALS = ("Paris", "Madrid", "Rome", "Lima", "N'Djamena", "Havana", "Tehran", "Muscat")
CHOICE = """
task: {task}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/{task}.jsonl, train: {folder}/{task}_shown.jsonl}}}}
output_type: multiple_choice
test_split: test
fewshot_split: train
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_choice: choices
doc_to_target: answer
metric_list: [{{metric: acc}}, {{metric: acc_norm}}]
"""
GENERATED = """
task: sums
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/sums.jsonl, train: {folder}/sums_shown.jsonl}}}}
output_type: generate_until
test_split: test
fewshot_split: train
doc_to_text: "{{{{problem}}}} ="
doc_to_target: answer
generation_kwargs: {{until: ["\\n"]}}
metric_list: [{{metric: exact_match}}]
filter_list:
  - {{name: strict-match, filter: [{{function: regex, regex_pattern: "(lol)"}}, {{function: take_first}}]}}
  - {{name: flexible-extract, filter: [{{function: regex, regex_pattern: "(l)"}}, {{function: take_first}}]}}
"""
ODD = """
task: odd
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/capital_of.jsonl}}}}
output_type: multiple_choice
test_split: test
doc_to_text: question
doc_to_choice: choices
doc_to_target: answer
metric_list: [{{metric: acc_norm}}, {{metric: mcc}}, {{metric: brier_score}}]
"""
PARTLY = """
task: partly_right
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/partly_right.jsonl}}}}
output_type: generate_until
test_split: test
doc_to_text: riddle
doc_to_target: ""
process_results: !function grading.grade
generation_kwargs: {{until: ["\n"]}}
metric_list: [{{metric: points, aggregation: mean, higher_is_better: true}}]
"""
GRADING = """
def grade(doc, results):
    return {"points": float("nan") if doc["points"] is None else doc["points"]}
"""


def write_tasks(folder: Path) -> None:
    """Two multiple-choice tasks in a group, a generated one with two filters, and two odd ones."""

    def write(name: str, rows: list[dict[str, object]]) -> None:
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    for task, asked in (("capital_of", "capital"), ("city_in", "largest city")):
        rows: list[dict[str, object]] = [
            {"question": f"What is the {asked} of {name}?", "choices": list(CAPITALS[:4]), "answer": i % 4}
            for i, name in enumerate(COUNTRIES)
        ]
        rows.append(rows[2])  # a document that stands twice
        shown = [
            {"question": f"What is a {SHOWN} {i}?", "choices": list(CAPITALS[:4]), "answer": 0}
            for i in range(3)
        ]
        write(task, rows)
        write(f"{task}_shown", shown)
        (folder / f"{task}.yaml").write_text(CHOICE.format(task=task, folder=folder))
    write("sums", [{"problem": f"{i} + {i}", "answer": ("lol", "l", "4")[i % 3]} for i in range(6)])
    write("sums_shown", [{"problem": f"{SHOWN} + {i}", "answer": str(i)} for i in range(3)])
    (folder / "sums.yaml").write_text(GENERATED.format(folder=folder))
    riddles: list[dict[str, object]] = [
        {"riddle": f"What is {i}?", "points": points} for i, points in enumerate((1, 0.5, 0, None))
    ]
    write("partly_right", riddles)
    (folder / "partly_right.yaml").write_text(PARTLY.format(folder=folder))
    (folder / "grading.py").write_text(GRADING)
    (folder / "odd.yaml").write_text(ODD.format(folder=folder))
    (folder / "geography.yaml").write_text("group: geography\ntask: [capital_of, city_in]\n")


def run(out: Path, tasks: Path, arguments: str, names: list[str], **options: object) -> None:
    """One run, its files written by lm-eval itself."""
    from lm_eval import simple_evaluate
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    tracker = EvaluationTracker(output_path=str(out))
    results = simple_evaluate(
        model="dummy",
        model_args=arguments,
        tasks=names,
        task_manager=TaskManager(include_path=str(tasks), include_defaults=False),
        log_samples=True,
        bootstrap_iters=0,
        evaluation_tracker=tracker,
        **options,
    )
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    for task in results["configs"]:
        tracker.save_results_samples(task_name=task, samples=samples[task])


def main(out: Path) -> None:
    """One tree a folder: models that differ in few-shot examples, reruns, configurations, odd metrics."""
    tasks = out / "tasks"
    tasks.mkdir(parents=True)
    write_tasks(tasks)
    everything = ["geography", "sums"]
    run(out / "two", tasks, "pretrained=org/alpha", everything, num_fewshot=2)
    run(out / "two", tasks, "pretrained=org/beta,revision=v2", everything, num_fewshot=0)
    for limit in (None, None, 3):
        run(out / "again", tasks, "pretrained=org/gamma", ["capital_of"], limit=limit)
    run(out / "apart", tasks, "pretrained=org/delta", ["capital_of", "sums"], num_fewshot=0)
    run(out / "apart", tasks, "pretrained=org/delta", ["capital_of", "city_in"], num_fewshot=2)
    run(out / "apart", tasks, "pretrained=org/delta", ["city_in"], num_fewshot=2, system_instruction="Think.")
    for file in "ab":
        run(out / "gguf", tasks, f"pretrained=/weights,gguf_file={file}.gguf", ["capital_of"])
    run(out / "odd", tasks, "pretrained=org/odd", ["odd", "partly_right"])
    run(out / "ungraded", tasks, "pretrained=org/odd", ["sums"], predict_only=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
