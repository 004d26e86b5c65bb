"""The plugins of this run, and a line on stderr for each that is broken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from embedllm_bench.registry import Catalog, Plugins

Thing = TypeVar("Thing")
TOLD = "embedllm_bench.told"  #: where the click context keeps what was said already


def _check_named(
    _context: click.Context, _option: click.Parameter, named: tuple[str, ...]
) -> tuple[str, ...]:
    """A file or module that is not there is a slip of the pen, and no broken plugin.

    In the environment, which stays from one command to the next, it is a broken one: nothing else is to stop.
    """
    from embedllm_bench.registry.sources import has_module, is_file, near_file

    for text in named:
        if not text.strip():
            raise click.BadParameter("give a file or a module.")
        if Path(text).is_dir() and (is_file(text) or not has_module(text)):
            raise click.BadParameter(f"{text} is a folder; give a file in it, or a module's name.")
        if is_file(text) and not Path(text).is_file():
            raise click.BadParameter(f"there is no file {text}{near_file(text) or '.'}")
        if not is_file(text) and not has_module(text):
            raise click.BadParameter(f"there is no module {text}{near_file(text) or '.'}")
    return named


def plugin_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the global options that say which plugins there are."""
    function = click.option(
        "--plugin",
        "named",
        multiple=True,
        metavar="FILE.py|MODULE",
        callback=_check_named,
        help="A plugin that is not installed; repeatable, and EMBEDLLM_BENCH_PLUGINS=A,B does the same.",
    )(function)
    return click.option(
        "--strict-plugins", "strict", is_flag=True, help="Stop if any plugin is broken, needed or not."
    )(function)


def start(context: click.Context, named: tuple[str, ...], *, strict: bool) -> None:
    """Keep the plugins of this run; nothing is imported yet, unless all are to be looked over."""
    from embedllm_bench.registry import Plugins

    context.obj = Plugins(named)
    if strict:
        context.obj.check()


def plugins() -> Plugins:
    """Those of this run."""
    from embedllm_bench.registry import Plugins

    context = click.get_current_context(silent=True)
    found = None if context is None else context.find_object(Plugins)
    return Plugins() if found is None else found


def tell_of_disabling() -> set[object]:
    """Say once which names in EMBEDLLM_BENCH_DISABLE leave out nothing; what was said already, to be added to."""
    from embedllm_bench.registry.sources import DISABLE

    said: set[object] = click.get_current_context().find_root().meta.setdefault(TOLD, set())
    for name in plugins().disabling_nothing:
        if name not in said:
            said.add(name)
            click.echo(
                f"{DISABLE} names {name!r}, which is no plugin here; see 'embedllm-bench plugins'.", err=True
            )
    return said


def heard(catalog: Catalog[Thing]) -> Catalog[Thing]:
    """The catalog, once it was said which plugins it lacks, and which have a hook for it that registers nothing."""
    from embedllm_bench.registry.catalog import disabling

    said = tell_of_disabling()
    for fault in catalog.faults:
        if fault not in said:
            said.add(fault)
            quiet = disabling(*(name for name in (*fault.also, fault.plugin)))
            why = f"{fault.reason}" if fault.also else f"plugin {fault.plugin!r} is broken: {fault.reason}"
            click.echo(f"Left out, as {why}. See 'embedllm-bench plugins'; {quiet} silences this.", err=True)
    for name in catalog.idle:
        if (catalog.hook, name) not in said:
            said.add((catalog.hook, name))
            click.echo(
                f"The {catalog.hook} of plugin {name!r} registers nothing; call register(...) in it, or leave it out."
                f" {disabling(name)} silences this.",
                err=True,
            )
    return catalog
