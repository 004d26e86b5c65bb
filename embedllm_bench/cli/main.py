"""The command line: assembles the commands and is the one place where an error becomes a sentence."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import click

from embedllm_bench.cli import (
    add_benchmark,
    add_model,
    analyze,
    audit,
    benchmarks,
    collect,
    compare,
    encode,
    encoders,
    export,
    figures,
    fit,
    import_,
    import_vectors,
    methods,
    models,
    new_plugin,
    plugins,
    predict,
    remove_benchmark,
    remove_model,
    report,
    route,
    show,
    show_model,
    simulate,
    split,
    status,
    store,
)
from embedllm_bench.cli.plugged import plugin_options, start
from embedllm_bench.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("embedllm-bench"), prog_name="embedllm-bench")
@plugin_options
@click.pass_context
def main(context: click.Context, named: tuple[str, ...], strict: bool) -> None:
    """Measure and use learned representations of LLMs.

    From who answered which question correctly, learn a vector per model; forecast correctness on new
    questions, route each question to a good model, and predict accuracy on unseen benchmarks.
    """
    start(context, named, strict=strict)


for _module in (
    compare, add_model, add_benchmark, collect, remove_model, remove_benchmark, import_, export, encode,
    import_vectors, status, simulate, split, show, report, figures, show_model, methods, encoders, models, benchmarks,
    audit, analyze, plugins, new_plugin, store, fit, predict, route,
):  # fmt: skip
    main.add_command(_module.command)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 error, 2 wrong usage, 3 done in part."""
    try:
        main(args=arguments, standalone_mode=True)
    except BenchError as error:
        _stop(str(error), error.exit_code)
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except MemoryError:
        _stop("Out of memory: use fewer models or questions, or a machine with more.", 1)


def _stop(message: str, code: int) -> None:
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)
