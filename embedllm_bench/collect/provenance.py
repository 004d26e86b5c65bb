"""How outcomes were collected: all that is needed to collect them again, as JSON kept with their run."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

from embedllm_bench.collect.answering import SEEDS
from embedllm_bench.collect.backend import arguments_of
from embedllm_bench.versions import installed

if TYPE_CHECKING:
    from lm_eval.api.model import LM

    from embedllm_bench.cards import ModelCard
    from embedllm_bench.collect.tasks import Task

PACKAGES = ("embedllm-bench", "lm-eval", "transformers", "torch", "datasets", "vllm")


def describe(lm: LM, model: ModelCard, task: Task, batch_size: int | str) -> str:
    """A JSON object; the model's own facts (revision, precision, size) are those the backend gives."""
    from lm_eval.utils import hash_string

    config = json.dumps(task.evaluated.dump_config(), default=str, sort_keys=True)
    facts = {
        "model": model.id,
        "backend": model.backend,
        "model_args": arguments_of(model),
        "model_info": lm.get_model_info() if hasattr(lm, "get_model_info") else {},
        "batch_size": batch_size,
        "device": str(getattr(lm, "device", "")),
        "task": task.name,
        "task_version": task.evaluated.VERSION,
        "task_config_sha256": hash_string(config),
        "metric": task.benchmark.metric,
        "filter": task.benchmark.filter,
        "threshold": task.benchmark.threshold,
        "num_fewshot": task.num_fewshot,
        "apply_chat_template": model.apply_chat_template,
        "system_instruction": model.system_instruction,
        "seeds": SEEDS,
        "versions": installed(PACKAGES),
        "machine": f"{platform.system()} {platform.machine()} {platform.processor()}".strip(),
    }
    return json.dumps(facts, default=str)
