"""The tables, as SQLAlchemy sees them; the migrations make them, and a test holds the two together."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Double, ForeignKey, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: "ELBM": what marks a SQLite file as a store of this harness.
APPLICATION_ID = 0x454C424D
REVISION = "0003"  #: the last of the migrations

NAMING = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class Model(Base):
    __tablename__ = "models"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    card: Mapped[str | None]  # JSON; an imported model has none


class Benchmark(Base):
    __tablename__ = "benchmarks"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    card: Mapped[str | None]  # JSON


class QuestionSetRow(Base):
    """The questions of a benchmark that is no task of lm-eval's, as JSON lines."""

    __tablename__ = "question_sets"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str]


class Text(Base):
    """A question's text, once, however many questions share it."""

    __tablename__ = "texts"
    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(unique=True)  # SHA-256 of the UTF-8 text
    text: Mapped[str]


class Question(Base):
    __tablename__ = "questions"
    __table_args__ = (UniqueConstraint("benchmark_id", "question_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    benchmark_id: Mapped[int] = mapped_column(ForeignKey("benchmarks.id"))
    question_id: Mapped[str]
    text_id: Mapped[int] = mapped_column(ForeignKey("texts.id"))
    subtask: Mapped[str | None]


class Run(Base):
    """Who wrote outcomes. What a run wrote counts once it is complete, so a kill leaves nothing visible."""

    __tablename__ = "runs"
    __table_args__ = (CheckConstraint("status IN ('running', 'complete')", name="status"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str]
    source: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(index=True)
    started: Mapped[str]
    finished: Mapped[str | None]
    host: Mapped[str]
    process: Mapped[int]
    version: Mapped[str]
    provenance: Mapped[str | None]  # JSON: how the outcomes were collected


class Outcome(Base):
    """One attempt of one model at one question. Clustered by its key: no second copy in an index."""

    __tablename__ = "outcomes"
    __table_args__ = (
        CheckConstraint("(state = 0 AND correct IN (0, 1)) OR (state = 1 AND correct IS NULL)", name="state"),
        CheckConstraint("attempt >= 1", name="attempt"),
        {"sqlite_with_rowid": False},
    )
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True, autoincrement=False)
    question_id: Mapped[int] = mapped_column(
        ForeignKey("questions.id"), primary_key=True, autoincrement=False
    )
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    state: Mapped[int]  # 0 graded, 1 failed
    correct: Mapped[int | None]
    score: Mapped[float | None] = mapped_column(Double)
    cost: Mapped[float | None] = mapped_column(Double)
    latency: Mapped[float | None] = mapped_column(Double)
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    reason: Mapped[str | None]  # why a failed one failed


class Encoder(Base):
    __tablename__ = "encoders"
    __table_args__ = (
        UniqueConstraint("name", "revision"),
        CheckConstraint("dtype IN ('float16', 'float32')", name="dtype"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    revision: Mapped[str]
    dimension: Mapped[int]
    dtype: Mapped[str]


class QuestionVector(Base):
    __tablename__ = "question_vectors"
    encoder_id: Mapped[int] = mapped_column(ForeignKey("encoders.id"), primary_key=True, autoincrement=False)
    question_id: Mapped[int] = mapped_column(
        ForeignKey("questions.id"), primary_key=True, autoincrement=False
    )
    vector: Mapped[bytes]  # little-endian


class SplitRow(Base):
    __tablename__ = "splits"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class SplitPart(Base):
    __tablename__ = "split_parts"
    __table_args__ = (CheckConstraint("part IN ('train', 'validation', 'test')", name="part"),)
    split_id: Mapped[int] = mapped_column(ForeignKey("splits.id"), primary_key=True, autoincrement=False)
    question_id: Mapped[int] = mapped_column(
        ForeignKey("questions.id"), primary_key=True, autoincrement=False
    )
    part: Mapped[str]


class SimulatedModel(Base):
    """The ability vector a simulated model answered with."""

    __tablename__ = "simulated_models"
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True, autoincrement=False)
    ability: Mapped[bytes]  # little-endian float32


class SimulatedQuestion(Base):
    """What a simulated question asks of an ability: P(correct) = sigmoid(ability . loading + offset)."""

    __tablename__ = "simulated_questions"
    question_id: Mapped[int] = mapped_column(
        ForeignKey("questions.id"), primary_key=True, autoincrement=False
    )
    loading: Mapped[bytes]  # little-endian float32
    offset: Mapped[float] = mapped_column(Double)
