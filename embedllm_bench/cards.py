from __future__ import annotations
from dataclasses import dataclass, field
from collections.abc import Mapping


@dataclass(frozen=True)
class ModelCard:
    id: str
    backend: str = "hf"
    model_args: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    num_fewshot: int | None = None
    apply_chat_template: bool = False
    system_instruction: str | None = None


@dataclass(frozen=True)
class BenchmarkCard:
    id: str
    task: str
    metric: str
    filter: str = "none"
    threshold: float = 0.5
    num_fewshot: int | None = None
    text: str | None = None
    question_id: str | None = None
    output_type: str | None = None
    generative: str | None = None
