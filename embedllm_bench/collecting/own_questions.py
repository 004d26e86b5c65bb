"""A question set as one of lm-eval's tasks, put in the formulation that a model is asked in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedllm_bench.collecting.backend import quiet
from embedllm_bench.errors import UnfitError
from embedllm_bench.question_set import LETTERS, PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datasets import Dataset
    from lm_eval.api.task import ConfigurableTask

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.question_set import Item, QuestionSet

MAX_GENERATED = 32  #: tokens of an answer, which ends at its first line's end
METRICS = {True: ("acc", "acc_norm"), False: ("exact_match",)}  #: by whether there are choices
FILTER = {True: "none", False: "answer"}
#: Of a generated line, all but what wraps an answer: blanks, quotation marks, emphasis, a full stop.
ANSWER = r"""^[\s"'`*]*(.*?)[\s"'`*.]*$"""
LETTERED = (
    "{{question}}\n{% for choice in choices %}{{letters[loop.index0]}}. {{choice}}\n{% endfor %}Answer:"
)
PLAIN = "{{question}}\nAnswer:"


def make_task(card: BenchmarkCard, model: ModelCard, questions: QuestionSet) -> ConfigurableTask:
    """lm-eval's task of a question set, which comes from no file or hub.

    Raises:
        UnfitError: more examples are to stand in the prompt than the set has.
    """
    from lm_eval.api.task import ConfigurableTask

    parts = {part: _documents(questions, part) for part in PARTS if questions.of(part)}
    wanted = card.num_fewshot if model.num_fewshot is None else model.num_fewshot
    there = len(questions.of("fewshot"))
    if wanted and there and wanted > there:
        raise UnfitError(
            f"{card.id}: {wanted} examples are to stand in prompts, and its file has {there}; ask it with fewer."
        )
    config: dict[str, Any] = {
        "task": card.task,
        "custom_dataset": lambda **_: parts,
        "test_split": "test",
        "fewshot_split": "fewshot" if there else None,
        "metadata": {"version": 1, "questions_sha256": questions.sha256},
        **(_chosen(model) if questions.has_choices else _generated(card)),
        "metric_list": [
            {"metric": metric, "aggregation": "mean", "higher_is_better": True, **_ignoring(metric)}
            for metric in METRICS[questions.has_choices]
        ],
    }
    with quiet():
        task = ConfigurableTask(config=config)
    task.set_config("custom_dataset", None)  # its printed form has an address, and runs record the config
    return task


def _chosen(model: ModelCard) -> Mapping[str, object]:
    lettered = model.formulation == "letters"
    return {
        "output_type": "multiple_choice",
        "doc_to_text": LETTERED if lettered else PLAIN,
        "doc_to_choice": "letters" if lettered else "choices",
        "doc_to_target": "answer",
    }


def _generated(card: BenchmarkCard) -> Mapping[str, object]:
    pick = {"function": "regex", "regex_pattern": card.pattern or ANSWER}
    return {
        "output_type": "generate_until",
        "doc_to_text": PLAIN,
        "doc_to_target": "answer",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": MAX_GENERATED, "do_sample": False},
        "filter_list": [{"name": FILTER[False], "filter": [pick, {"function": "take_first"}]}],
    }


def _ignoring(metric: str) -> Mapping[str, object]:
    return {"ignore_case": True} if metric == "exact_match" else {}


def _documents(questions: QuestionSet, part: str) -> Dataset:
    from datasets import Dataset

    return Dataset.from_list([_document(item) for item in questions.of(part)])  # type: ignore[arg-type]  # a part


def _document(item: Item) -> dict[str, object]:
    document = {**item.document(), "subtask": item.subtask}
    if item.choices:
        document["letters"] = list(LETTERS[: len(item.choices)])
    return document
