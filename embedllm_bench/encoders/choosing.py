"""Which vectors the questions of a store get: the encoder asked for, or the best one that covers them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.encoders import hashed

if TYPE_CHECKING:
    from embedllm_bench.arrays import Float32Array
    from embedllm_bench.store.store import Store

#: Sentence encoders from best to worst, by the part of the name that tells them.
PREFERENCE = ("mpnet", "minilm")


def question_vectors(store: Store, encoder: str | None) -> tuple[str, Float32Array]:
    """The encoder's name and the vectors (Q, D) of all questions, in the order of ``store.questions()``."""
    questions = store.questions()
    if encoder is None:
        complete = [stored.name for stored in store.encoders() if stored.questions >= len(questions)]
        encoder = min(complete, key=_place) if complete else hashed.NAME
    if encoder == hashed.NAME and all(stored.name != hashed.NAME for stored in store.encoders()):
        return encoder, hashed.encode(questions.texts)
    return encoder, store.vectors(encoder)


def _place(name: str) -> tuple[int, str]:
    for place, part in enumerate(PREFERENCE):
        if part in name.lower():
            return place, name
    return len(PREFERENCE), name
