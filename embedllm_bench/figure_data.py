"""What figures are drawn from: small typed tables that a result carries beside its scores.

Models and benchmarks are named once and meant by position elsewhere. Shares are rounded to four digits.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1  #: of this part of the result file
Numbers: TypeAlias = "tuple[float, ...]"
Counts: TypeAlias = "tuple[int, ...]"
Gaps: TypeAlias = "tuple[float | None, ...]"  #: None where nothing is known


@dataclass(frozen=True)
class Curve:
    """A method's points, from left to right; ``n`` counts what each stands for, and is empty where it is no mean."""

    method: str
    x: Numbers
    y: Numbers
    n: Counts


@dataclass(frozen=True)
class Routed:
    """The share of questions that a router sends to each model it uses."""

    method: str
    models: Counts
    shares: Numbers


@dataclass(frozen=True)
class Predicted:
    """A method's forecast (M,) of each model's accuracy on a benchmark held out."""

    method: str
    benchmark: int
    accuracy: Gaps


@dataclass(frozen=True)
class Models:
    """Who was asked: M models on B benchmarks, all questions, whatever part of a split they are in."""

    names: tuple[str, ...]
    families: tuple[str | None, ...]
    sizes: tuple[str | None, ...]
    right: tuple[Counts, ...]  #: (B, M) right attempts
    asked: tuple[Counts, ...]  #: (B, M) graded attempts

    def accuracy(self, model: int, benchmark: int | None = None) -> float | None:
        """On a benchmark, or over all attempts; None for a model not asked."""
        rows = range(len(self.right)) if benchmark is None else (benchmark,)
        asked = sum(self.asked[row][model] for row in rows)
        return sum(self.right[row][model] for row in rows) / asked if asked else None


@dataclass(frozen=True)
class ModelMap:
    """Two principal components of a method's centred model vectors, and each model's nearest by their cosine."""

    method: str
    x: Numbers  #: (M,)
    y: Numbers  #: (M,)
    explained: tuple[float, float]  #: shares of the vectors' variance
    nearest: tuple[Counts, ...]  #: (M, up to 5), nearest first
    cosines: tuple[Numbers, ...]  #: likewise


@dataclass(frozen=True)
class Agreement:
    """How often two models are both right or both wrong, on the questions asked of both; models in clustered order."""

    models: Counts  #: (m,) of all models, drawn evenly over their accuracies where there are many
    share: tuple[Gaps, ...]  #: (m, m)


@dataclass(frozen=True)
class Difference:
    """A model's accuracy on a benchmark minus its peers', with a 95 % interval over n common questions."""

    benchmark: int
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Profile:
    """What sets a model apart: ``differences`` from its peers, the models nearest in accuracy over all."""

    peers: Counts
    differences: tuple[Difference, ...]
    partners: Counts  #: complementary models, best first
    together: Numbers  #: share of common questions that it or that partner answers


@dataclass(frozen=True)
class AskedQuestion:
    """A question that stands out, and who answered it: models by bit, the first model in the first bit."""

    id: str
    benchmark: int
    text: str
    clipped: int  #: characters left out
    right: int  #: models that answered it
    asked: int
    discrimination: float | None  #: correlation of answering it with answering the others
    views: tuple[str, ...]  #: hardest, discriminating, disputed
    answered_by: str  #: hexadecimal digits
    asked_of: str

    def members(self, bits: str) -> list[int]:
        """The models a string of bits means."""
        return [
            4 * place + bit
            for place, digit in enumerate(bits)
            for bit in range(4)
            if int(digit, 16) >> bit & 1
        ]


@dataclass(frozen=True)
class FigureData:
    """All of it; a part is empty where its task was not done."""

    benchmarks: tuple[str, ...]
    calibration: tuple[Curve, ...]  #: mean forecast, share right, attempts, in bins of equal mass
    roc: tuple[Curve, ...]  #: false and true positive rate
    routed: tuple[Routed, ...]
    predicted: tuple[Predicted, ...]
    models: Models
    maps: tuple[ModelMap, ...]  #: one for each method that learns vectors
    agreement: Agreement | None
    profiles: tuple[Profile, ...]  #: (M,), or none with a single model
    questions: tuple[AskedQuestion, ...]
    question_count: int  #: of which ``questions`` are the ones that stand out

    def content(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_content(cls, content: Mapping[str, Any], where: str) -> FigureData:
        """Read what :meth:`content` gave, after JSON.

        Raises:
            DataError: it is of another version.
            KeyError, TypeError: it is something else.
        """
        if content["version"] != VERSION:
            raise DataError(
                f"{where} has figures of another version ({content['version']}); compare again to draw them."
            )
        data = {key: _frozen(value) for key, value in content.items() if key != "version"}
        kinds = {"calibration": Curve, "roc": Curve, "routed": Routed, "predicted": Predicted}
        kinds["questions"] = AskedQuestion
        for name, kind in kinds.items():
            data[name] = tuple(kind(**row) for row in data[name])
        data["profiles"] = tuple(
            Profile(**{**row, "differences": tuple(Difference(**one) for one in row["differences"])})
            for row in data["profiles"]
        )
        data["models"] = Models(**data["models"])
        data["maps"] = tuple(ModelMap(**row) for row in data["maps"])
        data["agreement"] = None if data["agreement"] is None else Agreement(**data["agreement"])
        return cls(**data)


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value
