"""embedllm-bench plugins: what is installed or named, what it adds, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli import plugins_check
from embedllm_bench.cli.options import format_option

if TYPE_CHECKING:
    from embedllm_bench.registry.plugins import Listed

HEADER = ("plugin", "state", "where it is from, and what it registered")
FEW = 6  #: names that a table shows; of more it gives the number


@click.group("plugins", invoke_without_command=True)
@format_option
@click.pass_context
def command(context: click.Context, layout: str) -> None:
    """List the plugins: where each comes from, its hooks, what it registered, or why it is broken.

    Plugins are packages with an entry point in the group embedllm_bench, and the files and modules of
    --plugin and EMBEDLLM_BENCH_PLUGINS. EMBEDLLM_BENCH_DISABLE=NAME,... leaves some out.
    """
    if context.invoked_subcommand is None:
        _list(layout)


command.add_command(plugins_check.command)


def _list(layout: str) -> None:
    import json

    from embedllm_bench.cli.plugged import plugins, tell_of_disabling
    from embedllm_bench.cli.tables import show

    tell_of_disabling()
    rows = plugins().listing()
    if layout == "json":
        click.echo(json.dumps([_content(row) for row in rows], indent=1, ensure_ascii=False))
    elif layout == "table":
        show(HEADER, [(r.source.name, r.state, _lines(r)) for r in rows], layout, whole=HEADER[:2])
    else:
        header = ("plugin", "version", "origin", "state", "hooks", "registered")
        show(header, [_texts(row) for row in rows], layout)


def _content(row: Listed) -> dict[str, object]:
    return {
        "name": row.source.name,
        "version": row.source.version,
        "origin": row.source.origin,
        "state": row.state,
        "reason": row.reason,
        "remedy": row.remedy,
        "hooks": row.hooks,
        "registered": row.registered,
    }


def _texts(row: Listed) -> tuple[str, ...]:
    registered = "; ".join(
        f"{len(names)} {kind}" if len(names) > FEW else f"{kind} {', '.join(names)}"
        for kind, names in row.registered.items()
    )
    there = f"still there: {registered}" if row.reason and registered else registered
    idle = (f"its {hook} registers nothing" for hook in row.idle)
    said = "; ".join(filter(None, (row.reason, row.remedy, there, *idle)))
    hooks = ", ".join(hook.removeprefix("register_") for hook in row.hooks)
    return (row.source.name, row.source.version, row.source.origin, row.state, hooks, said)


def _lines(row: Listed) -> str:
    """Where it is from, what is wrong, and a line for each hook: six columns have no room in a terminal."""
    from embedllm_bench.registry.plugins import KINDS

    found = [" ".join(filter(None, (_origin(row.source.origin), row.source.version)))]
    if row.reason:
        found.append("; ".join(filter(None, (row.reason, row.remedy))))
    for hook in row.hooks:
        names = row.registered.get(KINDS[hook], ())
        said = f"{len(names)} of them" if len(names) > FEW else ", ".join(names) or "nothing"
        found.append(f"{hook.removeprefix('register_')}: {said}")
    return "\n".join(found)


def _origin(origin: str) -> str:
    """A file of the current folder as a user names it there."""
    path, here = Path(origin), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else origin
