"""The models of the starter: four sets of weights, each in several configurations."""

from __future__ import annotations

from dataclasses import dataclass

from embedllm_bench_starter.weights import (
    GEMMA,
    GEMMA_Q4_0,
    QWEN_LARGE,
    QWEN_SMALL,
    QWEN_SMALL_Q4_0,
    SMOLLM2,
    SMOLLM2_Q4_0,
    Weights,
)


@dataclass(frozen=True)
class Configuration:
    """A model's name, and how it is asked."""

    name: str  #: whose weights they are
    weights: Weights
    formulation: str = "letters"
    num_fewshot: int = 0
    chat: bool = False

    @property
    def id(self) -> str:
        """``org/name+quantisation.formulation.further``."""
        quantisation = self.weights.folder.rpartition("-")[2]
        parts = [quantisation, self.formulation]
        if self.num_fewshot:
            parts.append(f"{self.num_fewshot}-shot")
        if self.chat:
            parts.append("chat")
        return f"{self.name}+{'.'.join(parts)}"

    def options(self) -> list[str]:
        """What ``embedllm-bench add-model`` is given besides the id."""
        options = ["--model_args", f"pretrained=weights/{self.weights.folder},dtype=float32"]
        options += ["--formulation", self.formulation, "--num_fewshot", str(self.num_fewshot)]
        return [*options, *(["--apply_chat_template"] if self.chat else [])]


_SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
_GEMMA = "google/gemma-3-270m"
_QWEN_SMALL = "Qwen/Qwen2.5-Coder-0.5B-Instruct"
_QWEN_LARGE = "Qwen/Qwen2.5-Coder-1.5B-Instruct"

#: In the order in which they are asked, the cheap ones first.
CONFIGURATIONS = (
    Configuration(_SMOLLM2, SMOLLM2, "cloze"),
    Configuration(_SMOLLM2, SMOLLM2, "cloze", num_fewshot=1),
    Configuration(_SMOLLM2, SMOLLM2, "cloze", num_fewshot=2),
    Configuration(_SMOLLM2, SMOLLM2, "cloze", num_fewshot=5),
    Configuration(_SMOLLM2, SMOLLM2, "cloze", chat=True),
    Configuration(_SMOLLM2, SMOLLM2, num_fewshot=2),
    Configuration(_SMOLLM2, SMOLLM2_Q4_0, "cloze"),
    Configuration(_GEMMA, GEMMA, "cloze"),
    Configuration(_GEMMA, GEMMA, "cloze", num_fewshot=2),
    Configuration(_GEMMA, GEMMA, num_fewshot=2),
    Configuration(_GEMMA, GEMMA_Q4_0, "cloze"),
    Configuration(_QWEN_SMALL, QWEN_SMALL, "cloze"),
    Configuration(_QWEN_SMALL, QWEN_SMALL, "cloze", num_fewshot=2),
    Configuration(_QWEN_SMALL, QWEN_SMALL, num_fewshot=2),
    Configuration(_QWEN_SMALL, QWEN_SMALL_Q4_0, "cloze"),
    Configuration(_QWEN_LARGE, QWEN_LARGE, "cloze"),
    Configuration(_QWEN_LARGE, QWEN_LARGE),
    Configuration(_QWEN_LARGE, QWEN_LARGE, chat=True),
)
