"""What add-model --probe does: its options, asking the chosen questions, and what their answers say."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from embedllm_bench.cards import BenchmarkCard, ModelCard
    from embedllm_bench.cards.traits import Traits
    from embedllm_bench.collecting.collector import Settings
    from embedllm_bench.onboarding.settling import Settled
    from embedllm_bench.probing import Chosen, Prober, Reading
    from embedllm_bench.store.store import Store

OPTIONS = (
    click.option(
        "--probe", type=click.IntRange(0), metavar="K",
        help="Ask only until K questions are answered, chosen by what the store's models answered, and predict the"
        " rest; 0 asks none and predicts from the card.",
    ),
    click.option(
        "--choose",
        type=click.Choice(["auto", "accuracy", "forecasts", "information", "random", "stratified", "anchors"]),
        help="How the K are chosen: to tell most of mean accuracy, of all forecasts, ...; auto, what it does by itself,"
        " takes what known models are told best by.",
    ),
    click.option(
        "--until-ci", type=click.FloatRange(0, 1, min_open=True), metavar="W",
        help="Ask in batches of 16, and stop when the interval on mean accuracy is within W either side.",
    ),
    click.option("--explain", is_flag=True, help="Show the questions chosen, and why."),
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """The probe that is asked for."""

    count: int
    strategy: str
    until: float | None
    explain: bool
    settled: Settled | None = None  #: what ``auto`` came to

    @property
    def chosen_by(self) -> str | Settled:
        """What the intervals depend on."""
        return self.settled or self.strategy


def probe_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options above; the command gets them as ``wanted``, None without --probe."""

    @functools.wraps(function)
    def with_wanted(*args: Any, **options: Any) -> Any:
        from embedllm_bench.errors import UsageError

        count, until, explain = options.pop("probe"), options.pop("until_ci"), options.pop("explain")
        strategy = options.pop("choose")
        wanted = None if count is None else Wanted(count, strategy or "auto", until, explain)
        if wanted is None and (until is not None or explain or strategy):
            raise UsageError(
                "--choose, --until-ci and --explain are about a probe; say with --probe how many questions."
            )
        if wanted is not None and not count and (until is not None or explain):
            raise UsageError("--probe 0 asks nothing; leave --until-ci and --explain out.")
        settings = options["settings"]
        whole = settings.limit is None and settings.repeats == 1 and settings.overwrite == "missing"
        if wanted is not None and options["no_collect"]:
            raise UsageError("--no-collect asks nothing and --probe some questions; leave one of them out.")
        if wanted is not None and not whole:
            raise UsageError(
                "--probe chooses what to ask, once; leave --limit, --repeats and --overwrite out."
            )
        return function(*args, wanted=wanted, **options)

    for option in reversed(OPTIONS):
        with_wanted = option(with_wanted)
    return with_wanted


def ask_probe(
    store: Store,
    card: ModelCard,
    benchmarks: Sequence[BenchmarkCard],
    wanted: Wanted,
    settings: Settings,
    ask: Callable[[Settings], int],
) -> int:
    """Choose, ask, say what came of it; the exit code. ``ask`` collects what settings name."""
    from embedllm_bench.errors import DataError
    from embedllm_bench.probing import Prober

    prober = Prober.of(store, card.id, [benchmark.id for benchmark in benchmarks], {card.id: card})
    for benchmark in prober.left_out:
        click.echo(f"{benchmark} is left out: none of the other models was asked its questions.", err=True)
    answered = len(prober.probe(store).asked)
    wanted = _settled(prober, wanted, answered)
    code, new, nothing_asked = 0, card.id not in store.model_cards(), True
    while answered < wanted.count and not _is_enough(prober, store, wanted, answered):
        chosen = _next(prober, store, wanted, answered)
        if not chosen:
            break
        nothing_asked = False
        if wanted.explain:
            _echo(_explained(chosen, answered, wanted.strategy))
        code = max(code, ask(replace(settings, only=_by_benchmark(chosen))))
        before, answered = answered, len(prober.probe(store).asked)
        if answered == before and not code:
            if new:
                store.withdraw_model_card(card.id)
            raise DataError(
                f"None of the {len(chosen)} questions chosen is among those that lm-eval's tasks have; {store.path} has"
                " them under other ids. Leave --probe out, or name other benchmarks with --benchmark."
            )
        if answered == before or wanted.until is None:
            break
    if nothing_asked:  # else whoever asks has written it
        store.write_model_card(card)
        click.echo(f"{store.path}: the card of {card.id}.")
    if not wanted.count or answered:
        _echo(_lines(prober.read(store, wanted.chosen_by), wanted, prober.traits))
    return code


def _settled(prober: Prober, wanted: Wanted, answered: int) -> Wanted:
    """The same with the way to choose that ``auto`` takes, for as many answers as there are or are to be."""
    if wanted.strategy != "auto":
        return wanted
    count = max(wanted.count, answered)
    if not count or (wanted.until is None and count >= len(prober.matrix.questions)):
        return replace(wanted, strategy="accuracy")  # none is chosen, or all
    trial = prober.try_ways(count, wanted.until)
    if wanted.explain:
        errors = ", ".join(f"{way} {missed:.3f}" for way, missed in trial.missed.items())
        click.echo(
            f"After {trial.asked} questions the mean accuracy of known models left out is off by (root mean square):"
            f" {errors}."
        )
    return replace(wanted, strategy=trial.settled.way, settled=trial.settled)


def _next(prober: Prober, store: Store, wanted: Wanted, answered: int) -> list[Chosen]:
    """The questions to ask now; none where all that can be were.

    Raises:
        DataError: all of these failed.
    """
    from embedllm_bench.errors import DataError
    from embedllm_bench.probing import BATCH

    left = wanted.count - answered
    now = left if wanted.until is None else min(BATCH, left)
    chosen = prober.choose(wanted.strategy, wanted.count, now, store)
    if not chosen and not answered:
        raise DataError(
            f"Every question that {prober.model} could be probed with failed before;"
            " 'embedllm-bench collect --overwrite failed' asks them again."
        )
    return chosen


def _is_enough(prober: Prober, store: Store, wanted: Wanted, answered: int) -> bool:
    """Whether the interval is as narrow as it is to be."""
    if wanted.until is None or not answered:
        return False
    return prober.read(store, wanted.chosen_by).half_width <= wanted.until


def _by_benchmark(chosen: Sequence[Chosen]) -> dict[str, frozenset[str]]:
    """The ids of the questions."""
    named: defaultdict[str, set[str]] = defaultdict(set)
    for question in chosen:
        named[question.benchmark].add(question.question_id)
    return {benchmark: frozenset(ids) for benchmark, ids in named.items()}


def _echo(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


def _explained(chosen: Sequence[Chosen], before: int, strategy: str) -> Iterator[str]:
    reasoned = any(question.gain is not None for question in chosen)
    why = ", so much of what is open each takes away" if reasoned else ""
    yield f"Questions chosen ({strategy}); of the known models' answers so many are right{why}:"
    for number, question in enumerate(chosen, before + 1):
        gain = "" if question.gain is None else f"  takes away {question.gain:.1%}"
        text = " ".join(question.text.split())[:60]
        key = f"{question.benchmark}/{question.question_id}"
        yield f"  {number:3} {key}  {question.known_correct:.0%} right{gain}  {text}"


def _lines(reading: Reading, wanted: Wanted, traits: Traits) -> Iterator[str]:
    last = reading.predicted[-1]
    asked = f"probed with {last.asked} of {last.n} questions ({wanted.strategy}); predicted accuracy on all of them"
    told = f"asked none of {last.n} questions; accuracy predicted from its card ({_told(traits)})"
    yield f"{reading.model}, {asked if last.asked else told}, 90 % intervals:"
    for one in reading.predicted:
        bounds = f"[{one.low:.3f}, {one.high:.3f}]"
        yield f"  {one.benchmark or 'all':24} {one.accuracy:.3f} {bounds}  asked {one.asked} of {one.n}"
    if wanted.until is not None and reading.half_width > wanted.until:
        wide = f"{reading.half_width:.3f} either side, not within {wanted.until:g}"
        yield f"The interval is {wide}; ask more with a larger --probe."
    ranks = f"{reading.first}" if reading.first == reading.last else f"{reading.first}-{reading.last}"
    yield f"Rank {ranks} of {reading.models}, by that interval."
    near = ", ".join(f"{model} ({cosine:.2f})" for model, cosine in reading.nearest)
    yield f"Nearest by the pool model: {near or 'none, as nothing tells of it'}."
    routed = reading.routed
    yield (
        f"Routing ({reading.encoder}) would send {routed.share:.1%} of these questions to it; expected accuracy"
        f" {routed.accuracy:.3f}, without it {routed.without:.3f}."
    )
    if last.asked:
        yield "Its outcomes are in the store as a probe; 'embedllm-bench collect' asks the rest."
    else:
        yield "Nothing was asked; --probe with a number asks so many questions, 'embedllm-bench collect' all."


def _told(traits: Traits) -> str:
    """What a card tells, in words."""
    tuned = {True: "tuned to follow instructions", False: "not tuned to follow instructions", None: None}
    parts = (
        None if traits.parameters is None else f"{traits.parameters / 1e9:.3g}B parameters",
        traits.generation or traits.family,
        tuned[traits.tuned],
        *sorted(traits.tags),
    )
    return ", ".join(part for part in parts if part) or "which tells nothing"
