"""What the analyze commands share: the options that name data and method, and how an answer is printed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from embedllm_bench.cli.options import format_option, store_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from embedllm_bench.analysis.base import Analysis, Cell, Subject
    from embedllm_bench.store.store import Store


@dataclass(frozen=True)
class Asked:
    """The options of one call."""

    store: str | None
    method: str
    settings: Sequence[str]
    encoder: str | None
    labels: str
    seed: int
    layout: str

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[Store, Subject]]:
        """The store, and what is analysed of it."""
        from embedllm_bench.store.location import reading_location
        from embedllm_bench.store.store import Store

        with Store.open(reading_location(self.store)) as store:
            yield store, self.subject(store, self.method)

    def subject(self, store: Store, method: str) -> Subject:
        """The store's data under one of its methods."""
        from embedllm_bench.analysis.base import Subject
        from embedllm_bench.cli.plugged import heard, plugins
        from embedllm_bench.errors import UsageError
        from embedllm_bench.methods.settings import parse_settings

        used = plugins()
        heard(used.methods)
        given = parse_settings(self.settings)
        if self.method and set(given) - {method}:
            other = next(text for text in self.settings if not text.startswith(f"{method}."))
            raise UsageError(
                f"--set {other} is for another method than {method}, which is looked at; see --method."
            )
        settings = given.get(method, {})
        return Subject.of(
            store,
            method,
            settings=settings,
            encoder=self.encoder,
            labels=self.labels,
            seed=self.seed,
            plugins=used,
        )

    def say(self, found: Analysis) -> None:
        """The answer in the layout that was asked for."""
        if self.layout == "json":
            click.echo(found.to_json(), nl=False)
            return
        from embedllm_bench.cli.tables import show

        show(found.columns, [tuple(map(_shown, row)) for row in found.rows], self.layout)
        if self.layout == "table":
            click.echo(found.answer)
            click.echo(_where_from(found))


def analysis_options(*, method: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The shared options; the command gets them as one :class:`Asked`. Without ``method`` it names its own."""
    method_option = click.option(
        "--method", default="embedllm", show_default=True, metavar="NAME", help="Which method is looked at."
    )
    options = [
        store_option,
        *([method_option] if method else []),
        click.option(
            "--set", "settings", multiple=True, metavar="METHOD.FIELD=VALUE", help="A hyper-parameter."
        ),
        click.option("--encoder", metavar="NAME", help="Whose question vectors, as in compare."),
        click.option(
            "--labels",
            type=click.Choice(["majority", "majority-ties-correct", "raw", "max", "last"]),
            default="majority",
            show_default=True,
            help="What repeated attempts at one question count as.",
        ),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Draws the split."),
        format_option,
    ]

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(
            store: str | None, settings: Sequence[str], encoder: str | None, labels: str, seed: int, layout: str,
            method: str = "", **own: object,
        ) -> None:  # fmt: skip
            function(Asked(store, method, settings, encoder, labels, seed, layout), **own)

        called.__doc__ = function.__doc__
        wrapped: Callable[..., Any] = called
        for option in reversed(options):
            wrapped = option(wrapped)
        # options of the command's own were put on the function before it came here
        wrapped.__click_params__ = [*wrapped.__click_params__, *getattr(function, "__click_params__", [])]  # type: ignore[attr-defined]  # click's own attribute
        return wrapped

    return decorated


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int | float) else str(cell)


def _where_from(found: Analysis) -> str:
    facts = found.facts
    return (
        f"{facts.models} models, {facts.questions} questions, data {facts.data[:12]}; split {facts.split}"
        f" ({facts.split_hash[:12]}), {facts.test_questions} test questions, seed {facts.seed}; labels {facts.labels};"
        f" encoder {facts.encoder}; 95 % intervals."
    )
