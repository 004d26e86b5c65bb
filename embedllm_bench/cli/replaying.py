"""compare --manifest: a comparison done again is the same one, or says what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from embedllm_bench.results import Manifest


def refuse_others(context: click.Context) -> None:
    """A replay takes its settings from the file; a second source of them would make it something else."""
    from embedllm_bench.errors import UsageError

    for name in ("methods", "tasks", "settings", "seeds", "folds", "split", "group", "encoder", "labels"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise UsageError(
                f"--manifest repeats what was done; leave the option for {name} out, or leave --manifest out."
            )


def check_replay(now: Manifest, then: Manifest) -> None:
    """What may move last digits is said aloud.

    Raises:
        DataError: it is of other data, or of other splits.
    """
    from embedllm_bench.errors import DataError

    if now.data.hash != then.data.hash:
        raise DataError(
            f"The store holds other data (hash {now.data.hash[:12]}) than the result was made of"
            f" ({then.data.hash[:12]}); give the --store it was made of."
        )
    if now.splits != then.splits:
        raise DataError("The questions are divided otherwise than then; give the split's file as it was.")
    if then.data.cards and now.data.cards != then.data.cards:
        click.echo("The models' cards say something else than then; rows that read them differ.", err=True)
    differing = [name for name, version in then.versions.items() if now.versions.get(name) != version]
    if now.threads != then.threads:
        differing.append("the number of threads")
    if differing:
        click.echo(f"Not as it was then, so last digits may differ: {', '.join(differing)}.", err=True)
