"""A question's text from an lm-eval document's own fields, never from the prompt.

A prompt may hold examples even at 0 shots, where the task's template spells them out (TruthfulQA's has
six), and it differs with chat template and system prompt, which a question's text must not.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What is read before the question, wherever a document has it. Names are compared in lower case.
PASSAGES = (
    "passage", "context", "article", "paragraph", "story", "narrative", "background", "flores_passage", "body",
    "premise",
)  # fmt: skip
#: The first of these whose fields are all there is the question.
QUESTIONS: tuple[tuple[str, ...], ...] = (
    ("question",), ("problem",), ("query",), ("prompt",), ("goal",), ("ctx",), ("question_stem",), ("qtext",),
    ("premise", "hypothesis"), ("sentence1", "sentence2"), ("question1", "question2"),
    ("instruction", "input"), ("input",), ("inputs",), ("instruction",), ("startphrase",), ("sentence",),
    ("text",), ("scenario",), ("premise",), ("context",),
)  # fmt: skip
#: The answers to choose from: one field of them all, else one field each.
CHOICES = ("choices", "options", "endings")
CHOICE_EACH: tuple[tuple[str, ...], ...] = tuple(
    tuple(prefix + end for end in ends)
    for prefix, ends in (
        ("option", "12345"), ("choice", "12345"), ("sol", "12"), ("op", "abcd"), ("answer", "abcde"),
        ("mc_answer", "1234"), ("ending", "0123"), ("", "abcde"),
    )
)  # fmt: skip
#: Fields named so hold other questions with their answers.
EXAMPLES = re.compile(r"few_?shot|_shot|preprompt", re.IGNORECASE)
BLANK = "_"


@dataclass(frozen=True)
class QuestionText:
    """A text, the document's fields it was put together from, and whether paragraphs were left out."""

    text: str
    fields: tuple[str, ...]
    shortened: bool = False


def question_text(document: dict[str, object], wanted: Sequence[str]) -> QuestionText | None:
    """The text from the fields ``wanted``, where the document has any of them, else from those known.

    None: there is no such field, or it is empty.
    """
    parts = [(name, text) for name in wanted if (text := _as_text(document.get(name)))]
    if parts:
        return QuestionText("\n".join(text for _, text in parts), tuple(name for name, _ in parts))
    named = {name.lower(): name for name in reversed(document)}
    texts = {low: text for low, name in named.items() if (text := _plain(document[name]))}
    question = next((names for names in QUESTIONS if all(name in texts for name in names)), None)
    if question is None:
        return None
    each = _choice_fields(document, named, texts)
    passages = [name for name in PASSAGES if name in texts and name not in question]
    body, shortened = [texts[name] for name in question], False
    if question == ("sentence",) and "option1" in each:
        body[0], shortened = _paragraph_with_blank(body[0])
    paragraphs = "\n\n".join([*(texts[name] for name in passages), *body])
    choices = _as_text([texts[name] for name in each] if len(each) > 1 else _first(document, named, each))
    used = tuple(named[name] for name in (*passages, *question, *each))
    return QuestionText("\n".join(filter(None, (paragraphs, choices))), used, shortened)


def _choice_fields(
    document: Mapping[str, object], named: Mapping[str, str], texts: Mapping[str, str]
) -> tuple[str, ...]:
    """The fields that hold the answers to choose from; none, one of them all, or one each."""
    for name in CHOICES:
        if name in named and _as_text(document[named[name]]):
            return (name,)
    for names in CHOICE_EACH:
        there = tuple(name for name in names if name in texts)
        if len(there) > 1:
            return there
    return ()


def _first(document: Mapping[str, object], named: Mapping[str, str], names: Sequence[str]) -> object:
    return document[named[names[0]]] if names else None


def _plain(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _as_text(value: object) -> str:
    """A text as it is; several answers one a line, with their labels or letters."""
    if isinstance(value, dict):
        labels, texts = value.get("label"), value.get("text")
        if not isinstance(labels, list) or not isinstance(texts, list):
            labels, texts = list(value), list(value.values())
    elif isinstance(value, list):
        texts = value
        labels = [*string.ascii_uppercase, *range(len(string.ascii_uppercase) + 1, len(value) + 1)]
    else:
        return _plain(value)
    if not all(isinstance(text, str | int | float) for text in texts):
        return ""
    return "\n".join(f"{label}. {text}" for label, text in zip(labels, texts, strict=False))


def _paragraph_with_blank(sentence: str) -> tuple[str, bool]:
    """A sentence to fill in without the filled-in ones that some tasks put before it as examples."""
    paragraphs = [text.strip() for text in re.split(r"\n\s*\n", sentence) if text.strip()]
    asked = [text for text in paragraphs if BLANK in text]
    return (asked[0], True) if len(asked) == 1 < len(paragraphs) else (sentence, False)
