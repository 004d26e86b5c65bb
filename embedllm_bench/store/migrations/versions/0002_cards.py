"""Cards of models and benchmarks, how outcomes were collected, and why failed ones failed."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = (
    "ALTER TABLE runs ADD COLUMN provenance VARCHAR",
    "ALTER TABLE outcomes ADD COLUMN reason VARCHAR",
)


def upgrade() -> None:
    """Add columns only: rows already there have none of it."""
    for statement in COLUMNS:
        op.execute(statement)
