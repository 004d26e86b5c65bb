"""embedllm-bench methods: what can be compared, and what can be set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from embedllm_bench.cli.options import format_option

if TYPE_CHECKING:
    import dataclasses
    from typing import Any


@click.command("methods")
@format_option
def command(layout: str) -> None:
    """List the methods with their settings and the plugin each comes from."""
    import dataclasses
    import json

    from embedllm_bench.cli.plugged import heard, plugins
    from embedllm_bench.cli.tables import show

    rows = []
    for name, entry in heard(plugins().methods).items():
        fields = [f for f in dataclasses.fields(entry.thing) if f.name != "seed"]
        settings = {f.name: _default(f) for f in fields}
        rows.append((name, entry.plugin, entry.thing.summary, settings))
    if layout == "json":
        keys = ("name", "plugin", "summary", "settings")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=1, default=str))
        return
    texts = [(*row[:3], ", ".join(f"{k}={v}" for k, v in row[3].items())) for row in rows]
    show(("method", "plugin", "what it does", "settings"), texts, layout)


def _default(field: dataclasses.Field[Any]) -> object:
    """A stranger's field may have a factory."""
    import dataclasses

    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
