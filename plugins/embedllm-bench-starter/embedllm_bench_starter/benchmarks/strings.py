"""Letters and words of a text, written out by the model. The answers are lower case without punctuation.

Most questions show the task on another word first: without that, the smallest models answer none of them.
"""

from collections.abc import Callable
from random import Random

from embedllm_bench_starter.drafts import Draft, collect
from embedllm_bench_starter.question import Question
from embedllm_bench_starter.vocabulary import (
    ANIMALS,
    CLOTHES,
    COLORS,
    FRUITS,
    FURNITURE,
    INSTRUMENTS,
    TOOLS,
    VEHICLES,
)

WORDS = (
    *(*ANIMALS, *CLOTHES, *COLORS, *FRUITS, *FURNITURE, *INSTRUMENTS, *TOOLS, *VEHICLES),
    *("river", "window", "planet", "garden", "summer", "letter", "bridge", "market", "silver", "island"),
    *("stone", "paper", "cloud", "glass", "bread", "water", "light", "music", "dream", "house", "sun", "map"),
)
_SHORT = tuple(word for word in WORDS if len(word) < 6)
_TEMPLATES = (
    *("{rule}.\n{0}\nAnswer: {1}\n{2}\nAnswer: {3}\n{4}",) * 3,
    "{rule}: {0}\nAnswer: {1}\n{rule}: {4}",
    "{rule}. Example: '{0}' gives '{1}'. What does '{4}' give?",
    "{rule}: '{4}'",
)

_Task = Callable[[str], str]
_LETTER: dict[str, _Task] = {
    "First letter": lambda word: word[0],
    "Last letter": lambda word: word[-1],
    "Second letter": lambda word: word[1],
    "Last two letters": lambda word: word[-2:],
}
_WORD: dict[str, _Task] = {
    "First word": lambda text: text.split()[0],
    "Second word": lambda text: text.split()[1],
    "Last word": lambda text: text.split()[-1],
    "Longest word": lambda text: max(text.split(), key=len),
    "First word in the alphabet": lambda text: min(text.split()),
}
_EDIT: dict[str, _Task] = {
    "Without the first letter": lambda word: word[1:],
    "Without the last letter": lambda word: word[:-1],
    "With an s at the end": lambda word: word + "s",
    "The word twice": lambda word: f"{word} {word}",
    "With x as the first letter": lambda word: "x" + word[1:],
}
_JOIN: dict[str, _Task] = {
    "As one word": lambda text: text.replace(" ", ""),
    "In reverse order": lambda text: " ".join(reversed(text.split())),
    "Initials": lambda text: "".join(word[0] for word in text.split()),
}


def generate(random: Random) -> list[Question]:
    makers = {"letter": _letter, "word": _word, "edit": _edit, "join": _join, "backwards": _backwards}
    return collect("strings", random, makers)


def _ask(random: Random, tasks: dict[str, _Task], texts: list[str]) -> Draft:
    rule, solve = random.choice(list(tasks.items()))
    template = random.choice(_TEMPLATES)
    shown = [part for text in texts for part in (text, solve(text))]
    return Draft(template.format(*shown[:5], rule=rule), shown[5])


def _letter(random: Random) -> Draft:
    return _ask(random, _LETTER, random.sample(WORDS, 3))


def _word(random: Random) -> Draft:
    words = random.sample(WORDS, 9)
    while any(_tied(words[start : start + 3]) for start in (0, 3, 6)):
        words = random.sample(WORDS, 9)
    return _ask(random, _WORD, [" ".join(words[start : start + 3]) for start in (0, 3, 6)])


def _tied(words: list[str]) -> bool:
    """Whether no word is longer than all the others."""
    *_, second, longest = sorted(len(word) for word in words)
    return second == longest


def _edit(random: Random) -> Draft:
    return _ask(random, _EDIT, random.sample(WORDS, 3))


def _join(random: Random) -> Draft:
    words = random.sample(_SHORT, 6)
    return _ask(random, _JOIN, [" ".join(words[start : start + 2]) for start in (0, 2, 4)])


def _backwards(random: Random) -> Draft:
    words = random.sample([word for word in WORDS if len(word) < random.choice((4, 5))], 3)
    return _ask(random, {"Backwards": lambda word: word[::-1]}, words)
