"""embedllm-bench plugins: what is installed or named, what it adds, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli import plugins_check
from embedllm_bench.cli.options import format_option

if TYPE_CHECKING:
    from embedllm_bench.registry.plugins import Listed

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
        "hooks": row.hooks,
        "registered": row.registered,
    }


def _texts(row: Listed) -> tuple[str, ...]:
    registered = "; ".join(
        f"{len(names)} {kind}" if len(names) > FEW else f"{kind} {', '.join(names)}"
        for kind, names in row.registered.items()
    )
    said = f"{row.reason}{'; still there: ' if registered else ''}{registered}" if row.reason else registered
    said = "; ".join(filter(None, (said, *(f"its {hook} registers nothing" for hook in row.idle))))
    hooks = ", ".join(hook.removeprefix("register_") for hook in row.hooks)
    return (row.source.name, row.source.version, row.source.origin, row.state, hooks, said)
