"""Units: converting them, comparing two quantities, and which one fits what is measured."""

from fractions import Fraction
from random import Random

from embedllm_bench_starter.drafts import Draft, around, collect, others
from embedllm_bench_starter.question import Question
from embedllm_bench_starter.vocabulary import NAMES

# How many of the second are in one of the first.
FACTORS = {
    ("meters", "centimeters"): 100,
    ("kilometers", "meters"): 1000,
    ("centimeters", "millimeters"): 10,
    ("kilograms", "grams"): 1000,
    ("tons", "kilograms"): 1000,
    ("liters", "milliliters"): 1000,
    ("hours", "minutes"): 60,
    ("minutes", "seconds"): 60,
    ("days", "hours"): 24,
    ("weeks", "days"): 7,
    ("years", "months"): 12,
    ("feet", "inches"): 12,
    ("yards", "feet"): 3,
    ("dollars", "cents"): 100,
    ("dozens", "pieces"): 12,
}
_ADJECTIVES = {
    **dict.fromkeys(("meters", "kilometers", "centimeters", "feet", "yards"), "longer"),
    **dict.fromkeys(("hours", "minutes", "days", "weeks", "years"), "longer"),
    **dict.fromkeys(("kilograms", "tons"), "heavier"),
    **dict.fromkeys(("liters", "dollars", "dozens"), "more"),
}
_LENGTH, _WEIGHT, _VOLUME = (
    ("kilometers", "meters", "millimeters"),
    ("tons", "kilograms", "grams"),
    ("liters",),
)
_TIME = ("seconds", "minutes", "hours", "years")
_FITTING = {
    **dict.fromkeys(("the distance between two cities", "the length of a long river"), "kilometers"),
    **dict.fromkeys(("the length of a swimming pool", "the height of a house"), "meters"),
    **dict.fromkeys(("the thickness of a coin", "the length of an ant"), "millimeters"),
    **dict.fromkeys(("the weight of a ship", "the weight of an elephant"), "tons"),
    **dict.fromkeys(("the weight of a person", "the weight of a sack of potatoes"), "kilograms"),
    **dict.fromkeys(("the weight of a letter", "the weight of a spoon of sugar"), "grams"),
    **dict.fromkeys(("the water in a bathtub", "the fuel in a car's tank"), "liters"),
    **dict.fromkeys(("the time of a 100 meter sprint", "the time of one deep breath"), "seconds"),
    **dict.fromkeys(("the time it takes to boil an egg", "the time of a short walk"), "minutes"),
    **dict.fromkeys(("the time of a night's sleep", "the time of a long flight"), "hours"),
    **dict.fromkeys(("the age of a tree", "the time someone goes to school"), "years"),
    **dict.fromkeys(("the temperature of an oven", "how warm the sea is"), "degrees"),
    **dict.fromkeys(("the strength of a light bulb", "the power of a microwave"), "watts"),
}
_ALL_UNITS = (*_LENGTH, *_WEIGHT, *_VOLUME, *_TIME, "degrees", "watts")


def generate(random: Random) -> list[Question]:
    makers = {"down": _down, "up": _up, "comparing": _comparing, "fitting": _fitting}
    return collect("units", random, makers)


def _quantity(random: Random) -> tuple[str, str, int, int]:
    (large, small), factor = random.choice(list(FACTORS.items()))
    return large, small, factor, random.choice((2, 3, 4, 6, 7, 9, 11, 13, 16, 17, 23, 29, 35, 48))


def _down(random: Random) -> Draft:
    large, small, factor, count = _quantity(random)
    text = random.choice(
        (
            f"How many {small} are in {count} {large}?",
            f"Convert {count} {large} to {small}.",
            f"{random.choice(NAMES)} needs {count} {large}. How many {small} is that?",
        )
    )
    return Draft(text, str(count * factor), _wrong(random, count * factor, count))


def _up(random: Random) -> Draft:
    large, small, factor, count = _quantity(random)
    text = random.choice(
        (
            f"How many {large} are {count * factor} {small}?",
            f"Convert {count * factor} {small} to {large}.",
            f"{random.choice(NAMES)} has {count * factor} {small}. How many {large} is that?",
        )
    )
    return Draft(text, str(count), _wrong(random, count, count))


def _wrong(random: Random, right: int, count: int) -> tuple[str, ...]:
    """What other factors give, and some shares of the right number."""
    confused = {count * factor for factor in FACTORS.values()}
    shares = {round(right * share / 10) for share in (4, 5, 8, 9, 11, 12, 15, 20)}
    if right < 30:
        shares |= {right - 2, right - 1, right + 1, right + 2}
    return around(random, right, (confused | shares) - {0, right}, 3)


def _comparing(random: Random) -> Draft:
    large, small, factor, count = _quantity(random)
    if large not in _ADJECTIVES:
        large, small, factor = "meters", "centimeters", 100
    share = random.choice(
        (Fraction(1, 2), Fraction(3, 4), Fraction(7, 8), Fraction(9, 8), Fraction(5, 4), Fraction(2))
    )
    pieces = int(count * factor * share)
    first, second = f"{count} {large}", f"{pieces} {small}"
    right, wrong = (first, second) if count * factor > pieces else (second, first)
    shown = " or ".join(random.sample((first, second), 2))
    if count * factor == pieces:
        return _comparing(random)
    template = random.choice(("Which is {}: {}?", "What is {}, {}?"))
    return Draft(template.format(_ADJECTIVES[large], shown), right, (wrong,))


def _fitting(random: Random) -> Draft:
    thing, right = random.choice(list(_FITTING.items()))
    text = random.choice(("Which unit fits {} best?", "In which unit would you measure {}?"))
    return Draft(text.format(thing), right, others(random, right, _ALL_UNITS))
