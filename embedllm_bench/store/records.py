"""The values that go into a store and come out of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from embedllm_bench.arrays import Float32Array, FloatArray, IndexArray

GRADED, FAILED = 0, 1
UNKNOWN = -1  #: an integer column's mark for "not known"; never stored


class OnConflict(enum.StrEnum):
    """What to do with an outcome whose model and question already have one from another source."""

    REFUSE = "refuse"  #: write nothing and say how many there are
    SKIP = "skip"  #: keep what the store has
    ATTEMPT = "attempt"  #: add it as a further attempt


@dataclass(frozen=True)
class QuestionRecord:
    """A question as files name it; ``part`` is its place in the split the data came with."""

    benchmark: str
    question_id: str
    text: str
    subtask: str | None = None
    part: str | None = None


@dataclass(frozen=True, eq=False)
class OutcomeTable:
    """N outcomes as columns (N,); a column that is None is unknown throughout."""

    models: tuple[str, ...]
    questions: tuple[QuestionRecord, ...]
    model: IndexArray  #: position in ``models``
    question: IndexArray  #: position in ``questions``
    attempt: IndexArray  #: from 1
    state: npt.NDArray[np.uint8]  #: GRADED or FAILED
    correct: npt.NDArray[np.int8]  #: 0 or 1; UNKNOWN where failed
    score: FloatArray | None = None  #: NaN = unknown, as in the next two
    cost: FloatArray | None = None  #: dollars
    latency: FloatArray | None = None  #: seconds
    prompt_tokens: IndexArray | None = None  #: UNKNOWN = unknown, as in the next
    completion_tokens: IndexArray | None = None
    reason: tuple[str | None, ...] | None = None  #: why a failed one failed

    def __len__(self) -> int:
        return len(self.model)


@dataclass(frozen=True)
class FailedOutcome:
    """An attempt that brought no answer that could be graded."""

    model: str
    benchmark: str
    question_id: str
    attempt: int
    reason: str | None


@dataclass(frozen=True)
class FailureCount:
    """How many attempts of a model at a benchmark failed, and the commonest reason."""

    model: str
    benchmark: str
    failed: int
    reason: str | None


@dataclass(frozen=True)
class ChunkReport:
    """What became of the outcomes that a collector brought; together they are all of them."""

    graded: int = 0  #: written
    failed: int = 0  #: written as failed
    kept: int = 0  #: failed, where the answer that was there stays
    known: int = 0  #: not written, as another process has brought as many attempts meanwhile

    @property
    def written(self) -> int:
        """Outcomes that are new in the store."""
        return self.graded + self.failed


@dataclass(frozen=True)
class Source:
    """Where outcomes come from; an equal ``fingerprint`` means the same content read the same way."""

    kind: str
    name: str
    fingerprint: str


@dataclass(frozen=True)
class WriteReport:
    """What a write did; ``already_imported`` when the source was complete in the store before."""

    added: int
    skipped: int = 0
    already_imported: bool = False


@dataclass(frozen=True, eq=False)
class StoredQuestions:
    """Q questions that have an outcome, by benchmark and id; ``rows`` (Q,) are their row numbers."""

    rows: IndexArray
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    benchmarks: tuple[str, ...]
    subtasks: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class StoredEncoder:
    """Vectors the store holds: how long, how precise, and for how many questions."""

    name: str
    revision: str
    dimension: int
    dtype: str
    questions: int

    @property
    def label(self) -> str:
        """How users name these vectors."""
        return label(self.name, self.revision)


def label(encoder: str, revision: str) -> str:
    """How users name the vectors of an encoder and revision: ``name@revision``, or the bare name."""
    return f"{encoder}@{revision}" if revision else encoder


@dataclass(frozen=True)
class Coverage:
    """One model on one benchmark, counted in questions but for ``attempts`` and ``correct``."""

    model: str
    benchmark: str
    questions: int  #: asked of any model
    graded: int  #: with at least one graded attempt
    failed: int  #: with failed attempts only
    attempts: int  #: graded attempts
    correct: int  #: graded attempts that are right
    planned: int = 0  #: questions that collections of the model were to ask, 0 if there was none
    known: int | None = None  #: questions the benchmark has, as far as the store can tell
    probed: bool = (
        False  #: whether it was only asked questions that were chosen, whose share correct is no accuracy
    )

    @property
    def expected(self) -> int:
        """Questions the model has to be asked to be as far as others, and as its collections were to go."""
        return max(self.questions, self.planned)

    @property
    def missing(self) -> int:
        """Questions of these that the model was never asked."""
        return self.expected - self.graded - self.failed

    @property
    def unfinished(self) -> bool:
        """Whether a collection of it stopped before its end."""
        return self.graded + self.failed < self.planned


@dataclass(frozen=True, eq=False)
class Simulation:
    """What simulated outcomes were drawn from: P(correct) = sigmoid(abilities @ loadings.T + offsets)."""

    models: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]  #: (benchmark, question id) of each question
    abilities: Float32Array  #: (M, K)
    loadings: Float32Array  #: (Q, K)
    offsets: Float32Array  #: (Q,)
