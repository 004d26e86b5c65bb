"""Fitted methods that are kept in a folder and used: forecasts and choices for questions that nobody was asked."""

from embedllm_bench.artifact.ageing import check_current
from embedllm_bench.artifact.artifact import Artifact, Prediction, Ranked, Route
from embedllm_bench.artifact.description import Description, EncoderFacts
from embedllm_bench.artifact.fitting import fit

__all__ = ["Artifact", "Description", "EncoderFacts", "Prediction", "Ranked", "Route", "check_current", "fit"]
