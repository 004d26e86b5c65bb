"""Which row of one store is which of another's, by what rows are called; ids mean nothing outside their store.

The other store is a copy attached as ``other``, and its tables ``map_*`` (theirs, ours, new) stand in that copy.
Rows that only the other has get the ids that they will have here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Table, the tables whose map it needs, and how a row of theirs (t) finds ours (s).
_MAPS = (
    ("models", "", "s.name = t.name"),
    ("benchmarks", "", "s.name = t.name"),
    ("texts", "", "s.hash = t.hash"),
    (
        "questions",
        "JOIN other.map_benchmarks b ON b.theirs = t.benchmark_id",
        "s.benchmark_id = b.ours AND s.question_id = t.question_id",
    ),
    ("encoders", "", "s.name = t.name AND s.revision = t.revision"),
    ("splits", "", "s.name = t.name"),
)


def make_maps(connection: Connection) -> None:
    """Make all maps but that of the runs."""
    for table, needs, same in _MAPS:
        connection.exec_driver_sql(
            f"CREATE TABLE other.map_{table} (theirs INTEGER PRIMARY KEY, ours INTEGER NOT NULL, new INTEGER NOT NULL)"
        )
        connection.exec_driver_sql(
            f"INSERT INTO other.map_{table} SELECT t.id,"
            f" ifnull(s.id, t.id + (SELECT ifnull(max(id), 0) FROM main.{table})), s.id IS NULL"
            f" FROM other.{table} t {needs} LEFT JOIN main.{table} s ON {same}"
        )


def count_new(connection: Connection, table: str) -> int:
    """How many rows of a table only the other store has."""
    query = f"SELECT count(*) FROM other.map_{table} WHERE new"
    return int(connection.exec_driver_sql(query).scalar_one())
