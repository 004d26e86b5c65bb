"""How alike two questions are: by their vectors, by the form of their texts, and by their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from scipy import sparse

from embedllm_bench.encoders.features import text_features

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.matrix import Questions

VIEWS = ("vectors", "features", "words")
HEAD, TAIL = 800, 400  #: characters of a long text whose words count, from its two ends
WORDS = 2**13  #: places that words and pairs and triples of them are hashed to
WORD_OR_SYMBOL = r"\w+|[^\w\s]"
MOST_DEVIATIONS = 4.0  #: a feature counts as no further from its mean
SMOOTH = 1e-6  #: added to squared distances, whose rounding the root would make large
SAMPLE = 1000  #: questions whose distances give the widths


@dataclass(frozen=True, eq=False)
class Scales:
    """What makes the views comparable, learned from the training questions."""

    mean: Float32Array  #: (F,) of the features
    deviation: Float32Array  #: (F,)
    rarity: Float32Array  #: (WORDS,) the inverse document frequency of each place
    widths: Float32Array  #: (3,) the median distance in each view


@dataclass(frozen=True, eq=False)
class Viewed:
    """n questions as rows of each view."""

    vectors: Float32Array  #: (n, D)
    features: Float32Array  #: (n, F) in deviations
    words: sparse.csr_array  #: (n, WORDS), rows of length 1

    def __len__(self) -> int:
        return len(self.vectors)

    def take(self, rows: npt.NDArray[np.int64]) -> Self:
        """Those at ``rows``."""
        return type(self)(self.vectors[rows], self.features[rows], self.words[rows])

    @classmethod
    def of(cls, questions: Questions, scales: Scales) -> Self:
        """Questions as :class:`Scales` says."""
        return cls.scaled(
            questions.embeddings, text_features(questions.texts), _words(questions.texts), scales
        )

    @classmethod
    def scaled(
        cls, vectors: Float32Array, features: Float32Array, words: sparse.csr_array, scales: Scales
    ) -> Self:
        deviations = (features - scales.mean) / scales.deviation
        clipped = deviations.clip(-MOST_DEVIATIONS, MOST_DEVIATIONS).astype(np.float32)
        weighted = sparse.csr_array(words * scales.rarity[None, :])
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(1)).ravel())
        unit = sparse.csr_array(weighted * (1 / np.maximum(length, 1e-12)).astype(np.float32)[:, None])
        return cls(np.ascontiguousarray(vectors, dtype=np.float32), clipped, unit)

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """For a folder."""
        return {
            f"{name}.vectors": self.vectors, f"{name}.features": self.features, f"{name}.data": self.words.data,
            f"{name}.indices": self.words.indices, f"{name}.indptr": self.words.indptr,
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]], name: str) -> Self:
        """What :meth:`arrays` gave."""
        vectors, features, data, indices, indptr = (
            arrays[f"{name}.{part}"] for part in ("vectors", "features", "data", "indices", "indptr")
        )
        words = sparse.csr_array((data, indices, indptr), shape=(len(vectors), WORDS))
        return cls(vectors, features, words)


def look(questions: Questions, seed: int) -> tuple[Viewed, Scales]:
    """The training questions in all views, and the scales learned from them."""
    features, words = text_features(questions.texts), _words(questions.texts)
    there = np.bincount(words.indices, minlength=WORDS)
    rarity = np.log((1 + len(questions)) / (1 + there)) + 1
    scales = Scales(
        features.mean(0),
        np.maximum(features.std(0), 1e-3),
        rarity.astype(np.float32),
        np.ones(len(VIEWS), np.float32),
    )
    viewed = Viewed.scaled(questions.embeddings, features, words, scales)
    some = np.sort(np.random.default_rng([seed, 1]).permutation(len(questions))[:SAMPLE])
    sample = viewed.take(some)
    widths = [float(np.median(_squared(view, sample, sample).numpy()) ** 0.5) for view in range(len(VIEWS))]
    usable = np.array([width if width > 1e-3 else 1.0 for width in widths], dtype=np.float32)
    return viewed, Scales(scales.mean, scales.deviation, scales.rarity, usable)


def likeness(view: int, these: Viewed, those: Viewed, scales: Scales) -> torch.Tensor:
    """Values (n, m) from 0 to 1 in one view: a Laplace kernel, and a Gaussian one on words.

    Laplace's falls with the distance, not its square, and so leaves questions that are nearly the same unlike
    (Rahimi and Recht 2007 list both).
    """
    squared = _squared(view, these, those) / float(scales.widths[view]) ** 2
    return (-squared / 2).exp() if VIEWS[view] == "words" else (-(squared + SMOOTH).sqrt()).exp()


def _squared(view: int, these: Viewed, those: Viewed) -> torch.Tensor:
    """Squared distances (n, m)."""
    if VIEWS[view] == "words":
        # few words are in both: a product of sparse rows is several times faster than one of dense rows
        product = torch.from_numpy((these.words @ those.words.T).toarray())
        left, right = (
            torch.from_numpy(np.asarray(rows.multiply(rows).sum(1)).ravel())
            for rows in (these.words, those.words)
        )
    else:
        rows, others = (torch.from_numpy(getattr(viewed, VIEWS[view])) for viewed in (these, those))
        product, left, right = rows @ others.T, (rows**2).sum(1), (others**2).sum(1)
    return (left[:, None] + right - 2 * product).clamp(min=0)


def _words(texts: Sequence[str]) -> sparse.csr_array:
    """Logarithms of counts of words, of symbols, and of pairs and triples of these, hashed (n, WORDS)."""
    from sklearn.feature_extraction.text import HashingVectorizer  # heavy: only where it is used

    if not texts:
        return sparse.csr_array(np.zeros((0, WORDS), dtype=np.float32))

    counter = HashingVectorizer(
        n_features=WORDS, ngram_range=(1, 3), token_pattern=WORD_OR_SYMBOL, norm=None, alternate_sign=False,
        dtype=np.float32,
    )  # fmt: skip
    counts = sparse.csr_array(counter.transform([_ends(text) for text in texts]))
    counts.data = np.log1p(counts.data)
    return counts


def _ends(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"
