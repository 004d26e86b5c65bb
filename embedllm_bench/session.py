"""The methods at work on one matrix: the only place where a method meets data."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embedllm_bench.cards.traits import all_traits, traits_digest
from embedllm_bench.devices import choose_device
from embedllm_bench.errors import ABORTS, BenchError
from embedllm_bench.methods.base import AddsModels, Method, forecast
from embedllm_bench.methods.settings import build
from embedllm_bench.process import guest
from embedllm_bench.registry import look_up
from embedllm_bench.registry.catalog import BUILTIN
from embedllm_bench.registry.loading import told
from embedllm_bench.results import DataFacts, Failure, Row
from embedllm_bench.tasks import forecasting, routing
from embedllm_bench.tasks.base import Fitted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from embedllm_bench.arrays import Float32Array, IndexArray
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.registry import Plugins
    from embedllm_bench.splits import Split

TRUE_PROBABILITIES = "true-probabilities"


class Listener(Protocol):
    """Told of progress, and of each forecast as it is made, by whoever wants to show or keep them."""

    def expected(self, fits: int) -> None: ...

    def fitted(self, matrix: CorrectnessMatrix, fitted: Fitted) -> None: ...

    def added(self, what: str) -> None: ...

    def failed(self, failure: Failure) -> None: ...


@dataclasses.dataclass
class Session:
    """The methods at work on one matrix: each is fitted once per split and seed."""

    matrix: CorrectnessMatrix
    methods: dict[str, tuple[type[Method], Mapping[str, object]]]
    truth: Float32Array | None
    listener: Listener | None
    plugins: Plugins
    failures: list[Failure] = dataclasses.field(default_factory=list)
    done: dict[tuple[str, int, str], Fitted] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(
        cls,
        matrix: CorrectnessMatrix,
        truth: Float32Array | None,
        names: Sequence[str],
        settings: Mapping[str, Mapping[str, object]],
        listener: Listener | None,
        plugins: Plugins,
        device: str = "auto",
    ) -> Session:
        """``device`` is for the methods that have such a setting, unless ``settings`` say otherwise.

        Raises:
            UsageError: a method, a setting or the device does not exist.
        """
        choose_device(device)
        catalog = plugins.methods
        wanted = look_up(catalog, dict.fromkeys(names or catalog))
        look_up(catalog, settings)  # a setting of a method that does not exist is a mistake
        simple = [method for method in catalog.things.values() if method.reference]
        chosen = {m.name: (m, on_device(device, m, settings.get(m.name, {}))) for m in (*wanted, *simple)}
        for name, (method, values) in chosen.items():
            with catalog.blaming(partial(str, name)), guest():
                build(method, values, seed=0)  # a wrong setting is told before any work
        return cls(matrix, chosen, truth, listener, plugins)

    @property
    def competitors(self) -> list[str]:
        return [name for name, (method, _) in self.methods.items() if not method.reference]

    @property
    def simple(self) -> list[str]:
        return [name for name, (method, _) in self.methods.items() if method.reference]

    def plugin_versions(self) -> dict[str, str]:
        """The versions of the plugins that its methods are of."""
        return self.plugins.versions(self.plugins.methods[name].plugin for name in self.methods)

    def fit(self, split: Split, seed: int) -> list[Fitted]:
        """Every method's forecast of the split's test part, but for those that fail."""
        train, test = self.matrix.take(split.train), self.matrix.take(split.test)
        validation = self.matrix.take(split.validation)
        fitted = []
        for name, (method, values) in self.methods.items():
            key = (name, seed, split.hash)
            if key not in self.done:
                with self.failing(name, split):
                    self.done[key] = _fit(build(method, values, seed), split, train, validation, test, seed)
                if key not in self.done:
                    continue
                if self.listener is not None:
                    self.listener.fitted(self.matrix, self.done[key])
            fitted.append(self.done[key])
        return fitted

    def adding(self, split: Split, seed: int, models: IndexArray) -> dict[str, Method]:
        """Of the methods that take in models one by one, each fitted on these (m,); one that fails is not among them.

        They see no test part and nothing of the other models.
        """
        train = self.matrix.take(split.train).take_models(models)
        validation = self.matrix.take(split.validation).take_models(models)
        fitted: dict[str, Method] = {}
        for name in self.adders:
            method, values = self.methods[name]
            with self.failing(name, split):
                made = build(method, values, seed)
                fitted[name] = made.fit(train, validation if len(validation.questions) else None)
            self.added(name)
        return fitted

    @property
    def adders(self) -> list[str]:
        """The methods that take in models one by one."""
        return [name for name, (method, _) in self.methods.items() if issubclass(method, AddsModels)]

    def added(self, what: str) -> None:
        """Tell that new models have been through one more row."""
        if self.listener is not None:
            self.listener.added(what)

    @contextlib.contextmanager
    def failing(self, name: str, split: Split) -> Iterator[None]:
        """While a method is at work: what it raises is noted as its failure on this split."""
        try:
            with guest():
                yield
        except ABORTS:
            raise
        except BaseException as error:
            self._fail(name, split, error)

    def _fail(self, name: str, split: Split, error: BaseException) -> None:
        plugin = self.plugins.methods[name].plugin
        reason = " ".join(str(error).split()) if isinstance(error, BenchError) else ""
        reason = reason or told(error)
        if plugin != BUILTIN:
            reason = f"{reason.rstrip('.')} (of plugin {plugin!r})"
        self.failures.append(Failure(name, split.name, reason))
        if self.listener is not None:
            self.listener.failed(self.failures[-1])

    def facts(self) -> DataFacts:
        return data_facts(self.matrix, simulated=self.truth is not None)

    def rows(self) -> tuple[Row, ...]:
        rows = []
        for name, (method, values) in self.methods.items():
            instance = build(method, values, seed=0)
            fields = {
                f.name: getattr(instance, f.name) for f in dataclasses.fields(instance) if f.name != "seed"
            }
            rows.append(Row(name, method.reference, method.reads_labels, oracle=False, settings=fields))
        oracles = (forecasting.DIFFICULTY_ORACLE, routing.ORACLE, TRUE_PROBABILITIES)
        rows += [
            Row(name, reference=True, reads_labels=False, oracle=name in oracles, settings={})
            for name in (routing.RANDOM, routing.BEST_SINGLE, *oracles)
        ]
        return tuple(rows)


def data_facts(matrix: CorrectnessMatrix, *, simulated: bool) -> DataFacts:
    """What results say of the matrix they are of."""
    asked = matrix.observed.sum(0)
    return DataFacts(
        models=len(matrix.models),
        questions=len(matrix.questions),
        benchmarks=len(matrix.questions.benchmark_codes[0]),
        filled=matrix.filled,
        partly_asked=float(np.mean(asked < len(matrix.models))),
        simulated=simulated,
        hash=matrix.digest(),
        cards=traits_digest(all_traits(matrix.models, matrix.cards)),
    )


def on_device(device: str, method: type[Method], settings: Mapping[str, object]) -> Mapping[str, object]:
    """The settings with the device, where the method has such a setting and they do not name one."""
    computes = any(field.name == "device" for field in dataclasses.fields(method))
    return {"device": device, **settings} if computes else settings


def _fit(
    method: Method,
    split: Split,
    train: CorrectnessMatrix,
    validation: CorrectnessMatrix,
    test: CorrectnessMatrix,
    seed: int,
) -> Fitted:
    """The only place where a method meets data: it is handed no test outcome."""
    start = time.perf_counter()
    method.fit(train, validation if len(validation.questions) else None)
    middle = time.perf_counter()
    made = forecast(method, test.questions, len(train.models))
    return Fitted(method.name, seed, split, made, middle - start, time.perf_counter() - middle)
