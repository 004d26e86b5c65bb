"""encode() and import_table() with what plugins add: the public calls of these names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.encoders import encoding
from embedllm_bench.encoders.catalog import SENTENCE_TRANSFORMERS
from embedllm_bench.exchange import importing
from embedllm_bench.exchange.formats import importer_for
from embedllm_bench.process import guest
from embedllm_bench.registry import Plugins
from embedllm_bench.store.records import OnConflict

if TYPE_CHECKING:
    import os

    from embedllm_bench.encoders.base import Settings
    from embedllm_bench.encoders.encoding import EncodingReport, Progress
    from embedllm_bench.exchange.base import ReadOptions
    from embedllm_bench.exchange.importing import ImportProgress, ImportReport
    from embedllm_bench.store.store import Store


def encode(
    store: Store,
    encoder: str | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    plugins: Plugins | None = None,
) -> EncodingReport:
    """Give all questions of a store the vectors of an encoder, by name, folder or hub id.

    Not named, it is the best built-in one whose weights are on this machine; what a plugin brings is used
    where it is named. Names are those of ``plugins``: the installed ones, if not given.

    Raises:
        UsageError: there is no such encoder, precision or device.
        PluginError: it may be of a plugin that is broken.
        EncoderError: its weights cannot be had here, or give no vectors.
        DataError: the store holds no question.
    """
    if encoder is None:
        return encoding.encode(store, encoder, settings, progress)
    catalog = (plugins or Plugins()).encoders
    name = encoder.removeprefix(SENTENCE_TRANSFORMERS).partition("@")[0]
    with catalog.explaining(name), catalog.blaming(lambda: name), guest():
        return encoding.encode(store, encoder, settings, progress, catalog.things)


def import_table(
    store: Store,
    path: str | os.PathLike[str],
    *,
    kind: str | None = None,
    options: ReadOptions | None = None,
    on_conflict: OnConflict = OnConflict.REFUSE,
    progress: ImportProgress | None = None,
    needed: str | None = None,
    plugins: Plugins | None = None,
) -> ImportReport:
    """Import outcomes from a source of any known format; the same source again changes nothing.

    Nothing is kept where none is of the model that is ``needed``. Formats are those of ``plugins``: the
    installed ones, if not given.

    Raises:
        UsageError: there is no such format, or none recognises the source.
        PluginError: the format may be of a plugin that is broken.
        DataError: it cannot be read, or something in it is wrong; the store is then as it was.
    """
    catalog = (plugins or Plugins()).importers
    importers = tuple(catalog.things.values())

    def chosen() -> str:
        return importer_for(Path(path), kind, importers).name

    with catalog.explaining(kind or ""), catalog.blaming(chosen), guest():
        return importing.import_table(
            store,
            path,
            kind=kind,
            options=options,
            on_conflict=on_conflict,
            progress=progress,
            needed=needed,
            importers=importers,
        )
