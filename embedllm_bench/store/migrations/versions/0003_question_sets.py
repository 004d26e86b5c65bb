"""The questions of benchmarks that are no tasks of lm-eval's, so that a store can ask them anywhere."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE TABLE question_sets (sha256 VARCHAR NOT NULL, content VARCHAR NOT NULL,"
        " CONSTRAINT pk_question_sets PRIMARY KEY (sha256))"
    )
