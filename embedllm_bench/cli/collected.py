"""What became of asking models, as commands say it: a table, then a sentence for whatever went wrong."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.collecting.outcomes import Collected
    from embedllm_bench.collecting.plan import Estimate

One = TypeVar("One", "Collected", "Estimate")
PARTIAL = 3
LONGEST_REASON = 240
AGAIN = "'embedllm-bench collect --overwrite failed' asks again"


def report(results: Sequence[Collected], *, models_named: bool, benchmarks_named: bool) -> int:
    """Print what became of everything; the exit code."""
    from embedllm_bench.cli.tables import show_by_first

    results = _that_fit(results, models_named=models_named, benchmarks_named=benchmarks_named)
    rows = [
        (
            r.model, r.benchmark, str(r.done), str(r.reused), str(r.failed + r.failed_before),
            "-" if r.left is None else str(r.left), f"{r.seconds:.1f}",
            f"{(r.done + r.failed) / r.seconds:.1f}" if r.done + r.failed else "",
        )
        for r in results
        if not r.unloaded or r.done + r.reused + r.failed + r.failed_before  # else the sentence below is all
    ]  # fmt: skip
    if rows:
        header = ("model", "benchmark", "done", "reused", "failed", "left", "seconds", "outcomes/s")
        show_by_first(header, rows)
    _say([_left(r) for r in results])
    _say([_failures(r) for r in results])
    _say([_known(r) for r in results])
    return 0 if all(r.complete for r in results) else PARTIAL


def shortened(reason: str | None) -> str:
    """A reason as a line of output has room for it."""
    if not reason:
        return "no reason was given"
    return textwrap.shorten(reason.rstrip("."), LONGEST_REASON, placeholder=" ...")


def show_plan(estimates: Sequence[Estimate], *, models_named: bool, benchmarks_named: bool) -> int:
    """Print what would be asked; the exit code."""
    from embedllm_bench.cli.tables import show_by_first
    from embedllm_bench.wording import counted

    estimates = _that_fit(estimates, models_named=models_named, benchmarks_named=benchmarks_named)
    rows = [
        (
            e.model, e.benchmark, "-" if e.asked is None else str(e.asked), str(e.there),
            "" if e.seconds is None else f"{e.seconds:.0f}",
        )
        for e in estimates
    ]  # fmt: skip
    show_by_first(("model", "benchmark", "to ask", "there", "seconds"), rows)
    total = sum(e.asked or 0 for e in estimates)
    known = [e.seconds for e in estimates if e.seconds is not None]
    time = f", about {sum(known):.0f} s for those timed before" if known else ""
    click.echo(f"{counted(total, 'outcome')} to collect{time}. Nothing was asked.")
    _say([f"{e.model} on {e.benchmark}: {_reason(e)}" if e.reason else None for e in estimates])
    failed = sum(e.failed for e in estimates)
    if failed:
        click.echo(f"Of those there {failed} failed; {AGAIN}.", err=True)
    return PARTIAL if any(e.reason for e in estimates) else 0


def _say(sentences: Sequence[str | None]) -> None:
    for sentence in dict.fromkeys(filter(None, sentences)):
        click.echo(sentence, err=True)


def _left(result: Collected) -> str | None:
    """Why some were not asked; that a model cannot be loaded is said once for all benchmarks."""
    if result.reason is None or result.unloaded:
        return result.reason
    return f"{result.model} on {result.benchmark}: {_reason(result)}"


def _reason(result: Collected | Estimate) -> str:
    """Without the benchmark's name, with which it begins where it stands alone."""
    return (result.reason or "").removeprefix(f"{result.benchmark}: ")


def _that_fit(results: Sequence[One], *, models_named: bool, benchmarks_named: bool) -> list[One]:
    """What was named, and of all else what can go together; the rest is said in a line for each model and reason."""
    models = {one.model for one in results if not one.unfit}
    benchmarks = {one.benchmark for one in results if not one.unfit}
    left_out: dict[tuple[str, str], list[str]] = {}
    fit = []
    for one in results:
        needed = (models_named and one.model not in models) or (
            benchmarks_named and one.benchmark not in benchmarks
        )
        if not one.unfit or needed or not models or (models_named and benchmarks_named):
            fit.append(one)
        else:
            left_out.setdefault((one.model, _reason(one)), []).append(one.benchmark)
    _say([f"{model} is not asked {', '.join(ids)}: {why}" for (model, why), ids in left_out.items()])
    return fit


def _failures(result: Collected) -> str | None:
    """How many failed and why; that some did in earlier runs, and so are not among what was asked now."""
    now, before = result.failed, result.failed_before
    if not now + before:
        return None
    requests = result.done + result.reused + now + before
    earlier = "failed in earlier runs and were not asked again"
    why = f"most often with: {shortened(result.failure)}"
    if now:
        said = [f"{now} of {requests} failed, {why}", *([f"{before} more {earlier}"] if before else [])]
    else:
        said = [f"{before} of {requests} {earlier}, {why}"]
    kept = f"the earlier answers to {result.kept} of them stay" if result.kept else None
    again = AGAIN if now + before > result.kept else None
    return f"{result.model} on {result.benchmark}: {'; '.join([*said, *filter(None, (kept, again))])}."


def _known(result: Collected) -> str | None:
    if not result.known:
        return None
    return (
        f"{result.model} on {result.benchmark}: {result.known} were asked here, and another process stored its"
        " outcomes of the same meanwhile; those stay, and what was asked here is not counted."
    )
