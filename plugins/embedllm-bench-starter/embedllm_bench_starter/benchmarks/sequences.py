"""What comes next: numbers, letters, and repeating patterns."""

from random import Random

from embedllm_bench_starter.drafts import Draft, collect, far, listed, near, others, table
from embedllm_bench_starter.question import Question
from embedllm_bench_starter.vocabulary import ANIMALS, COLORS, FRUITS

# Without the first four: after "Answer:" a model takes A to D for the letters of choices.
_LETTERS = "EFGHIJKLMNOPQRSTUVWXYZ"
_NEXT = (
    "What comes next: {}, ...?",
    "Continue the sequence: {}, ...",
    "Which one follows? {}, ...",
    "Find the next item of {}, ...",
)
_SERIES = table("""
one, two, three: four, ten, zero
first, second, third: fourth, last, twelfth
spring, summer, autumn: winter, weather, Monday
breakfast, lunch: dinner, kitchen, spoon
yesterday, today: tomorrow, calendar, never
good, better: best, bad, worse
bad, worse: worst, good, better
small, medium: large, tiny, shirt
baby, child, teenager: adult, toy, puppy
seed, sprout, young tree: old tree, stone, garden
Mercury, Venus, Earth: Mars, Moon, Pluto
second, minute, hour: day, clock, moment
day, week, month: year, minute, hour
ten, twenty, thirty: forty, eleven, zero
single, double: triple, half, simple
egg, caterpillar, cocoon: butterfly, spider, flower
morning, noon, afternoon: evening, lunch, dawn
letter, word, sentence: paragraph, pencil, comma
house, street, town: country, door, kitchen
ready, steady: go, slow, stop
bronze, silver: gold, iron, wood
solo, duet: trio, singer, piano
freezing, cold, warm: hot, icy, cool
past, present: future, history, gift
never, rarely, sometimes: always, nothing, once
wrist, elbow: shoulder, finger, knee
two, four, six: eight, five, one
ten, nine, eight: seven, twelve, eleven
whisper, talk: shout, ear, sleep
pebble, stone: rock, sand, dust
thousand, million: billion, hundred, dozen
triangle, square, pentagon: hexagon, circle, line
father, grandfather: great-grandfather, grandson, brother
""")


def generate(random: Random) -> list[Question]:
    makers = {
        "steps": _steps,
        "factors": _factors,
        "growing": _growing,
        "letters": _letters,
        "pattern": _pattern,
        "series": _series,
    }
    return collect("sequences", random, makers)


def _numbers(random: Random, terms: list[int], steps: tuple[int, ...]) -> Draft:
    *shown, right = terms
    text = random.choice(_NEXT).format(", ".join(str(term) for term in shown))
    if right > 0 and random.random() < 0.6:
        return Draft(text, str(right), far(random, right))
    return Draft(text, str(right), near(random, right, steps, least=-999))


def _steps(random: Random) -> Draft:
    step = random.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 17, 19, 26, 37))
    start = random.randint(1, random.choice((20, 300)))
    terms = [start + step * place for place in range(random.choice((5, 6)))]
    if random.random() < 0.4:
        terms.reverse()
    return _numbers(random, terms, (1, 2, step + 1, 10))


def _factors(random: Random) -> Draft:
    factor = random.choice((2, 2, 3, 5, 10))
    terms = [random.randint(1, 9) * factor**place for place in (0,)]
    for _ in range(4):
        terms.append(terms[-1] * factor)
    if random.random() < 0.3:
        terms.reverse()
    last = terms[-1]
    return _numbers(random, terms, (1, 2, max(3, last // 2), max(4, last // 10)))


def _growing(random: Random) -> Draft:
    kind = random.choice(
        ("squares", "cubes", "two-rows", "sums", "widening", "alternating", "two-rows", "times-plus")
    )
    start, step = random.randint(1, 9), random.randint(2, 6)
    if kind == "squares":
        terms = [(start + place) ** 2 for place in range(5)]
    elif kind == "cubes":
        terms = [(start + place) ** 3 for place in range(5)]
    elif kind == "two-rows":
        terms = [
            start + step * (place // 2) if place % 2 else 60 - start * (place // 2) for place in range(7)
        ]
    elif kind == "times-plus":
        terms = [start]
        while len(terms) < 6:
            terms.append(terms[-1] * 2 + step - 3)
    elif kind == "sums":
        terms = [start, step]
        while len(terms) < 7:
            terms.append(terms[-1] + terms[-2])
    elif kind == "widening":
        terms = [start + step * place * (place + 1) // 2 for place in range(6)]
    else:
        terms = [start + (step + 3) * (place // 2) + (step if place % 2 else 0) for place in range(7)]
    return _numbers(random, terms, (1, 2, step + 1, 10))


def _letters(random: Random) -> Draft:
    step = random.choice((-3, -2, -1, 1, 2, 3, 4))
    length = random.choice((5, 6))
    last = len(_LETTERS) - 1
    low = max(0, -step * (length - 1))
    start = random.randint(low, min(last, last - step * (length - 1)))
    *shown, right = (_LETTERS[start + step * place] for place in range(length))
    neighbors = [letter for letter in _LETTERS if 0 < abs(ord(letter) - ord(right)) <= 3]
    if random.random() < 0.5:
        neighbors = [letter for letter in _LETTERS if letter not in (*shown, *neighbors)]
    return Draft(random.choice(_NEXT).format(", ".join(shown)), right, others(random, right, neighbors))


def _pattern(random: Random) -> Draft:
    pool = random.choice((COLORS, ANIMALS, FRUITS))
    words = random.sample(pool, 4)
    unit = random.choice(((0, 1), (0, 1, 2), (0, 1, 1), (0, 0, 1), (0, 1, 2, 1), (0, 0, 1, 1)))
    length = random.choice((2, 3)) * len(unit) + random.randrange(len(unit)) - (len(unit) == 4)
    *shown, right = (words[unit[place % len(unit)]] for place in range(length + 1))
    set_aside = [word for word in pool if word not in shown]
    return Draft(
        random.choice(_NEXT).format(", ".join(shown)),
        right,
        others(random, right, words if random.random() < 0.65 else set_aside, 2),
    )


def _series(random: Random) -> Draft:
    return listed(random, _SERIES, *_NEXT)
