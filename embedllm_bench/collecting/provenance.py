"""How outcomes were collected: all that is needed to collect them again, as JSON kept with their run."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.collecting.answering import SEEDS
from embedllm_bench.collecting.backend import arguments_of
from embedllm_bench.versions import installed

if TYPE_CHECKING:
    from collections.abc import Collection

    from lm_eval.api.model import LM

    from embedllm_bench.cards import ModelCard
    from embedllm_bench.collecting.outcomes import Tally
    from embedllm_bench.collecting.tasks import Task

PACKAGES = ("embedllm-bench", "lm-eval", "transformers", "torch", "datasets", "vllm")


def describe(
    lm: LM,
    model: ModelCard,
    task: Task,
    batch_size: int | str,
    tally: Tally,
    served_models: Collection[str] = (),
    *,
    probe: bool = False,
) -> str:
    """A JSON object; the model's own facts (revision, precision, size) are those the backend gives.

    ``tally`` says how many questions of the benchmark there are and were to be asked, so that a run that was
    killed is not taken for a whole one, nor a ``probe`` of chosen questions.
    ``served_models`` are those that an endpoint says have answered so far.
    """
    from lm_eval.utils import hash_string

    config = json.dumps(task.evaluated.dump_config(), default=str, sort_keys=True)
    facts = {
        "model": model.id,
        "backend": model.backend,
        "model_args": arguments_of(model),
        "model_info": lm.get_model_info() if hasattr(lm, "get_model_info") else {},
        "served_models": sorted(served_models),
        "batch_size": batch_size,
        "device": str(getattr(lm, "device", "")),
        "device_name": _graphics_processor(getattr(lm, "device", None)),
        "benchmark": task.benchmark.id,
        "benchmark_questions": tally.benchmark_questions,
        "planned_questions": tally.planned_questions,
        "probe": probe,
        "task": task.name,
        "task_version": task.evaluated.VERSION,
        "task_config_sha256": hash_string(config),
        "metric": task.benchmark.metric,
        "filter": task.benchmark.filter,
        "threshold": task.benchmark.threshold,
        "num_fewshot": task.num_fewshot,
        "apply_chat_template": model.apply_chat_template,
        "formulation": model.formulation if task.benchmark.questions else None,
        "system_instruction": model.system_instruction,
        "seeds": SEEDS,
        "versions": installed(PACKAGES),
        "machine": f"{platform.system()} {platform.machine()} {_processor()}".strip(),
    }
    return json.dumps(facts, default=str)


def _processor() -> str:
    """What it calls itself: on another kind a few answers come out otherwise. Linux tells Python nothing of it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _graphics_processor(device: object) -> str | None:
    """The name of the GPU that torch computes on; None where it does so elsewhere, or the backend does not say."""
    import torch

    if not isinstance(device, torch.device) or device.type != "cuda":
        return None
    return torch.cuda.get_device_name(device)
