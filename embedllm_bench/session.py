"""The methods at work on one matrix: the only place where a method meets data."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Protocol

import numpy as np

from embedllm_bench.errors import DataError, MethodError
from embedllm_bench.methods.base import Method, forecast
from embedllm_bench.methods.settings import build
from embedllm_bench.registry import look_up, method_catalog
from embedllm_bench.results import DataFacts, Failure, Row
from embedllm_bench.tasks import forecasting, routing
from embedllm_bench.tasks.base import Fitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.splits import Split
    from embedllm_bench.store.store import Store

TRUE_PROBABILITIES = "true-probabilities"


class Listener(Protocol):
    """Told of progress, and of each forecast as it is made, by whoever wants to show or keep them."""

    def expected(self, fits: int) -> None: ...

    def fitted(self, matrix: CorrectnessMatrix, fitted: Fitted) -> None: ...

    def failed(self, failure: Failure) -> None: ...


@dataclasses.dataclass
class Session:
    """The methods at work on one matrix: each is fitted once per split and seed."""

    matrix: CorrectnessMatrix
    methods: dict[str, tuple[type[Method], Mapping[str, object]]]
    truth: Float32Array | None
    listener: Listener | None
    failures: list[Failure] = dataclasses.field(default_factory=list)
    done: dict[tuple[str, int, str], Fitted] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(
        cls,
        store: Store,
        matrix: CorrectnessMatrix,
        names: Sequence[str],
        settings: Mapping[str, Mapping[str, object]],
        listener: Listener | None,
    ) -> Session:
        if not len(matrix.questions) or not matrix.models:
            raise DataError(
                f"{store.path} holds no graded outcome; import some with 'embedllm-bench import'."
            )
        catalog = method_catalog()
        wanted = look_up(catalog, dict.fromkeys(names or catalog))
        look_up(catalog, settings)  # a setting of a method that does not exist is a mistake
        simple = [entry.method for entry in catalog.values() if entry.method.reference]
        chosen = {m.name: (m, settings.get(m.name, {})) for m in (*wanted, *simple)}
        for method, values in chosen.values():
            build(method, values, seed=0)  # a wrong setting is told before any work
        return cls(matrix, chosen, store.true_probabilities(), listener)

    @property
    def competitors(self) -> list[str]:
        return [name for name, (method, _) in self.methods.items() if not method.reference]

    @property
    def simple(self) -> list[str]:
        return [name for name, (method, _) in self.methods.items() if method.reference]

    def fit(self, split: Split, seed: int) -> list[Fitted]:
        """Every method's forecast of the split's test part, but for those that fail."""
        train, test = self.matrix.take(split.train), self.matrix.take(split.test)
        validation = self.matrix.take(split.validation)
        fitted = []
        for name, (method, values) in self.methods.items():
            key = (name, seed, split.hash)
            if key not in self.done:
                try:
                    self.done[key] = _fit(build(method, values, seed), split, train, validation, test, seed)
                except Exception as error:
                    self._fail(name, split, error)
                    continue
                if self.listener is not None:
                    self.listener.fitted(self.matrix, self.done[key])
            fitted.append(self.done[key])
        return fitted

    def _fail(self, name: str, split: Split, error: Exception) -> None:
        reason = str(error) if isinstance(error, MethodError) else f"{type(error).__name__}: {error}"
        self.failures.append(Failure(name, split.name, reason))
        if self.listener is not None:
            self.listener.failed(self.failures[-1])

    def facts(self) -> DataFacts:
        asked = self.matrix.observed.sum(0)
        return DataFacts(
            models=len(self.matrix.models),
            questions=len(self.matrix.questions),
            benchmarks=len(self.matrix.questions.benchmark_codes[0]),
            filled=self.matrix.filled,
            partly_asked=float(np.mean(asked < len(self.matrix.models))),
            simulated=self.truth is not None,
            hash=self.matrix.digest(),
        )

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
