"""embedllm-bench plugins check: does what a plugin registers keep its contract?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.testing import BoundCheck

OK, FAILED, SKIPPED = "ok", "failed", "not run"


def _examples(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> dict[str, Path]:
    """FORMAT=PATH texts as paths by format."""
    found = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise click.BadParameter(f"{text!r} is no example; write FORMAT=PATH.")
        if not Path(path).exists():
            raise click.BadParameter(f"there is no file {path}.")
        found[name] = Path(path)
    return found


@click.command("check")
@click.argument("name")
@click.option(
    "--example", "examples", multiple=True, metavar="FORMAT=PATH", callback=_examples,
    help="A small file or folder for the importer of that format; repeatable.",
)  # fmt: skip
@click.option(
    "--format", "layout", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="How to print it.",
)  # fmt: skip
@click.pass_context
def command(context: click.Context, name: str, examples: dict[str, Path], layout: str) -> None:
    """Run the contract's checks on everything that plugin NAME registers.

    Exit code 1 means that a promise is broken. With pytest, the module embedllm_bench.testing.pytest_plugin
    makes a test of each check.
    """
    import json

    from embedllm_bench.cli.plugged import plugins
    from embedllm_bench.cli.tables import show
    from embedllm_bench.errors import UsageError
    from embedllm_bench.testing import plugin_checks, registrations

    registered = registrations(name, plugins())
    formats = [importer.name for importer in registered.importers]
    for given in examples:
        if given not in formats:
            has = f"it has {', '.join(formats)}" if formats else "it has none"
            raise UsageError(f"Plugin {name!r} registers no importer {given!r}; {has}.")
    checks = plugin_checks(registered, examples)
    results = _run(checks)
    if layout == "json":
        keys = ("kind", "name", "check", "promise", "result", "reason")
        rows = [
            dict(zip(keys, (c.kind, c.thing, c.check, c.promise, *result), strict=True))
            for c, result in zip(checks, results, strict=True)
        ]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        texts = [
            (check.kind, check.thing, check.check, result)
            for check, (result, _) in zip(checks, results, strict=True)
        ]
        header = ("what", "name", "check", "result")
        show(header, texts, "table", whole=header)
        for check, (result, reason) in zip(checks, results, strict=True):
            if reason:  # a failed check's says which it is
                of = "" if result == FAILED else f"{check.thing}, {check.check}: "
                click.echo(f"{result}: {of}{reason.rstrip('.')}.")
        count = {state: sum(result == state for result, _ in results) for state in (OK, FAILED, SKIPPED)}
        click.echo(f"{name}: " + ", ".join(f"{number} {state}" for state, number in count.items()) + ".")
    context.exit(1 if any(result == FAILED for result, _ in results) else 0)


def _run(checks: Sequence[BoundCheck]) -> list[tuple[str, str]]:
    """Result and reason of every check, with a bar where somebody is watching."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

    from embedllm_bench.cli.progress import bars

    results = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with bars(*columns, auto_refresh=False) as bar:
        line = bar.add_task("checking", total=len(checks))
        for check in checks:
            bar.update(line, description=f"{check.thing}: {check.check}", refresh=True)
            results.append(_result(check))
            bar.advance(line)
    return results


def _result(check: BoundCheck) -> tuple[str, str]:
    from embedllm_bench.testing import NotRun

    if check.skip:
        return SKIPPED, check.skip
    try:
        check()
    except AssertionError as error:
        return FAILED, str(error)
    except NotRun as reason:
        return SKIPPED, str(reason)
    return OK, ""
