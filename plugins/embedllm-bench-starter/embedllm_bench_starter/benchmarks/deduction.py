"""Short conclusions from rules, rankings and exclusions, some about words that mean nothing."""

from random import Random

from embedllm_bench_starter.drafts import Draft, collect, listed, table
from embedllm_bench_starter.question import Question
from embedllm_bench_starter.vocabulary import COLORS, NAMES

_KINDS = ("blick", "dap", "florp", "gimble", "lorp", "mip", "tove", "wug", "zorb", "quib", "snark", "vorn")
_RULES = (
    ("it rains", "the street gets wet"),
    ("the alarm rings", "the dog barks"),
    ("the lamp is on", "the room is bright"),
    ("the bell rings", "the lesson is over"),
    ("the oven is on", "the kitchen is warm"),
    ("the wind blows", "the flag moves"),
    ("the battery is empty", "the phone is off"),
    ("the shop is open", "the sign is lit"),
)
_COMPARED = (
    ("taller", "tallest", "shortest"),
    ("older", "oldest", "youngest"),
    ("faster", "fastest", "slowest"),
)
_EVIDENCE = table("""
The street is wet and people fold their umbrellas.: it rained, it was dry, it was hot
Smoke rises above the roof and sirens come near.: a house burns, a house is sold, a house is built
The lamp went out in every room at once.: the power failed, the bulb was new, the sun rose
The plant is brown and its soil is dust.: nobody watered it, somebody watered it, it grew well
The plate is empty and the dog licks its mouth.: the dog ate, the dog slept, the dog barked
The child yawns and rubs its eyes.: it is tired, it is hungry, it is angry
The man shivers and puts on a coat.: he is cold, he is rich, he is hot
The glass lies on the floor in pieces.: it fell down, it was filled, it was washed
The crowd cheers and the players hug.: a goal was scored, a game was cancelled, a ball was bought
The car stopped and its fuel gauge shows zero.: the tank is empty, the road is closed, the radio is on
The snowman became a puddle.: it got warmer, it got colder, it got darker
The bread in the toaster is black.: it toasted too long, it was very fresh, it was not toasted
The baby cries and drinks a whole bottle.: it was hungry, it was asleep, it was clean
The phone stays dark until it is plugged in.: its battery was flat, its case was new, its screen was large
The boy limps and holds his knee.: he hurt himself, he sang a song, he won a prize
The milk smells sour.: it is too old, it is too cheap, it is too cold
The girl holds a medal and smiles.: she won, she lost, she slept
The bus stop is empty and the bus is far down the road.: I missed the bus, I drove the bus, I sold the bus
The kettle whistles.: the water boils, the water freezes, the water is gone
The cake has eight burning candles.: it is a birthday, it is a funeral, it is a lesson
The ice on the lake cracks under our feet.: the ice is thin, the ice is thick, the ice is clean
Feathers lie on the floor and the cage is open.: the bird flew away, the dog ran off, the fish swam off
Her suitcase is packed and a taxi waits.: she is leaving, she is cooking, she is reading
The students put down their pens as the bell rings.: the exam is over, the exam was lost, the exam is easy
""")


def generate(random: Random) -> list[Question]:
    makers = {
        "kinds": _kinds,
        "ranking": _ranking,
        "exclusion": _exclusion,
        "rule": _rule,
        "verdict": _verdict,
        "evidence": _evidence,
    }
    return collect("deduction", random, makers)


def _kinds(random: Random) -> Draft:
    name = random.choice(NAMES)
    first, second, third = random.sample(_KINDS, 3)
    color, other = random.sample(COLORS, 2)
    text, right, wrong = random.choice(
        (
            (
                f"All {first}s are {color}. All {second}s are {other}. {name} is a {first}. What color is {name}?",
                color,
                other,
            ),
            (
                f"Every {first} is a {second}. No {second} is a {third}. {name} is a {first}. So {name} is a ...",
                second,
                third,
            ),
            (
                f"All {first}s are {second}s. All {second}s are {color}. Which color are {first}s?",
                color,
                other,
            ),
            (
                f"All {first}s are {color} and all {second}s are {other}. {name} is {other}. Can {name} be a {first}?",
                "no",
                "yes",
            ),
            (f"All {first}s are {second}s. {name} is a {first}. Is {name} a {second}?", "yes", "no"),
            (f"No {first} is {color}. {name} is {color}. Is {name} a {first}?", "no", "yes"),
        )
    )
    if wrong in COLORS and random.random() < 0.5:
        wrong = random.choice([color for color in COLORS if color not in text])
    return Draft(text, right, (wrong,))


def _ranking(random: Random) -> Draft:
    high, middle, low = random.sample(NAMES, 3)
    than, most, least = random.choice(_COMPARED)
    facts = [f"{high} is {than} than {middle}.", f"{middle} is {than} than {low}."]
    if random.random() < 0.5:
        facts.reverse()
    asked, right = random.choice(((f"Who is the {most}?", high), (f"Who is the {least}?", low)))
    if random.random() < 0.25:
        asked, right = "Who is between the other two?", middle
    text = " ".join([*facts, asked])
    if random.random() < 0.4:
        return Draft(text, right, tuple(random.sample([name for name in NAMES if name not in text], 2)))
    return Draft(text, right, tuple(name for name in (high, middle, low) if name != right))


def _exclusion(random: Random) -> Draft:
    name = random.choice(NAMES)
    pool = random.choice(
        (COLORS, ("Monday", "Tuesday", "Thursday", "Friday"), ("tea", "coffee", "milk", "juice"))
    )
    right, first, second = random.sample(pool, 3)
    options = "{}, {} or {}".format(*random.sample((right, first, second), 3))
    what = "ball is" if pool is COLORS else "party is on" if "Monday" in pool else "drink is"
    text = random.choice(
        (
            f"{name}'s {what} {options}. It is not {first} and not {second}. Which is it?",
            f"Either {options} is the answer. {name} rules out {first} and {second}. What remains?",
            f"{name} must choose {options}, but never picks {first} or {second}. What is chosen?",
        )
    )
    if random.random() < 0.4:
        return Draft(text, right, tuple(random.sample([word for word in pool if word not in text], 1)))
    return Draft(text, right, (first, second))


def _rule(random: Random) -> Draft:
    (cause, effect), (trigger, other) = random.sample(_RULES, 2)
    if random.random() < 0.5:
        text = f"If {cause}, {effect}. If {trigger}, {other}."
        happens, follows, else_ = random.choice(((cause, effect, other), (trigger, other, effect)))
        return Draft(f"{text} Now {happens}. What follows?", follows, (else_,))
    text = random.choice(
        (
            f"If {cause}, {effect}. Now {cause}. What follows?",
            f"Whenever {cause}, {effect}. Today {cause}. What do we know?",
            f"We know that {effect} if {cause}, and {cause} right now. What is true?",
        )
    )
    return Draft(text, effect, (other,))


def _verdict(random: Random) -> Draft:
    high, middle, low = random.sample(NAMES, 3)
    than = random.choice(_COMPARED)[0]
    asked, right = random.choice(
        ((f"Is {high} {than} than {low}?", "yes"), (f"Is {low} {than} than {high}?", "no"))
    )
    facts = random.choice(
        (
            f"{high} is {than} than {middle}. {middle} is {than} than {low}.",
            f"{middle} is {than} than {low}, but {high} is {than} than {middle}.",
            f"{high} is {than} than {low}.",
        )
    )
    return Draft(f"{facts} {asked}", right, ("no" if right == "yes" else "yes",))


def _evidence(random: Random) -> Draft:
    return listed(random, _EVIDENCE, "{} What is most likely true?", "{} So ...")
