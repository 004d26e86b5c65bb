"""Question vectors from a Parquet file, computed wherever the user has a GPU or a hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from embedllm_bench.errors import DataError
from embedllm_bench.exchange.base import readable, refuse_doubled

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

    from embedllm_bench.store.store import Store


@dataclass(frozen=True)
class VectorReport:
    """Vectors added, those the store had already, and ids it has no question for."""

    added: int
    known: int
    unknown_ids: int
    dimension: int


def import_vectors(
    store: Store, path: str | os.PathLike[str], encoder: str, revision: str = ""
) -> VectorReport:
    """Read ``question_id, vector[, benchmark]``; float16 stays float16, anything else becomes float32."""
    path = Path(path)
    if not path.is_file():
        raise DataError(f"There is no file {path}.")
    with readable(path, "parquet"):
        table = pa.parquet.read_table(path)
    refuse_doubled(path, table.column_names)
    for name in ("question_id", "vector"):
        if name not in table.column_names:
            raise DataError(f"{path} lacks the column {name}; vectors need question_id and vector.")
    vectors = _matrix(path, table["vector"])
    ids = [str(value) for value in table["question_id"].to_pylist()]
    named = table["benchmark"].to_pylist() if "benchmark" in table.column_names else None
    keys, rows, unknown = _keys(path, store, ids, named)
    if not keys:
        raise DataError(
            f"None of the {len(ids)} question ids in {path} is in {store.path}; import the outcomes first."
        )
    if len(set(keys)) != len(keys):
        raise DataError(f"{path} has more than one vector for a question; keep one of each.")
    added = store.write_vectors(encoder, revision, keys, vectors[rows])
    return VectorReport(added, len(keys) - added, unknown, vectors.shape[1])


def _keys(
    path: Path, store: Store, ids: list[str], benchmarks: list[str] | None
) -> tuple[list[tuple[str, str]], list[int], int]:
    known = store.question_ids()
    if benchmarks is None:
        ambiguous = sum(len(known.get(identity, ())) > 1 for identity in ids)
        if ambiguous:
            raise DataError(
                f"{ambiguous} question ids in {path} stand in several benchmarks of {store.path};"
                " add a benchmark column."
            )
    keys, rows = [], []
    for row, identity in enumerate(ids):
        found = known.get(identity, [])
        wanted = found if benchmarks is None else [b for b in found if b == benchmarks[row]]
        keys += [(benchmark, identity) for benchmark in wanted]
        rows += [row] * len(wanted)
    return keys, rows, len(ids) - len(rows)


def _matrix(path: Path, column: pa.ChunkedArray) -> npt.NDArray[np.floating[Any]]:
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)):
        raise DataError(f"The vector column of {path} is of type {kind}; it must be a list of numbers.")
    if not pa.types.is_floating(kind.value_type):
        raise DataError(f"The vectors of {path} are lists of {kind.value_type}; they must be of floats.")
    lengths = set(column.combine_chunks().value_lengths().to_pylist())
    if len(lengths) != 1 or None in lengths or 0 in lengths:
        raise DataError(f"The vectors of {path} differ in length or are empty; all must have the same.")
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    vectors: npt.NDArray[np.floating[Any]] = flat.reshape(len(column), -1)
    if vectors.dtype != np.float16:
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
            vectors = vectors.astype(np.float32)
    if not np.isfinite(vectors).all():
        raise DataError(
            f"The vectors of {path} hold values that are not finite numbers of 32 bits; leave such rows out."
        )
    return vectors
