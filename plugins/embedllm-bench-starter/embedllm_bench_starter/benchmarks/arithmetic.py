"""Sums and products, bare and in stories."""

from random import Random

from embedllm_bench_starter.drafts import Draft, collect, far, near
from embedllm_bench_starter.question import Question
from embedllm_bench_starter.vocabulary import COUNTABLES, NAMES

_BARE = ("What is {}?", "Compute {}.", "{} = ?", "Calculate: {}", "How much is {}?")
_STEPS = (1, 2, 3, 10)


def generate(random: Random) -> list[Question]:
    makers = {"bare-small": _small, "bare-large": _large, "story": _story, "two-step": _two_step}
    return collect("arithmetic", random, makers)


def _small(random: Random) -> Draft:
    a, b = random.randint(2, 12), random.randint(2, 12)
    sign, value = random.choice((("+", a + b), ("-", a), ("*", a * b)))
    shown = f"{a + b} - {b}" if sign == "-" else f"{a} {sign} {b}"
    return _bare(random, shown, value)


def _large(random: Random) -> Draft:
    a, b, digit = random.randint(21, 4999), random.randint(21, 4999), random.randint(3, 19)
    shown, value = random.choice(
        (
            (f"{a} + {b}", a + b),
            (f"{max(a, b)} - {min(a, b)}", abs(a - b)),
            (f"{a % 90 + 10} * {digit}", (a % 90 + 10) * digit),
            (f"{a % 900 + 100} * {b % 89 + 11}", (a % 900 + 100) * (b % 89 + 11)),
            (f"{a % 90 + 10} * {b % 89 + 11}", (a % 90 + 10) * (b % 89 + 11)),
            (f"{b * digit} / {digit}", b),
        )
    )
    return _bare(random, shown, value)


def _bare(random: Random, shown: str, value: int) -> Draft:
    # Beyond 100 the wrong numbers keep the last digit, which is the easiest one to get right.
    steps = _STEPS if value < 100 else (10, 20, 30, 90, 100)
    wrong = far(random, value) if random.random() < 0.6 else near(random, value, steps)
    return Draft(random.choice(_BARE).format(shown), str(value), wrong)


def _story(random: Random) -> Draft:
    name, friend = random.sample(NAMES, 2)
    things, others = random.sample(COUNTABLES, 2)
    large = random.choice((12, 60, 300))
    a, b = random.randint(3, large), random.randint(2, large)
    few = random.randint(2, 9)
    text, value = random.choice(
        (
            (f"{name} has {a} {things} and gets {b} more. How many {things} does {name} have now?", a + b),
            (f"{name} had {a + b} {things} and gave {b} to {friend}. How many {things} are left?", a),
            (
                f"There are {few} boxes with {a} {things} in each. How many {things} are there in all?",
                few * a,
            ),
            (f"{name} shares {few * a} {things} equally among {few} children. How many does each get?", a),
            (f"{name} has {a} {things} and {friend} has {b}. How many do they have together?", a + b),
            (
                f"{name} found {a} {things} and {friend} found {b} more than that. How many did {friend} find?",
                a + b,
            ),
            (
                f"One bag holds {a} {things} and {b} {others}. How many things do {few} such bags hold?",
                few * (a + b),
            ),
            (
                f"{name} has {a} {things}, buys {few} packs of {b} and gives {few} away. How many remain?",
                a + few * b - few,
            ),
            (
                f"{name} reads {few} pages a day for {b} days, then {a} more. How many pages is that?",
                few * b + a,
            ),
            (f"After selling {b} {things}, {name} still has {a}. How many were there before?", a + b),
        )
    )
    traps = [abs(a - b), a * few, a, b]
    return Draft(text, str(value), _with_trap(random, value, traps))


def _two_step(random: Random) -> Draft:
    a, b, c = random.randint(2, 90), random.randint(3, 19), random.randint(3, 19)
    shown, value, trap = random.choice(
        (
            (f"{a} + {b} * {c}", a + b * c, (a + b) * c),
            (f"({a} + {b}) * {c}", (a + b) * c, a + b * c),
            (f"{b} * {c} - {b}", b * c - b, b * (c + 1)),
            (f"{a + c} + {b} - {c}", a + b, a + b + c),
            (f"{a * b} / {b} + {c}", a + c, a * b + c),
        )
    )
    return Draft(random.choice(_BARE).format(shown), str(value), _with_trap(random, value, [trap]))


def _with_trap(random: Random, value: int, traps: list[int]) -> tuple[str, ...]:
    """Two near misses and, where it is another number, what the wrong calculation gives."""
    if random.random() < 0.6:
        return far(random, value)
    wrong = near(random, value, _STEPS)
    usable = [str(trap) for trap in traps if trap not in (value, *map(int, wrong))]
    alike = [trap for trap in usable if len(trap) == len(str(value))]
    return (*random.sample(wrong, 2), random.choice(alike)) if alike else wrong
