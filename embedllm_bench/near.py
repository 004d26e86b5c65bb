"""Questions that are nearly the same text, which must not be trained on and tested on at once."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedllm_bench.arrays import IndexArray

SIMILAR = 0.9  #: Jaccard similarity of two texts' shingles from which they count as nearly the same
SHINGLE = 3  #: words that stand in a row
PERMUTATIONS = 128  #: of MinHash; candidates of its index are compared exactly
#: How far below ``SIMILAR`` candidates are taken: MinHash's estimate is off by .03 at that similarity.
MARGIN = 0.1


def near_groups(texts: Sequence[str], similar: float = SIMILAR) -> IndexArray:
    """A number (Q,) for each text, equal for texts that are joined by a chain of nearly equal ones.

    Nearly equal are texts that are the same but for case, punctuation and blanks, or whose word
    three-grams, counted, have a Jaccard similarity of at least ``similar``.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    position: dict[str, int] = {}
    code = np.array([position.setdefault(normalised(text), len(position)) for text in texts], dtype=np.int64)
    pairs = np.array(list(near_pairs(list(position), similar)), dtype=np.int64).reshape(-1, 2)
    joined = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(position),) * 2)
    _, group = connected_components(joined, directed=False)
    return np.asarray(group, dtype=np.int64)[code]


def normalised(text: str) -> str:
    """The words of a text, without case, punctuation and how they are spaced; the text, where it has none."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())) or text


def near_pairs(texts: Sequence[str], similar: float) -> Iterator[tuple[int, int]]:
    """Pairs i < j of normalised texts whose shingles are at least so ``similar``."""
    from datasketch import MinHash, MinHashLSH

    shingles = [_shingles(text) for text in texts]
    hashes = MinHash.bulk([[s.encode() for s in one] for one in shingles], num_perm=PERMUTATIONS)
    index = MinHashLSH(threshold=max(similar - MARGIN, 0.1), num_perm=PERMUTATIONS)
    for number, minhash in enumerate(hashes):
        for other in index.query(minhash):
            if _jaccard(shingles[other], shingles[number]) >= similar:
                yield other, number
        index.insert(number, minhash)


def _shingles(text: str) -> frozenset[str]:
    """Its runs of three words, the n-th of a kind told apart from the first: "no no no no" is not "no no no"."""
    words = text.split()
    runs = [" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))]
    counts = Counter(runs)
    return frozenset(f"{run} {n}" for run, count in counts.items() for n in range(count))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)
