"""The first schema, frozen as SQL: a migration must not change when the tables in schema.py do."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE benchmarks (
        id INTEGER NOT NULL,
        name VARCHAR NOT NULL,
        CONSTRAINT pk_benchmarks PRIMARY KEY (id),
        CONSTRAINT uq_benchmarks_name UNIQUE (name)
    )
    """,
    """
    CREATE TABLE encoders (
        id INTEGER NOT NULL,
        name VARCHAR NOT NULL,
        revision VARCHAR NOT NULL,
        dimension INTEGER NOT NULL,
        dtype VARCHAR NOT NULL,
        CONSTRAINT pk_encoders PRIMARY KEY (id),
        CONSTRAINT uq_encoders_name_revision UNIQUE (name, revision),
        CONSTRAINT ck_encoders_dtype CHECK (dtype IN ('float16', 'float32'))
    )
    """,
    """
    CREATE TABLE models (
        id INTEGER NOT NULL,
        name VARCHAR NOT NULL,
        CONSTRAINT pk_models PRIMARY KEY (id),
        CONSTRAINT uq_models_name UNIQUE (name)
    )
    """,
    """
    CREATE TABLE runs (
        id INTEGER NOT NULL,
        kind VARCHAR NOT NULL,
        status VARCHAR NOT NULL,
        source VARCHAR NOT NULL,
        fingerprint VARCHAR NOT NULL,
        started VARCHAR NOT NULL,
        finished VARCHAR,
        host VARCHAR NOT NULL,
        process INTEGER NOT NULL,
        version VARCHAR NOT NULL,
        CONSTRAINT pk_runs PRIMARY KEY (id),
        CONSTRAINT ck_runs_status CHECK (status IN ('running', 'complete'))
    )
    """,
    "CREATE INDEX ix_runs_fingerprint ON runs (fingerprint)",
    """
    CREATE TABLE splits (
        id INTEGER NOT NULL,
        name VARCHAR NOT NULL,
        CONSTRAINT pk_splits PRIMARY KEY (id),
        CONSTRAINT uq_splits_name UNIQUE (name)
    )
    """,
    """
    CREATE TABLE texts (
        id INTEGER NOT NULL,
        hash BLOB NOT NULL,
        text VARCHAR NOT NULL,
        CONSTRAINT pk_texts PRIMARY KEY (id),
        CONSTRAINT uq_texts_hash UNIQUE (hash)
    )
    """,
    """
    CREATE TABLE questions (
        id INTEGER NOT NULL,
        benchmark_id INTEGER NOT NULL,
        question_id VARCHAR NOT NULL,
        text_id INTEGER NOT NULL,
        subtask VARCHAR,
        CONSTRAINT pk_questions PRIMARY KEY (id),
        CONSTRAINT uq_questions_benchmark_id_question_id UNIQUE (benchmark_id, question_id),
        CONSTRAINT fk_questions_benchmark_id FOREIGN KEY(benchmark_id) REFERENCES benchmarks (id),
        CONSTRAINT fk_questions_text_id FOREIGN KEY(text_id) REFERENCES texts (id)
    )
    """,
    """
    CREATE TABLE simulated_models (
        model_id INTEGER NOT NULL,
        ability BLOB NOT NULL,
        CONSTRAINT pk_simulated_models PRIMARY KEY (model_id),
        CONSTRAINT fk_simulated_models_model_id FOREIGN KEY(model_id) REFERENCES models (id)
    )
    """,
    """
    CREATE TABLE outcomes (
        model_id INTEGER NOT NULL,
        question_id INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        run_id INTEGER NOT NULL,
        state INTEGER NOT NULL,
        correct INTEGER,
        score DOUBLE,
        cost DOUBLE,
        latency DOUBLE,
        prompt_tokens INTEGER,
        completion_tokens INTEGER,
        CONSTRAINT pk_outcomes PRIMARY KEY (model_id, question_id, attempt),
        CONSTRAINT ck_outcomes_state CHECK ((state = 0 AND correct IN (0, 1)) OR (state = 1 AND correct IS NULL)),
        CONSTRAINT ck_outcomes_attempt CHECK (attempt >= 1),
        CONSTRAINT fk_outcomes_model_id FOREIGN KEY(model_id) REFERENCES models (id),
        CONSTRAINT fk_outcomes_question_id FOREIGN KEY(question_id) REFERENCES questions (id),
        CONSTRAINT fk_outcomes_run_id FOREIGN KEY(run_id) REFERENCES runs (id)
    )
     WITHOUT ROWID
    """,
    """
    CREATE TABLE question_vectors (
        encoder_id INTEGER NOT NULL,
        question_id INTEGER NOT NULL,
        vector BLOB NOT NULL,
        CONSTRAINT pk_question_vectors PRIMARY KEY (encoder_id, question_id),
        CONSTRAINT fk_question_vectors_encoder_id FOREIGN KEY(encoder_id) REFERENCES encoders (id),
        CONSTRAINT fk_question_vectors_question_id FOREIGN KEY(question_id) REFERENCES questions (id)
    )
    """,
    """
    CREATE TABLE simulated_questions (
        question_id INTEGER NOT NULL,
        loading BLOB NOT NULL,
        "offset" DOUBLE NOT NULL,
        CONSTRAINT pk_simulated_questions PRIMARY KEY (question_id),
        CONSTRAINT fk_simulated_questions_question_id FOREIGN KEY(question_id) REFERENCES questions (id)
    )
    """,
    """
    CREATE TABLE split_parts (
        split_id INTEGER NOT NULL,
        question_id INTEGER NOT NULL,
        part VARCHAR NOT NULL,
        CONSTRAINT pk_split_parts PRIMARY KEY (split_id, question_id),
        CONSTRAINT ck_split_parts_part CHECK (part IN ('train', 'validation', 'test')),
        CONSTRAINT fk_split_parts_split_id FOREIGN KEY(split_id) REFERENCES splits (id),
        CONSTRAINT fk_split_parts_question_id FOREIGN KEY(question_id) REFERENCES questions (id)
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
