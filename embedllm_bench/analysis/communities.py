"""Groups of models that should be alike: of one family, or of one size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.cards.kinship import family_of, size_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedllm_bench.arrays import BoolArray
    from embedllm_bench.cards import ModelCard


@dataclass(frozen=True, eq=False)
class Community:
    """Models that share a property."""

    kind: str  #: family or size
    name: str
    members: BoolArray  #: (M,)


def communities(models: Sequence[str], cards: Mapping[str, ModelCard]) -> list[Community]:
    """Families and size classes with two members at least and a model outside; cards go before names.

    ``cards`` are by model id; a card of the same weights in another configuration serves too.
    """
    found = []
    for kind, of in (("family", family_of), ("size", size_of)):
        labels = np.array([of(model, cards) or "" for model in models])
        for name in sorted(set(labels.tolist()) - {""}):
            members = labels == name
            if 2 <= members.sum() < len(models):
                found.append(Community(kind, name, members))
    return found
