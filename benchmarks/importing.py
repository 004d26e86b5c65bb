"""Tables into a store, and a store into a matrix, at the size of the EmbedLLM release.

    python -m benchmarks.importing [--repeats 3] [--models 112] [--questions 36054]

The peer is what a pandas user would write: read_parquet or read_csv, then to_sql into SQLite.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measuring import Work, measure, report_one, write

MODULE = "benchmarks.importing"
WORDS = (
    "what",
    "is",
    "the",
    "sum",
    "of",
    "all",
    "primes",
    "below",
    "a",
    "number",
    "whose",
    "root",
    "equals",
    "it",
)


def make_table(folder: Path, models: int, questions: int) -> None:
    """outcomes.parquet and .csv with prompts of 100 to 600 characters, every model asked everything once."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    random = np.random.default_rng(0)
    texts = [f"{q}: {' '.join(random.choice(WORDS, random.integers(20, 120)))}?" for q in range(questions)]
    order = np.arange(questions, dtype=np.int32)

    def column(values: list[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(order), pa.array(values)).cast(pa.string())

    fixed = {
        "benchmark": column([f"benchmark-{q % 10}" for q in range(questions)]),
        "question_id": column([f"q{q}" for q in range(questions)]),
        "prompt": column(texts),
    }

    def answers(model: int) -> pa.Table:
        correct = pa.array(random.integers(0, 2, questions).astype(np.int8))
        return pa.table({"model": pa.array([f"org/model-{model}"] * questions), **fixed, "correct": correct})

    schema = answers(0).schema
    with (
        pa.parquet.ParquetWriter(folder / "outcomes.parquet", schema) as parquet,
        pa.csv.CSVWriter(folder / "outcomes.csv", schema) as csv,
    ):
        for model in range(models):
            table = answers(model)
            parquet.write_table(table)
            csv.write_table(table)


def ours(table: Path) -> None:
    from embedllm_bench import Store
    from embedllm_bench.exchange.importing import import_table

    with tempfile.TemporaryDirectory() as name, Store.open(Path(name) / "s.db", write=True) as store:
        import_table(store, table)


def with_pandas(table: Path) -> None:
    import pandas as pd

    frame = pd.read_parquet(table) if table.suffix == ".parquet" else pd.read_csv(table)
    with tempfile.TemporaryDirectory() as name, sqlite3.connect(Path(name) / "s.db") as connection:
        frame.to_sql("outcomes", connection, index=False, chunksize=50_000)


def matrix(path: Path) -> None:
    from embedllm_bench import Store

    with Store.open(path) as store:
        questions = store.questions()
        store.matrix(np.zeros((len(questions), 1), dtype=np.float32))


def main() -> None:
    if sys.argv[1:2] == ["one"]:
        name, path = sys.argv[2], Path(sys.argv[3])
        report_one(lambda: {"ours": ours, "pandas": with_pandas, "matrix": matrix}[name](path))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--models", type=int, default=112)
    parser.add_argument("--questions", type=int, default=36_054)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_table(folder, options.models, options.questions)
        compare(folder, options.models * options.questions, options.repeats)


def compare(folder: Path, outcomes: int, repeats: int) -> None:
    from embedllm_bench import Store
    from embedllm_bench.exchange.importing import import_table

    with Store.open(folder / "s.db", write=True) as store:
        import_table(store, folder / "outcomes.parquet")
        store.compact()
    works, peers = [], {}
    for kind in ("parquet", "csv"):
        path = str(folder / f"outcomes.{kind}")
        works.append(Work(f"{kind} to store", "outcomes", outcomes, MODULE, ("ours", path)))
        works.append(Work(f"{kind}, pandas to_sql", "outcomes", outcomes, MODULE, ("pandas", path)))
        peers[works[-2].name] = works[-1].name
    works.append(Work("store to matrix", "outcomes", outcomes, MODULE, ("matrix", str(folder / "s.db"))))
    sizes = {
        p.name: p.stat().st_size / 1e6
        for p in sorted(folder.iterdir())
        if p.suffix in (".parquet", ".csv", ".db")
    }
    write(
        "importing",
        f"{outcomes:,} outcomes into a store and out of it",
        " ".join(["python -m benchmarks.importing", *sys.argv[1:]]),
        measure(works, repeats),
        peers,
        [
            "Files: " + ", ".join(f"{name} {size:,.0f} MB" for name, size in sizes.items()) + ".",
            "Seconds include starting the imports of the libraries; the matrix includes reading all question texts.",
        ],
    )


if __name__ == "__main__":
    main()
