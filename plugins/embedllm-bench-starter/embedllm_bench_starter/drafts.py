"""What the benchmarks have in common: from a maker per sub-task to a numbered list of distinct questions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import cycle, islice
from random import Random

from embedllm_bench_starter.question import Question, Split

TEST_QUESTIONS = 120
FEWSHOT_QUESTIONS = 12
_PATIENCE = 1000  # draws in a row without a new text before a maker counts as exhausted


@dataclass(frozen=True)
class Draft:
    """A question before it is numbered and its choices are shuffled; without wrong ones it has no choices."""

    question: str
    right: str
    wrong: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len({self.right, *self.wrong}) != 1 + len(self.wrong):
            raise ValueError(
                f"The choices of {self.question!r} are not distinct: {self.right}, {self.wrong}."
            )


Maker = Callable[[Random], Draft]


@dataclass
class _Positions:
    """Deals the position of the right answer so that after every round each was right equally often."""

    random: Random
    hands: dict[int, list[int]] = field(default_factory=dict)

    def deal(self, choices: int) -> int:
        hand = self.hands.setdefault(choices, [])
        if not hand:
            hand.extend(self.random.sample(range(choices), choices))
        return hand.pop()


def collect(name: str, random: Random, makers: Mapping[str, Maker]) -> list[Question]:
    """The questions of one benchmark, the sub-tasks taking turns so that any beginning of the list has all."""
    drafts = _distinct(random, makers)
    fewshot = list(islice(drafts, FEWSHOT_QUESTIONS))
    test = list(islice(drafts, TEST_QUESTIONS))
    return [
        *_numbered(name, random, test, "test", start=1),
        *_numbered(name, random, fewshot, "fewshot", start=1 + TEST_QUESTIONS),
    ]


def _distinct(random: Random, makers: Mapping[str, Maker]) -> Iterable[tuple[str, Draft]]:
    seen: set[str] = set()
    for subtask, make in cycle(makers.items()):
        for _ in range(_PATIENCE):
            draft = make(random)
            if draft.question not in seen:
                break
        else:
            raise ValueError(f"The sub-task {subtask} has too few distinct questions.")
        seen.add(draft.question)
        yield subtask, draft


def _numbered(
    name: str, random: Random, drafts: Iterable[tuple[str, Draft]], split: Split, start: int
) -> Iterable[Question]:
    positions = _Positions(random)
    for number, (subtask, draft) in enumerate(drafts, start):
        answer: int | str = draft.right
        choices = None
        if draft.wrong:
            answer = positions.deal(1 + len(draft.wrong))
            shuffled = random.sample(draft.wrong, len(draft.wrong))
            choices = (*shuffled[:answer], draft.right, *shuffled[answer:])
        yield Question(f"{name}-{number:03}", draft.question, answer, choices, split, subtask)


def near(random: Random, right: int, steps: Iterable[int], wrong: int = 3, least: int = 0) -> tuple[str, ...]:
    """Wrong numbers some steps above or below the right one, so that its rank among them says nothing."""
    candidates = {right + sign * step for step in steps for sign in (1, -1)} - {right}
    return around(random, right, {number for number in candidates if number >= least}, wrong)


def far(random: Random, right: int, wrong: int = 3) -> tuple[str, ...]:
    """Wrong numbers of another size, which a model can rule out without calculating."""
    digits = len(str(right))
    candidates = set(random.sample(range(10 ** (digits - 1), 10**digits), 9 if digits == 1 else 40))
    close = range(right - right // 5 - 1, right + right // 5 + 2)
    return around(random, right, {number for number in candidates if number not in close}, wrong)


def around(random: Random, right: int, candidates: set[int], wrong: int) -> tuple[str, ...]:
    """Wrong numbers out of the candidates, as long as the right one if there are enough.

    Models find a longer number less likely.
    """
    alike = {number for number in candidates if len(str(number)) == len(str(right))}
    usable = sorted(alike if len(alike) >= wrong else candidates)
    below = [number for number in usable if number < right]
    above = [number for number in usable if number > right]
    wanted_below = max(min(random.randint(0, wrong), len(below)), wrong - len(above))
    chosen = random.sample(below, wanted_below) + random.sample(above, wrong - wanted_below)
    return tuple(str(number) for number in chosen)


def table(text: str) -> dict[str, tuple[str, ...]]:
    """Lines such as `asked: right, wrong, wrong`."""
    rows = (line.rsplit(": ", 1) for line in text.strip().splitlines())
    return {asked: tuple(choices.split(", ")) for asked, choices in rows}


def listed(random: Random, rows: dict[str, tuple[str, ...]], *templates: str) -> Draft:
    """A question from a table whose rows bring their own wrong choices."""
    asked, (right, *wrong) = random.choice(list(rows.items()))
    return Draft(random.choice(templates).format(asked), right, tuple(wrong))


def others(random: Random, right: str, pool: Iterable[str], wrong: int = 3) -> tuple[str, ...]:
    """Wrong choices from the same list as the right one."""
    return tuple(random.sample([word for word in dict.fromkeys(pool) if word != right], wrong))
