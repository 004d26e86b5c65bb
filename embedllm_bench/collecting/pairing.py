"""Which models can be asked which benchmarks, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedllm_bench.collecting.backend import TEXT_ONLY_BACKENDS, backend_fault
from embedllm_bench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from embedllm_bench.cards import BenchmarkCard, ModelCard


@dataclass(frozen=True)
class Pairing:
    """What is asked of whom; ``left_out`` says in a sentence each which models are not asked what."""

    models: tuple[ModelCard, ...]
    benchmarks: tuple[BenchmarkCard, ...]
    without: frozenset[tuple[str, str]]  #: ids of models and benchmarks that cannot go together
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Misfit:
    """Why a model cannot be asked a benchmark: in a sentence, and for several of its kind."""

    sentence: str
    why: str


def check(
    models: Sequence[ModelCard],
    benchmarks: Sequence[BenchmarkCard],
    without: Collection[tuple[str, str]] = (),
) -> None:
    """Refuse what cannot work before anything is loaded; pairs ``without`` which all is done may misfit.

    Raises:
        UsageError: a backend is not lm-eval's, or a model cannot be asked a benchmark; names what to ask
            instead, where there is something.
    """
    for model in models:
        fault = backend_fault(model)
        if fault is not None:
            raise UsageError(f"{model.id}: {fault}")
        for card in benchmarks:
            found = None if (model.id, card.id) in without else _misfit(model, card)
            if found is not None:
                raise UsageError(found.sentence)


def pair(
    models: Sequence[ModelCard],
    benchmarks: Sequence[BenchmarkCard],
    *,
    models_named: bool,
    benchmarks_named: bool,
) -> Pairing:
    """Leave out what cannot go together, of what nobody has named.

    Raises:
        UsageError: something that was named cannot be asked of anything, or nothing is left at all.
    """
    able = [model for model in models if backend_fault(model) is None]
    if models_named or not able:
        check(models, ())
    if models_named and benchmarks_named:
        check(models, benchmarks)
    left_out = [_not_asked(model) for model in models if model not in able]
    without: set[tuple[str, str]] = set()
    for model in able:
        reasons: dict[str, list[str]] = {}
        for card in benchmarks:
            found = _misfit(model, card)
            if found is not None:
                reasons.setdefault(found.why, []).append(card.id)
                without.add((model.id, card.id))
        left_out += [f"{model.id} is not asked {', '.join(ids)}: {why}." for why, ids in reasons.items()]
    kept = [model for model in able if any((model.id, card.id) not in without for card in benchmarks)]
    asked = [card for card in benchmarks if any((model.id, card.id) not in without for model in able)]
    if not kept or (models_named and len(kept) < len(able)):
        check([model for model in able if model not in kept], benchmarks)
    if benchmarks_named and len(asked) < len(benchmarks):
        check(able, [card for card in benchmarks if card not in asked])
    return Pairing(tuple(kept), tuple(asked), frozenset(without), tuple(left_out))


def _not_asked(model: ModelCard) -> str:
    fault = str(backend_fault(model)).partition(";")[0]
    return f"{model.id} is not asked: {fault}; 'embedllm-bench remove-model {model.id}' takes its card out."


def _misfit(model: ModelCard, benchmark: BenchmarkCard) -> _Misfit | None:
    """An endpoint that returns texts is not asked for the log-probabilities of given answers.

    Nor is a model asked in a formulation of its own what lm-eval's task puts in its own way.
    """
    if model.formulation != "letters" and benchmark.questions is None:
        return _Misfit(
            f"{model.id} is asked in {model.formulation} formulation, and {benchmark.id} is a task of lm-eval's"
            " with a formulation of its own; ask the model without it.",
            f"lm-eval's tasks have a formulation of their own, and this model is asked in {model.formulation}",
        )
    if benchmark.needs_log_probabilities and model.backend in TEXT_ONLY_BACKENDS:
        other = benchmark.generative
        instead = f"ask benchmark {other}" if other else "choose a benchmark of generated answers"
        return _Misfit(
            f"{benchmark.id} is scored from log-probabilities of its choices, which backend {model.backend} of"
            f" {model.id} does not give; {instead} instead.",
            f"scored from log-probabilities of choices, which backend {model.backend} does not give",
        )
    return None
