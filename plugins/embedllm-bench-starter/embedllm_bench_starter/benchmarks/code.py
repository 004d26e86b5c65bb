"""What a small Python expression gives."""

from random import Random

from embedllm_bench_starter.benchmarks.strings import WORDS
from embedllm_bench_starter.drafts import Draft, collect, listed, near, others, table
from embedllm_bench_starter.question import Question

_ASKED = (
    "What does `{}` return in Python?",
    "In Python, what is the value of `{}`?",
    ">>> {}\nWhat does Python show?",
    "Evaluate the Python expression `{}`.",
)
_NAMES = table("""
gives the length of a list: len, max, abs, open
adds up the numbers of a list: sum, len, min, print
gives the largest number of a list: max, min, sorted, round
gives the smallest number of a list: min, max, len, int
writes a text to the screen: print, input, open, len
reads what the user types: input, print, sum, format
puts a list in order: sorted, max, filter, zip
makes a whole number of a text: int, str, list, dict
makes a text of a number: str, int, float, bool
opens a file: open, close, print, range
takes away the sign of a number: abs, round, pow, hash
rounds a number: round, abs, floor, sum
counts up from zero in a loop: range, len, zip, any
numbers the items of a list: enumerate, reversed, filter, map
pairs the items of two lists: zip, map, any, sum
makes a list without repeated items: set, list, tuple, range
tells what type a value has: type, id, repr, vars
goes through a list backwards: reversed, sorted, range, zip
starts a function: def, class, for, import
starts a class: class, def, return, with
ends a function and gives back a value: return, break, pass, yield
leaves a loop early: break, yield, pass, continue
goes on with the next round of a loop: continue, break, pass, else
loads a module: import, class, global, open
catches an error: except, raise, assert, finally
signals an error: raise, except, pass, del
does nothing: pass, del, break, not
stands for no value: None, True, self, zero
turns True into False: not, and, or, is
repeats as long as a condition holds: while, if, with, try
""")


def generate(random: Random) -> list[Question]:
    makers = {
        "names": _names,
        "numbers": _numbers,
        "lists": _lists,
        "text": _text,
        "truth": _truth,
        "loops": _loops,
    }
    return collect("code", random, makers)


def _ask(random: Random, code: str, right: object, wrong: tuple[str, ...]) -> Draft:
    return Draft(random.choice(_ASKED).format(code), str(right), wrong)


def _names(random: Random) -> Draft:
    return listed(random, _NAMES, "Which word {} in Python?", "In Python, what {}?")


def _numbers(random: Random) -> Draft:
    a, b = random.randint(6, 40), random.randint(2, 5)
    code, right = random.choice(
        (
            (f"{a} // {b}", a // b),
            (f"{a} % {b}", a % b),
            (f"{b} ** 2", b**2),
            (f"{a} + {b} * 2", a + b * 2),
            (f"abs({b} - {a})", a - b),
            (f"max({a}, {b}, {a + b})", a + b),
            (f"min({a}, {b})", b),
            (f"int('{a}') + {b}", a + b),
        )
    )
    return _ask(random, code, right, near(random, right, (1, 2, 3, 10)))


def _lists(random: Random) -> Draft:
    items = random.sample(range(1, 30), random.choice((3, 4, 5)))
    place = random.randrange(len(items) - 1)
    if random.random() < 0.35:
        code, right = random.choice(
            ((f"{items}.index({items[place]})", place), (f"len({items})", len(items)))
        )
        return _ask(random, code, right, near(random, right, (1, 2, 3)))
    code, right = random.choice(
        (
            (f"{items}[{place}]", items[place]),
            (f"{items}[-1]", items[-1]),
            (f"max({items})", max(items)),
            (f"sorted({items})[0]", min(items)),
        )
    )
    return _ask(random, code, right, others(random, str(right), map(str, items), 2))


def _text(random: Random) -> Draft:
    if random.random() < 0.5:
        return _other_text(random)
    word, other = random.sample([word for word in WORDS if len(word) < 7], 2)
    code, right, wrong = random.choice(
        (
            (f"'{word}' + '{other}'", word + other, (f"{word} {other}", other + word, word)),
            (f"'{word}'.upper()", word.upper(), (word, word.title(), word[0].upper())),
            (f"'{word}'.capitalize()", word.title(), (word, word.upper(), word[0].upper())),
            (f"'{word}'[:2]", word[:2], (word[:3], word[1:3], word[2:])),
            (f"'{word}'[1:]", word[1:], (word[:-1], word[0], word)),
            (f"'{word}'[::-1]", word[::-1], (word, word[0], "".join(sorted(word)))),
            (f"'{word}' * 2", word * 2, (word, f"{word} {word}", f"{word}2")),
            (f"'{word}'.replace('{word[0]}', 'z')", word.replace(word[0], "z"), (word, "z" + word, word[1:])),
        )
    )
    return _ask(random, code, right, tuple(dict.fromkeys(text for text in wrong if text != right)))


def _other_text(random: Random) -> Draft:
    """Like `_text`, but the wrong choices are made of other words: recognizing the word is enough."""
    method, change = random.choice(
        (
            ("{}.upper()", str.upper),
            ("{}.capitalize()", str.title),
            ("{}[::-1]", lambda word: word[::-1]),
            ("{}[1:]", lambda word: word[1:]),
            ("{}[:3]", lambda word: word[:3]),
            ("{} + 's'", lambda word: word + "s"),
            ("{}.strip()", str.strip),
            ("list({})[0]", lambda word: word[0]),
        )
    )
    word = random.choice(WORDS)
    wrong = others(random, change(word), map(change, WORDS))
    return _ask(random, method.format(f"'{word}'"), change(word), wrong)


def _truth(random: Random) -> Draft:
    a, b = random.sample(range(1, 60), 2)
    word = random.choice(WORDS)
    letter = random.choice([random.choice(word), random.choice("xqzv")])
    code, right = random.choice(
        (
            (f"{a} > {b}", a > b),
            (f"{a} == {b} or {a} < {b}", a <= b),
            (f"not {a} < {b}", not a < b),
            (f"'{letter}' in '{word}'", letter in word),
            (f"len('{word}') == {len(word) + a % 2}", a % 2 == 0),
            (f"{a} % 2 == 0", a % 2 == 0),
            (f"'{word}'.startswith('{letter}')", word.startswith(letter)),
            (f"{a} != {b} and {a} > {b}", a > b),
        )
    )
    return _ask(random, code, right, (str(not right),))


def _loops(random: Random) -> Draft:
    end, step, word = random.randint(3, 7), random.randint(2, 4), random.choice(WORDS)
    code, right = random.choice(
        (
            (f"sum(range({end}))", sum(range(end))),
            (f"len(range({end}))", end),
            (f"sum([{step}] * {end})", step * end),
            (f"list(range({end}))[-1]", end - 1),
            (f"[n * {step} for n in range({end})][2]", 2 * step),
            (f"len([n for n in range({end}) if n > {step - 1}])", max(0, end - step)),
            (f"sum(1 for c in '{word}' if c in 'aeiou')", sum(c in "aeiou" for c in word)),
            (f"len('{word}'.split())", 1),
        )
    )
    return _ask(random, code, right, near(random, right, (1, 2, 3, step)))
