"""Forecasts, truths and model vectors of a comparison as Parquet, for whoever wants to look closer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from embedllm_bench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from embedllm_bench.matrix import CorrectnessMatrix
    from embedllm_bench.tasks.base import Fitted

CELL = [
    ("split", pa.string()),
    ("model", pa.string()),
    ("benchmark", pa.string()),
    ("question_id", pa.string()),
]
SCHEMAS = {
    "forecasts": pa.schema([("method", pa.string()), ("seed", pa.int64()), *CELL, ("p", pa.float32())]),
    "truths": pa.schema([*CELL, ("correct", pa.int32()), ("attempts", pa.int32())]),
    "vectors": pa.schema(
        [
            ("method", pa.string()),
            ("seed", pa.int64()),
            ("split", pa.string()),
            ("model", pa.string()),
            ("vector", pa.list_(pa.float32())),
        ]
    ),
}


class ForecastFiles:
    """forecasts.parquet, truths.parquet and vectors.parquet in a folder, written as forecasts come."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writers = {
                name: pa.parquet.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd")
                for name, schema in SCHEMAS.items()
            }
        except OSError as error:
            raise DataError(f"{folder} cannot be written: {error.strerror or error}.") from error
        self._truths: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._writers.values():
            writer.close()

    def write(self, matrix: CorrectnessMatrix, fitted: Fitted) -> None:
        """One method's forecast of one split, with its vectors; the split's truths once."""
        test = matrix.take(fitted.split.test)
        models, questions = len(test.models), len(test.questions)
        names = {
            "split": [fitted.split.name] * (models * questions),
            "model": np.repeat(np.array(test.models, dtype=object), questions),
            "benchmark": list(test.questions.benchmarks) * models,
            "question_id": list(test.questions.ids) * models,
        }
        method = {"method": fitted.method, "seed": fitted.seed}
        self._write("forecasts", {**names, "p": fitted.forecast.p.ravel()}, method)
        if fitted.split.hash not in self._truths:
            self._truths.add(fitted.split.hash)
            counts = {"correct": test.correct.ravel(), "attempts": test.attempts.ravel()}
            self._write("truths", {**names, **counts}, {})
        if fitted.forecast.embeddings is not None:
            vectors = {"model": list(test.models), "vector": list(fitted.forecast.embeddings)}
            self._write("vectors", {"split": [fitted.split.name] * models, **vectors}, method)

    def _write(self, name: str, columns: dict[str, object], constants: dict[str, object]) -> None:
        schema = SCHEMAS[name]
        rows = len(next(iter(columns.values())))  # type: ignore[arg-type]  # every column is sized
        full = columns | {key: [value] * rows for key, value in constants.items()}
        arrays = [pa.array(full[field.name], field.type) for field in schema]
        self._writers[name].write_table(pa.Table.from_arrays(arrays, schema=schema))
