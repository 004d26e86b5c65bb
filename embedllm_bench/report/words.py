"""A manifest and its metrics in plain words."""

from __future__ import annotations

import datetime as dt
import shlex
from typing import TYPE_CHECKING

from embedllm_bench.store.location import is_starter
from embedllm_bench.wording import counted

if TYPE_CHECKING:
    from embedllm_bench.results import Comparison, Request

TASKS = {
    "forecasting": "Will a model answer a new question correctly? Forecasts for test questions against what happened.",
    "routing": "Each test question goes to the model with the highest forecast; counted is how often it answers.",
    "benchmark-prediction": "A benchmark is held out whole, and each model's accuracy on it foretold.",
    "new-models": "Models are held out, and methods learn of them from a few outcomes: 64 of each, 8, none at all.",
}
METRICS = {
    "accuracy": "Share of right decisions. Forecasting: a forecast of one half or more says 'correct'. Routing: the"
    " model chosen answers. More is better.",
    "log_loss": "Mean of -log of the probability given to what happened. Less is better; .693 is a coin.",
    "auroc": "Chance that a right answer was given a higher forecast than a wrong one. More is better; .5 is a coin.",
    "fit_seconds": "Mean time of a fit, in seconds, on the machine that is named last on this page.",
    "decisions_per_second": "Test questions forecast for all models in a second, their vectors being there already.",
    "macro_accuracy": "The mean of the benchmarks' accuracies: each benchmark counts alike.",
    "brier": "Mean squared distance of the forecast from what happened. Less is better.",
    "ece": "Expected calibration error: how far forecast and share answered lie apart in bins of equal mass. Less is"
    " better. Chance adds to it where questions are few, which its interval takes off: it can end below the number.",
    "gap_closed": "(router - best single) / (oracle - best single): 0 is the best single model, 1 is the oracle.",
    "gain": "Accuracy minus that of the best single model, which is chosen on the training part.",
    "weighted_random_accuracy": "Drawing models at random as often as the router chose each.",
    "choice_entropy": "Entropy of the choices in bits: 0 where every question goes to one model.",
    "mae": "Mean absolute error of the predicted accuracies. Less is better.",
    "kendall": "Kendall's rank correlation over models of predicted and true accuracy. More is better.",
    "spearman": "Spearman's rank correlation over models of predicted and true accuracy. More is better.",
    "rmse": "Root mean squared error of the predicted accuracies. Less is better.",
    "probe_ridge_significant": "Share of random divisions of the models in which a ridge regression on the vectors"
    " foretells the ranking significantly (Kendall's tau, 5 %).",
    "probe_random_significant": "The same with random vectors of the same size.",
}
NEW_MODELS = {
    "accuracy": "Share of right decisions about new models on test questions that no model has seen. More is better.",
    "routing": "Accuracy of routing test questions among old and new models. More is better.",
    "area": "Area under the deferral curve: mean accuracy of routing over all costs, where dearer models are chosen"
    " more or less gladly; the cost of a call is the model's parameters. More is better.",
    "qnc": "Quality-neutral cost: the share of the most accurate model's cost at which routing is as accurate. Less is"
    " better.",
    "answered_mae": "Mean absolute error of a new model's accuracy on all questions, which the known models answered."
    " Less is better.",
    "answered_coverage": "Share of new models whose accuracy on these the 90 % interval holds; .90 is as it should be.",
    "unseen_mae": "Mean absolute error of a new model's accuracy on test questions that no model has seen. Less is"
    " better.",
}
RANK = (
    "The places that all pairwise tests at once leave open: 1 + how many are better, to how many are not worse."
    " Reference rows take no rank."
)
LABELS = {
    "majority": "the more frequent answer counts, and a tie is missing",
    "majority-ties-correct": "the more frequent answer counts, and a tie is correct",
    "raw": "every attempt counts",
    "max": "a question is correct if any attempt is",
    "last": "the last attempt counts",
}


def explained(metric: str) -> str:
    """What a metric is, in a sentence or two."""
    name, _, outcomes = metric.partition("@")
    known = f"{outcomes} outcomes of the model are known"
    for prefix, condition in (
        ("all_", "All outcomes of its training part are known"),
        ("refit_", "The method was fitted again with all of them"),
    ):
        if name.startswith(prefix):
            name, known = name.removeprefix(prefix), condition
    if metric in METRICS or name not in NEW_MODELS:
        return METRICS.get(metric, metric)
    return f"{NEW_MODELS[name]} {known}."


def facts(comparison: Comparison) -> list[tuple[str, str]]:
    """What the numbers are of, and how to have them again: a heading and a sentence each."""
    manifest = comparison.manifest
    request = manifest.request
    seeds = ", ".join(map(str, request.seeds))
    return [
        ("Data", _data(comparison)),
        (
            "Labels",
            f"{request.labels}: of several attempts at a question {LABELS.get(request.labels, 'see docs')}.",
        ),
        ("Split", _split(comparison)),
        ("Seeds", f"{seeds}: they draw the split and the methods' randomness."),
        ("Question vectors", f"of the encoder {request.encoder}."),
        (
            "Intervals",
            f"95 %, from {request.replicates:,} bootstrap draws of questions (of models in benchmark prediction).",
        ),
        ("Versions", ", ".join(f"{name} {version}" for name, version in manifest.versions.items()) + "."),
        ("Made", f"{made(comparison)} on {manifest.machine}, {counted(manifest.threads, 'thread')}."),
        *(("Not done", f"{skip.task}: {skip.reason}") for skip in manifest.skipped),
    ]


def made(comparison: Comparison) -> str:
    """The day and the time, such as 28 November 2026, 19:20 UTC."""
    try:
        time = dt.datetime.fromisoformat(comparison.manifest.created).astimezone(dt.UTC)
    except ValueError:
        return comparison.manifest.created
    return f"{time.day} {time:%B %Y, %H:%M} UTC"


def _data(comparison: Comparison) -> str:
    data = comparison.manifest.data
    simulated = "Simulated outcomes, whose true probabilities are known. " if data.simulated else ""
    asked = (
        "every model was asked every question."
        if data.filled == 1
        else f"{data.filled:.1%} of the pairs of a model and a question were asked, and {data.partly_asked:.1%} of the"
        " questions were not asked of some model. What was not asked is not wrong."
    )
    starter = "The starter that comes with the package: " * is_starter(comparison.manifest.request.store)
    return f"{simulated}{starter}{data.counts(grouped=True)}; {asked} SHA-256 of the data: {data.hash}."


def _split(comparison: Comparison) -> str:
    request, splits = comparison.manifest.request, comparison.manifest.splits
    kinds = {
        "question": "questions divided 80/10/10 into training, validation and test",
        "published": "the parts that the data came with",
        "benchmark": "each benchmark held out in turn",
    }
    folds = f", {request.folds} disjoint test parts" if request.folds else ""
    group = "identical text" if request.group == "exact" else "nearly the same text"
    some = "; ".join(f"{name} {digest[:12]}" for name, digest in list(splits.items())[:3])
    more = f" and {len(splits) - 3} more" if len(splits) > 3 else ""
    what = kinds.get(request.split, "as the file says")
    return f"{request.split}: {what}{folds}; questions of {group} stay together. Hashes: {some}{more}."


def replays(comparison: Comparison, file: str) -> list[str]:
    """The commands that do it again: from the result file, and from nothing but the data."""
    first = ["embedllm-bench", "compare", "--manifest", file]
    return [
        shlex.join(first),
        shlex.join(["embedllm-bench", "compare", *_options(comparison.manifest.request)]),
    ]


def _options(request: Request) -> list[str]:
    options = [] if is_starter(request.store) else ["--store", request.store]
    for flag, values in (("--method", request.methods), ("--task", request.tasks), ("--seed", request.seeds)):
        for value in values:
            options += [flag, str(value)]
    for name, settings in request.settings.items():
        for field, setting in settings.items():
            options += ["--set", f"{name}.{field}={setting}"]
    if request.folds:
        options += ["--folds", str(request.folds)]
    options += ["--split", request.split, "--group", request.group]
    return [*options, "--encoder", request.encoder, "--labels", request.labels]
