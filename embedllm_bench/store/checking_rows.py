"""Faults that a query finds: rows that cannot be, and rows that nothing uses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RowFault:
    """A kind of fault; ``query`` gives one text a faulty row, which says where it is."""

    kind: str
    harmful: bool
    query: str


_CELL = (
    "SELECT ifnull(m.name, 'model ' || o.model_id) || ' on ' || ifnull(b.name || ' ' || q.question_id,"
    " 'question ' || o.question_id) || ', attempt ' || o.attempt FROM outcomes o"
    " LEFT JOIN models m ON m.id = o.model_id LEFT JOIN questions q ON q.id = o.question_id"
    " LEFT JOIN benchmarks b ON b.id = q.benchmark_id"
)
_QUESTION = (
    "SELECT b.name || ' ' || q.question_id FROM questions q JOIN benchmarks b ON b.id = q.benchmark_id"
)
_NUMBERS = ("cost", "latency", "prompt_tokens", "completion_tokens")

ROW_FAULTS = (
    RowFault(
        "texts stored twice",
        True,
        "SELECT '''' || substr(text, 1, 40) || '''' FROM texts GROUP BY text HAVING count(*) > 1",
    ),
    RowFault(
        "outcomes that cannot be",
        True,
        f"{_CELL} WHERE o.attempt < 1 OR NOT ifnull((o.state = 0 AND o.correct IN (0, 1))"
        " OR (o.state = 1 AND o.correct IS NULL), 0)"
        + "".join(f" OR o.{name} < 0 OR typeof(o.{name}) IN ('text', 'blob')" for name in _NUMBERS),
    ),
    RowFault(
        "vectors that do not fit their encoder",
        True,
        "SELECT e.name || ', ' || length(CAST(v.vector AS BLOB)) || ' bytes for ' || e.dimension || ' x '"
        " || e.dtype FROM question_vectors v JOIN encoders e ON e.id = v.encoder_id"
        " WHERE length(CAST(v.vector AS BLOB)) <> e.dimension * CASE e.dtype WHEN 'float16' THEN 2 ELSE 4 END",
    ),
    RowFault(
        "latent vectors of another length than the first",
        True,
        "SELECT n || ' bytes' FROM (SELECT length(CAST(ability AS BLOB)) n FROM simulated_models UNION ALL"
        " SELECT length(CAST(loading AS BLOB)) FROM simulated_questions) WHERE n % 4 <> 0 OR n <>"
        " (SELECT length(CAST(ability AS BLOB)) FROM simulated_models LIMIT 1)",
    ),
    RowFault(
        "runs that are not complete",
        False,
        "SELECT r.source || ', process ' || r.process || ' on ' || r.host || ', ' || count(o.model_id)"
        " || ' outcomes' FROM runs r LEFT JOIN outcomes o ON o.run_id = r.id WHERE r.status = 'running'"
        " GROUP BY r.id",
    ),
    RowFault(
        "encoders without vectors",
        False,
        "SELECT name || CASE revision WHEN '' THEN '' ELSE '@' || revision END FROM encoders e"
        " WHERE NOT EXISTS (SELECT 1 FROM question_vectors WHERE encoder_id = e.id)",
    ),
    RowFault(
        "texts of no question",
        False,
        "SELECT '''' || substr(text, 1, 40) || '''' FROM texts WHERE id NOT IN (SELECT text_id FROM questions)",
    ),
    RowFault(
        "questions without an outcome",
        False,
        f"{_QUESTION} WHERE q.id NOT IN (SELECT question_id FROM outcomes)",
    ),
    RowFault(
        "models without a card or an outcome",
        False,
        "SELECT name FROM models m WHERE card IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM outcomes WHERE model_id = m.id)",
    ),
    RowFault(
        "benchmarks without a card or a question",
        False,
        "SELECT name FROM benchmarks b WHERE card IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM questions WHERE benchmark_id = b.id)",
    ),
    RowFault(
        "splits without a question",
        False,
        "SELECT name FROM splits s WHERE NOT EXISTS (SELECT 1 FROM split_parts WHERE split_id = s.id)",
    ),
)
