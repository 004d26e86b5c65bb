"""embedllm-bench methods: what can be compared, and what can be set."""

from __future__ import annotations

import click

from embedllm_bench.cli.options import format_option


@click.command("methods")
@format_option
def command(layout: str) -> None:
    """List the methods with their settings and the plugin each comes from."""
    import dataclasses
    import json

    from embedllm_bench.cli.tables import show
    from embedllm_bench.registry import method_catalog

    rows = []
    for name, entry in method_catalog().items():
        fields = [f for f in dataclasses.fields(entry.method) if f.name != "seed"]
        settings = {f.name: f.default for f in fields}
        rows.append((name, entry.plugin, entry.method.summary, settings))
    if layout == "json":
        keys = ("name", "plugin", "summary", "settings")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=1))
        return
    texts = [(*row[:3], ", ".join(f"{k}={v}" for k, v in row[3].items())) for row in rows]
    show(("method", "plugin", "what it does", "settings"), texts, layout)
