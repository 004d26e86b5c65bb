"""Who is whose, what is where, and which way someone faces."""

from random import Random

from embedllm_bench_starter.drafts import Draft, collect, others, table
from embedllm_bench_starter.question import Question
from embedllm_bench_starter.vocabulary import COLORS, NAMES

# What the relative of a relative is called.
COMPOSED = {
    ("mother", "sister"): "aunt",
    ("mother", "brother"): "uncle",
    ("father", "sister"): "aunt",
    ("father", "brother"): "uncle",
    ("mother", "mother"): "grandmother",
    ("father", "mother"): "grandmother",
    ("mother", "father"): "grandfather",
    ("father", "father"): "grandfather",
    ("sister", "daughter"): "niece",
    ("brother", "daughter"): "niece",
    ("sister", "son"): "nephew",
    ("brother", "son"): "nephew",
    ("daughter", "son"): "grandson",
    ("son", "son"): "grandson",
    ("daughter", "daughter"): "granddaughter",
    ("son", "daughter"): "granddaughter",
}
_WOMEN = ("Alice", "Clara", "Emma", "Grace", "Irene", "Kate", "Maria", "Olga", "Rosa", "Tina", "Wendy", "Zoe")
_FEMALE = ("mother", "sister", "daughter", "aunt", "grandmother", "niece", "granddaughter")
_ROOMS = ("kitchen", "garden", "bedroom", "office", "cellar", "garage", "hall", "attic")
_THINGS = ("cup", "key", "ball", "book", "lamp", "coin", "phone", "spoon")
_BOXES = ("box", "bag", "drawer", "basket", "case", "chest")
_COMPASS = ("north", "east", "south", "west")
# What the first of a pair is to its second.
_ROLES = table("""
teacher - student, doctor: patient, hospital, medicine, teacher
doctor - patient, lawyer: client, judge, court, office
king - queen, husband: wife, ring, child, crown
cook - kitchen, farmer: field, cow, hat, tractor
bird - nest, bee: hive, honey, flower, wing
author - book, painter: picture, brush, museum, wall
pilot - plane, captain: ship, sea, uniform, harbor
hand - glove, foot: sock, toe, leg, hat
hand - finger, foot: toe, shoe, leg, arm
puppy - dog, kitten: cat, mouse, milk, puppy
dog - barks, cat: meows, purple, tail, runs
bread - baker, meat: butcher, cow, grill, plate
fish - water, bird: air, feather, egg, cage
eye - see, ear: hear, sound, head, talk
pen - write, knife: cut, fork, metal, eat
wheel - car, wing: plane, sky, feather, road
page - book, brick: wall, clay, red, page
author - writes, singer: sings, stage, song, reads
car - road, train: rails, station, driver, ticket
day - sun, night: moon, sleep, dark, day
summer - hot, winter: cold, snow, ski, warm
brother - sister, uncle: aunt, nephew, family, son
son - daughter, nephew: niece, uncle, father, cousin
lion - lioness, actor: actress, stage, movie, role
shop - customer, hotel: guest, room, bed, holiday
players - coach, orchestra: conductor, violin, concert, hall
ship - crew, play: cast, stage, ticket, scene
wolf - pack, sheep: flock, wool, lamb, farm
sheep - wool, hen: egg, feed, farmer, rooster
tree - forest, star: galaxy, night, planet, moon
""")


def generate(random: Random) -> list[Question]:
    makers = {
        "family": _family,
        "who": _who,
        "place": _place,
        "role": _role,
        "row": _row,
        "direction": _direction,
    }
    return collect("relations", random, makers)


def _family(random: Random) -> Draft:
    (link, relative), right = random.choice(list(COMPOSED.items()))
    name = random.choice([name for name in NAMES if (name in _WOMEN) == (relative in _FEMALE)])
    child = random.choice([other for other in NAMES if other != name])
    text = random.choice(
        (
            f"{name} is the {relative} of {child}'s {link}. What is {name} to {child}?",
            f"{child}'s {link} has a {relative} called {name}. {name} is {child}'s ...?",
            f"What do you call the {relative} of your {link}?",
        )
    )
    same_gender = [word for word in COMPOSED.values() if (word in _FEMALE) == (right in _FEMALE)]
    return Draft(text, right, others(random, right, same_gender))


def _who(random: Random) -> Draft:
    parent, middle, child = random.sample(NAMES, 3)
    word = random.choice(("teacher", "boss", "neighbor", "doctor", "cousin", "coach"))
    text, right = random.choice(
        (
            (
                f"{parent} is the {word} of {middle}, and {middle} is a friend of {child}. Who is {middle}'s {word}?",
                parent,
            ),
            (
                f"{parent} is a parent of {middle}. {middle} is a parent of {child}. Who is the grandchild?",
                child,
            ),
            (
                f"{parent} is {middle}'s {word}. {child} is {middle}'s dentist. Who is {middle}'s dentist?",
                child,
            ),
            (
                f"{parent} gave a gift to {middle}, and {middle} gave it to {child}. Who has the gift now?",
                child,
            ),
            (f"{parent} called {middle}, and {child} called {parent}. Who was called by {child}?", parent),
        )
    )
    if random.random() < 0.5:
        return Draft(text, right, others(random, right, [name for name in NAMES if name not in text], 2))
    return Draft(text, right, tuple(name for name in (parent, middle, child) if name != right))


def _place(random: Random) -> Draft:
    name, other = random.sample(NAMES, 2)
    first, second, third = random.sample(_ROOMS, 3)
    thing, color = random.choice(_THINGS), random.choice(COLORS)
    inner, outer = random.sample(_BOXES, 2)
    text, right = random.choice(
        (
            (f"{name} is in the {first}. {other} is in the {second}. Where is {name}?", first),
            (f"{name} went to the {first} and then to the {second}. Where is {name} now?", second),
            (
                f"{name} took the {thing} to the {first}, then {other} took it to the {second}. Where is the {thing}?",
                second,
            ),
            (
                f"{name} left the {thing} in the {first} and went to the {second}. Where is the {thing}?",
                first,
            ),
            (
                f"The {thing} is in the {color} {inner}. The {inner} is in the {first}. In which room is the {thing}?",
                first,
            ),
            (
                f"The {inner} is in the {outer}, and the {outer} is in the {second}. In which room is the {inner}?",
                second,
            ),
        )
    )
    if random.random() < 0.5:
        return Draft(text, right, others(random, right, [room for room in _ROOMS if room not in text], 2))
    wrong = second if right == first else first
    return Draft(text, right, (wrong, third))


def _role(random: Random) -> Draft:
    asked, (right, *wrong) = random.choice(list(_ROLES.items()))
    pair, third = asked.split(", ")
    first, second = pair.split(" - ")
    text = random.choice(
        (
            f"'{first}' is to '{second}' as '{third}' is to ...?",
            f"{first}: {second}, {third}: ...?",
        )
    )
    return Draft(text, right, tuple(wrong))


def _row(random: Random) -> Draft:
    first, second, third = random.sample(_THINGS, 3)
    text, right = random.choice(
        (
            (
                f"The {first} is left of the {second}. The {third} is right of the {second}. What is in the middle?",
                second,
            ),
            (
                f"The {first} is left of the {second}, and the {second} is left of the {third}. What is leftmost?",
                first,
            ),
            (
                f"The {first} is left of the {second}, and the {second} is left of the {third}. What is rightmost?",
                third,
            ),
            (
                f"The {first} lies on the {second}, and the {second} lies on the {third}. What is at the top?",
                first,
            ),
            (
                f"The {first} lies under the {second}, and the {second} lies under the {third}. What is at the top?",
                third,
            ),
            (
                f"The {first} is behind the {second}. The {third} is behind the {first}. What is in front?",
                second,
            ),
        )
    )
    if random.random() < 0.4:
        return Draft(text, right, others(random, right, [thing for thing in _THINGS if thing not in text], 2))
    return Draft(text, right, tuple(thing for thing in (first, second, third) if thing != right))


def _direction(random: Random) -> Draft:
    start = random.randrange(4)
    turn, quarters = random.choice((("right", 1), ("left", -1), ("around", 2)))
    name, facing, right = random.choice(NAMES), _COMPASS[start], _COMPASS[(start + quarters) % 4]
    opposite = _COMPASS[(start + 2) % 4]
    text, right = random.choice(
        (
            (f"{name} faces {facing} and turns {turn}. Which way does {name} face now?", right),
            (f"What is the opposite of {facing}?", opposite),
            (
                f"{name} walks {facing}, then goes straight back. In which direction does {name} return?",
                opposite,
            ),
            (f"The town is {facing} of the lake. In which direction is the lake from the town?", opposite),
        )
    )
    if random.random() < 0.5:
        return Draft(text, right, others(random, right, [way for way in _COMPASS if way != facing], 2))
    return Draft(text, right, others(random, right, _COMPASS))
