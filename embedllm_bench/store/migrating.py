"""Bringing a store's tables to the schema of this version, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from embedllm_bench.errors import StoreError
from embedllm_bench.store.schema import APPLICATION_ID, REVISION

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine

# Alembic would take a quarter of the time in which `status` is done, and nearly every store is of this version: it is
# imported only where one is not.


def migrate(engine: Engine, where: str) -> None:
    """Create or upgrade the tables, in one transaction that holds the write lock throughout."""
    with engine.begin() as connection:  # BEGIN IMMEDIATE: a second process waits here, then finds it done
        if is_current(connection, where):
            return
        from alembic import command

        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


def is_current(connection: Connection, where: str) -> bool:
    """Whether the tables are of this version; older ones are to be migrated before they are read.

    Raises:
        StoreError: they are a newer version's.
    """
    return check_revision(connection, where) == REVISION


def check_revision(connection: Connection, where: str) -> str | None:
    """The schema revision of a store; one this version does not know is a newer version's."""
    tables = {
        row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    if "alembic_version" not in tables:
        return None
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
    revision: str | None = rows[0][0] if rows else None
    if revision not in (None, REVISION) and revision not in revisions():
        raise StoreError(
            f"{where} was made by a newer version of embedllm-bench (schema {revision}); upgrade with"
            " 'pip install -U embedllm-bench'. Nothing was changed."
        )
    return revision


def revisions() -> tuple[str, ...]:
    """Every schema there has been, the first one first."""
    from alembic.script import ScriptDirectory

    newest_first = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(reversed([script.revision for script in newest_first]))


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
