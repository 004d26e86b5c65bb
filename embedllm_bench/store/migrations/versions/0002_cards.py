"""Cards of models and benchmarks, and how a run's outcomes were collected: columns added, nothing rewritten."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    added = (("models", "card"), ("benchmarks", "card"), ("runs", "provenance"), ("outcomes", "reason"))
    for table, column in added:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR")
