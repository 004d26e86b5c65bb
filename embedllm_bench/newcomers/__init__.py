"""The new-model task at work: models are held out, and each is added from a few of its outcomes, or from its card."""

from embedllm_bench.newcomers.task import expected, score_new_models

__all__ = ["expected", "score_new_models"]
