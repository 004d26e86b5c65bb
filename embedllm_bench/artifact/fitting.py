"""fit(): one method on all graded outcomes of a store, to be used rather than compared."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.artifact.artifact import Artifact, running
from embedllm_bench.artifact.description import Description, EncoderFacts
from embedllm_bench.artifact.reading import Reader, published_weights
from embedllm_bench.comparison import read_graded
from embedllm_bench.devices import choose_device
from embedllm_bench.encoders.base import Settings
from embedllm_bench.errors import UsageError
from embedllm_bench.matrix import LabelConvention
from embedllm_bench.methods.base import Saves, forecast
from embedllm_bench.methods.settings import build
from embedllm_bench.process import guest
from embedllm_bench.provenance import PACKAGES
from embedllm_bench.registry import Plugins, look_up
from embedllm_bench.router import Router
from embedllm_bench.session import data_facts, on_device
from embedllm_bench.splits import whole_split
from embedllm_bench.versions import installed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.arrays import IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix, Questions
    from embedllm_bench.methods.base import Method
    from embedllm_bench.splits import Split
    from embedllm_bench.store.store import Store

DEFAULT = "embedllm"
WITNESSES = 4  #: questions whose vectors prove an encoder; short ones, which take no time
TRIED = 64  #: questions that a fitted method is tried on before it is kept


def fit(
    store: Store,
    method: str = DEFAULT,
    *,
    settings: Mapping[str, object] | None = None,
    seed: int = 0,
    encoder: str | None = None,
    labels: LabelConvention | str = LabelConvention.MAJORITY,
    device: str = "auto",
    plugins: Plugins | None = None,
) -> Artifact:
    """Fit a method on all graded outcomes of a store.

    A tenth of the questions, drawn by ``seed`` as the validation part of a comparison is, is what settings are
    chosen on and training is stopped by; the method is trained on all the others. ``settings`` are the
    method's. Models without a graded outcome are left out. ``device`` is where torch computes now, and
    no part of what is kept.

    Raises:
        UsageError: the method or a setting does not exist, or it cannot be kept or serve questions without labels.
        StoreError: the encoder has no vectors of some questions.
        DataError: no outcome is graded.
        MethodError: the method failed, or returned what is no forecast.
    """
    plugins = plugins or Plugins()
    unfitted = _unfitted(plugins, method, device, settings or {}, seed)
    chosen, matrix = read_graded(store, encoder, LabelConvention(labels))
    matrix = matrix.with_cards({**plugins.models.things, **matrix.cards})
    graded, ungraded = _graded(matrix)
    split = whole_split(graded.questions, seed)
    _train(unfitted, graded, split)
    kept = _without_device(unfitted)
    witnesses = graded.questions.take(_witnesses(graded.questions))
    plugin = plugins.methods[method].plugin
    description = Description(
        method=method,
        plugin=plugin,
        settings={f.name: getattr(kept, f.name) for f in dataclasses.fields(kept) if f.name != "seed"},
        seed=seed,
        models=graded.models,
        ungraded=ungraded,
        encoder=_encoder_facts(store, chosen, witnesses),
        data=data_facts(matrix, simulated=store.true_probabilities() is not None),
        labels=str(matrix.labels),
        training=len(split.train),
        validation=len(split.validation),
        split=split.hash,
        versions={**installed(PACKAGES), **plugins.versions([plugin])},
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    return Artifact(description, kept, Reader(description.encoder, witnesses.embeddings, plugins, Settings()))


def _unfitted(
    plugins: Plugins, method: str, device: str, settings: Mapping[str, object], seed: int
) -> Method:
    choose_device(device)
    (kind,) = look_up(plugins.methods, [method])
    _check_kind(kind)
    with plugins.methods.blaming(partial(str, method)), guest():
        return build(kind, on_device(device, kind, settings), seed)


def _check_kind(kind: type[Method]) -> None:
    if not issubclass(kind, Saves):
        raise UsageError(
            f"The method {kind.name!r} cannot be kept, as it has no save and load; give one that has, or write them"
            " (docs/plugins.md, Saves)."
        )
    if kind.reads_labels:
        raise UsageError(
            f"{kind.name} forecasts from benchmark names, which a new question does not have; fit a method that"
            " reads the question's vector."
        )


def _graded(matrix: CorrectnessMatrix) -> tuple[CorrectnessMatrix, tuple[str, ...]]:
    """The questions and models with a graded outcome, and the models without."""
    models = np.flatnonzero(matrix.observed.any(1))
    questions = np.flatnonzero(matrix.observed.any(0))
    ungraded = tuple(model for row, model in enumerate(matrix.models) if row not in models)
    return matrix.take(questions).take_models(models), ungraded


def _train(method: Method, matrix: CorrectnessMatrix, split: Split) -> None:
    validation = matrix.take(split.validation) if len(split.validation) else None
    training = matrix.take(split.train)
    with running(method.name, "in its fit"):
        method.fit(training, validation)
    with running(method.name, "after its fit"):
        forecast(method, training.questions.take(np.arange(min(TRIED, len(split.train)))), len(matrix.models))
        if not method.reads_texts:
            Router.of(method, matrix.models)


def _encoder_facts(store: Store, label: str, witnesses: Questions) -> EncoderFacts:
    stored = {entry.label: entry for entry in store.encoders()}
    name, revision = (stored[label].name, stored[label].revision) if label in stored else (label, "")
    dimension = witnesses.embeddings.shape[1]
    return EncoderFacts(name, revision, dimension, published_weights(name, revision), witnesses.texts)


def _witnesses(questions: Questions) -> IndexArray:
    """Positions of short texts that are not blank and differ, of as many benchmarks as there are."""
    first: dict[str, int] = {}
    for position, text in enumerate(questions.texts):
        if text.strip():
            first.setdefault(text, position)
    before: Counter[str] = Counter()  # shorter ones of the benchmark
    order = []
    for text in sorted(first, key=lambda text: (len(text), text)):
        benchmark = questions.benchmarks[first[text]]
        order.append((before[benchmark], len(text), first[text]))
        before[benchmark] += 1
    return np.array([position for _, _, position in sorted(order)[:WITNESSES]], dtype=np.int64)


def _without_device(method: Method) -> Method:
    """The same fitted method, to be loaded wherever it is used."""
    if not any(field.name == "device" for field in dataclasses.fields(method)):
        return method
    kept = copy.copy(method)
    setattr(kept, "device", "auto")  # noqa: B010 - a setting that not every method has
    return kept
