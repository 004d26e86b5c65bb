"""How many numbers does a model's vector need?"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from embedllm_bench.analysis.base import Analysis
from embedllm_bench.analysis.measuring import METRICS, Measured
from embedllm_bench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.analysis.base import Subject

SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512)


def dimension(subject: Subject, sizes: Sequence[int] = SIZES) -> Analysis:
    """The method with vectors of each size, all else as it is, on the test part.

    Raises:
        UsageError: the method has no setting ``dimension``.
    """
    name = subject.method.name
    if not any(field.name == "dimension" for field in dataclasses.fields(subject.method)):
        raise UsageError(f"{name} has no setting 'dimension'; analyze one that has, such as embedllm or mf.")
    forecasts, seconds = {}, {}
    for size in sizes:
        start = time.perf_counter()
        method = subject.fitted(subject.train, subject.validation, dimension=size)
        seconds[str(size)] = time.perf_counter() - start
        forecasts[str(size)] = method.predict_proba(subject.test.questions)
    measured = Measured.of(forecasts, subject.test)
    first, gap = measured.smallest_as_good()
    return Analysis(
        "dimension",
        ("numbers a model", *METRICS, "fit s"),
        tuple((int(size), *measured.row(size), round(seconds[size], 2)) for size in forecasts),
        f"{first} numbers a model are the fewest within a point of the best accuracy ({gap} from it).",
        subject.facts(),
    )
