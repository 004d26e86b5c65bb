"""What the page says of each model and of each question that stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedllm_bench.cards.kinship import LARGEST, SIZE_CLASSES
from embedllm_bench.report.charts import label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.figure_data import Difference, FigureData, ModelMap

MOST_CELLS = 4000  #: models times benchmarks, from which a section shows only what stands out
FIRST = 3
SHOWN_NAMES = 8
PREFERRED = "embedllm"  #: whose vectors say who is near, where several methods learn some


@dataclass(frozen=True)
class OnBenchmark:
    """A model's accuracy on a benchmark beside its peers'; ``verdict`` is empty where the interval holds 0."""

    benchmark: str
    accuracy: str
    asked: int
    difference: str
    verdict: str


@dataclass(frozen=True)
class Related:
    """Another model, by its place in the list, with what is said of the pair."""

    model: int
    name: str
    said: str


@dataclass(frozen=True)
class ModelSection:
    place: int  #: among the models of the result
    name: str
    family: str
    size: str
    accuracy: str
    asked: int
    benchmarks: tuple[OnBenchmark, ...]
    left_out: int  #: benchmarks, on which it differs less
    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]
    nearest: tuple[Related, ...]
    partners: tuple[Related, ...]

    @property
    def size_order(self) -> str:
        """The place of its size among the classes of size."""
        classes = [*SIZE_CLASSES, LARGEST]
        return str(classes.index(self.size)) if self.size in classes else ""

    def content(self) -> dict[str, Any]:
        """What the page's script makes a section of, other models by their place."""
        described = [
            f"Family {label(self.family)}." if self.family else "",
            f"Size {self.size}." if self.size else "",
        ]
        asked = f"Accuracy {self.accuracy} over {self.asked:,} answers." if self.accuracy else "Not asked."
        rows = [
            [label(one.benchmark), one.accuracy, f"{one.asked:,}", one.difference, one.verdict]
            for one in self.benchmarks
        ]
        return {
            "about": " ".join(filter(None, [*described, asked])),
            "better": [label(name) for name in self.strengths],
            "worse": [label(name) for name in self.weaknesses],
            "nearest": [[other.model, other.said] for other in self.nearest],
            "partners": [[other.model, other.said] for other in self.partners],
            "rows": rows,
            "left": self.left_out,
        }


@dataclass(frozen=True)
class QuestionSection:
    place: int  #: among the questions of the result
    id: str
    benchmark: str
    code: int  #: of the benchmark
    text: str
    clipped: int
    right: int
    asked: int
    discrimination: str
    views: tuple[str, ...]
    named: tuple[str, ...]  #: some that answered it, for a page without scripts


def near_by(data: FigureData) -> ModelMap | None:
    """The vectors by which models are near."""
    return next((one for one in data.maps if one.method == PREFERRED), data.maps[0] if data.maps else None)


def model_sections(data: FigureData) -> list[ModelSection]:
    """In the order of the models."""
    few = len(data.models.names) * len(data.benchmarks) <= MOST_CELLS
    return [_model(data, model, few=few) for model in range(len(data.models.names))]


def by_accuracy(sections: Sequence[ModelSection]) -> list[ModelSection]:
    """The best first; those that were not asked go last."""
    return sorted(sections, key=lambda section: -float(section.accuracy or -1))


def _model(data: FigureData, model: int, *, few: bool) -> ModelSection:
    models, names = data.models, data.models.names
    profile = data.profiles[model] if data.profiles else None
    differences = sorted(profile.differences if profile else (), key=lambda d: -d.value)
    if not few and len(differences) > 2 * FIRST:
        differences = [*differences[:FIRST], *differences[-FIRST:]]
    accuracy, found = models.accuracy(model), near_by(data)
    near = () if found is None else zip(found.nearest[model], found.cosines[model], strict=True)
    partners = zip(profile.partners, profile.together, strict=True) if profile else ()
    shown = [_on(data, model, difference) for difference in differences]
    there = len(profile.differences) if profile else 0
    return ModelSection(
        place=model,
        name=names[model],
        family=models.families[model] or "",
        size=models.sizes[model] or "",
        accuracy="" if accuracy is None else f"{accuracy:.3f}",
        asked=sum(row[model] for row in models.asked),
        benchmarks=tuple(shown),
        left_out=there - len(shown),
        strengths=tuple(one.benchmark for one in shown if one.verdict == "better"),
        weaknesses=tuple(one.benchmark for one in reversed(shown) if one.verdict == "worse"),
        nearest=tuple(Related(other, names[other], f"cosine {cosine:.2f}") for other, cosine in near),
        partners=tuple(Related(other, names[other], f"{share:.1%}") for other, share in partners),
    )


def _on(data: FigureData, model: int, difference: Difference) -> OnBenchmark:
    accuracy = data.models.accuracy(model, difference.benchmark)
    return OnBenchmark(
        data.benchmarks[difference.benchmark],
        "" if accuracy is None else f"{accuracy:.3f}",
        data.models.asked[difference.benchmark][model],
        f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]",
        "better" if difference.low > 0 else "worse" if difference.high < 0 else "",
    )


def question_sections(data: FigureData) -> list[QuestionSection]:
    """The hardest first."""
    order = sorted(enumerate(data.questions), key=lambda pair: pair[1].right / max(pair[1].asked, 1))
    return [
        QuestionSection(
            place,
            question.id,
            data.benchmarks[question.benchmark],
            question.benchmark,
            question.text,
            question.clipped,
            question.right,
            question.asked,
            "" if question.discrimination is None else f"{question.discrimination:.2f}",
            question.views,
            _named(data.models.names, question.members(question.answered_by)),
        )
        for place, question in order
    ]


def _named(names: Sequence[str], members: Sequence[int]) -> tuple[str, ...]:
    shown = [names[model] for model in members[:SHOWN_NAMES]]
    more = len(members) - len(shown)
    return (*shown, f"and {more} more") if more else tuple(shown)
