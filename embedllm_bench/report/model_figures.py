"""Figures of models and questions: the map, the clustered agreement, the questions that stand out."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from embedllm_bench.cards.kinship import LARGEST, SIZE_CLASSES
from embedllm_bench.report.charts import Axis, Chart, Figure, Heat, Series, label
from embedllm_bench.report.sections import near_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.figure_data import AskedQuestion, FigureData, ModelMap
    from embedllm_bench.report.charts import Relation

TOLD_APART = 7  #: families
OTHER, UNKNOWN = "other families", "not known"
IN_HOVER = 12  #: benchmarks


def model_figures(data: FigureData) -> list[Figure]:
    """Those that there are enough models and questions for."""
    figures = []
    if data.maps:
        figures.append(_map(data))
    if data.agreement is not None:
        figures.append(_agreement(data))
    if data.questions:
        figures.append(_questions(data))
    return figures


def _map(data: FigureData) -> Figure:
    views: dict[str, Chart | Heat] = {}
    texts = tuple(_model_text(data, model) for model in range(len(data.models.names)))
    near: dict[str, Relation] = {}
    several = len(data.maps) > 1
    for found in sorted(data.maps, key=lambda one: one is not near_by(data)):
        near[found.method] = tuple(
            tuple(zip(*pair, strict=True)) for pair in zip(found.nearest, found.cosines, strict=True)
        )
        ways = {
            "family": _by_group(found, _families(data)),
            "size": _by_group(found, _sizes(data)),
            "accuracy": _by_accuracy(found, data),
        }
        for way, series in ways.items():
            title = f"{found.method}, colour: {way}" if several else f"colour: {way}"
            x, y = (f"component {i + 1} ({share:.0%} of variance)" for i, share in enumerate(found.explained))
            shade = "accuracy" if way == "accuracy" else ""
            views[title] = Chart(Axis(x), Axis(y), series, 620, shade_title=shade, related=found.method)
    caption = (
        "A point a model: the plane that keeps most of the variance of the vectors learned from the training part."
        " Point at one for its accuracies and nearest models (cosine of the whole centred vectors)."
    )
    return Figure("map", "Map of the models", caption, views, texts, near)


def _model_text(data: FigureData, model: int) -> str:
    models = data.models
    lines = [label(models.names[model])]
    overall = models.accuracy(model)
    if overall is not None:
        lines.append(f"accuracy {overall:.3f}")
    shown = [(b, models.accuracy(model, code)) for code, b in enumerate(data.benchmarks[:IN_HOVER])]
    lines += [f"{label(b, 30)} {value:.2f}" for b, value in shown if value is not None]
    return "\n".join(lines)


def _families(data: FigureData) -> list[str]:
    names = [family or UNKNOWN for family in data.models.families]
    common = [name for name, _ in Counter(n for n in names if n != UNKNOWN).most_common(TOLD_APART)]
    return [name if name in common else UNKNOWN if name == UNKNOWN else OTHER for name in names]


def _sizes(data: FigureData) -> list[str]:
    return [size or UNKNOWN for size in data.models.sizes]


def _by_group(found: ModelMap, groups: Sequence[str]) -> tuple[Series, ...]:
    sizes = [*SIZE_CLASSES, LARGEST]
    order = sorted(set(groups), key=lambda g: (g in {OTHER, UNKNOWN}, sizes.index(g) if g in sizes else 0, g))
    made = []
    for group in order:
        members = [model for model, name in enumerate(groups) if name == group]
        made.append(
            Series(
                group,
                tuple(found.x[m] for m in members),
                tuple(found.y[m] for m in members),
                reference=group in {OTHER, UNKNOWN},
                texts=tuple(members),
            )
        )
    return tuple(made)


def _by_accuracy(found: ModelMap, data: FigureData) -> tuple[Series, ...]:
    shade = tuple(data.models.accuracy(model) or 0.0 for model in range(len(found.x)))
    texts = tuple(range(len(found.x)))
    return (Series("models", found.x, found.y, shade=shade, texts=texts),)


def _agreement(data: FigureData) -> Figure:
    assert data.agreement is not None  # noqa: S101  # its caller looked
    shown, count = data.agreement.models, len(data.models.names)
    labels = tuple(data.models.names[model] for model in shown)
    sampled = (
        f" {len(shown)} of {count} models, evenly over their accuracies, are drawn."
        if len(shown) < count
        else ""
    )
    caption = (
        "Share of the questions asked of both that two models are both right or both wrong about; models are in the"
        f" order of a tree that joins those that agree most (average linkage).{sampled}"
    )
    known = [value for row in data.agreement.share for value in row if value is not None]
    low = math.floor(10 * min(known, default=0.0)) / 10
    heat = Heat(labels, data.agreement.share, "agreement", low)
    return Figure("agreement", "Who answers alike", caption, {"": heat})


def _questions(data: FigureData) -> Figure:
    texts = tuple(_question_text(data, question) for question in data.questions)
    series = []
    for code, benchmark in enumerate(data.benchmarks):
        at = [i for i, q in enumerate(data.questions) if q.benchmark == code and q.discrimination is not None]
        series.append(
            Series(
                benchmark,
                tuple(data.questions[i].right / data.questions[i].asked for i in at),
                tuple(data.questions[i].discrimination for i in at),
                texts=tuple(at),
            )
        )
    chart = Chart(
        Axis("share of models that are right", low=0, high=1),
        Axis("discrimination", low=-1, high=1),
        tuple(s for s in series if s.x),
        520,
    )
    caption = (
        f"The {len(data.questions)} of {data.question_count:,} questions that stand out on their benchmark: hardest,"
        " most discriminating (good models are right, others wrong), most disputed (half of the models are right, and"
        " not the better half). One that all models get right, or none, has no discrimination and no point."
    )
    return Figure(
        "questions",
        "How hard questions are, and how well they tell models apart",
        caption,
        {"": chart},
        texts,
    )


def _question_text(data: FigureData, question: AskedQuestion) -> str:
    return "\n".join(
        [
            f"{label(data.benchmarks[question.benchmark], 30)} {label(question.id, 30)}",
            label(question.text, 90),
            f"{question.right} of {question.asked} models are right",
        ]
    )
