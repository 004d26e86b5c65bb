"""Words: opposites, near synonyms, kinds, the odd one out, and irregular forms."""

from random import Random

from embedllm_bench_starter.drafts import Draft, collect, others
from embedllm_bench_starter.question import Question
from embedllm_bench_starter.vocabulary import GROUPS


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("-") for pair in text.split())


OPPOSITES = _pairs("""
hot-cold big-small fast-slow early-late rich-poor full-empty open-closed strong-weak happy-sad
young-old wet-dry light-dark loud-quiet hard-soft clean-dirty deep-shallow wide-narrow
cheap-expensive brave-cowardly ancient-modern arrive-depart accept-refuse increase-decrease
victory-defeat generous-stingy rare-common rough-smooth guilty-innocent temporary-permanent
maximum-minimum
""")
SYNONYMS = _pairs("""
begin-start large-huge angry-furious quick-rapid smart-clever shut-close glad-cheerful
tired-exhausted scared-afraid gift-present error-mistake buy-purchase help-assist silent-mute
odd-strange ill-sick famous-renowned simple-easy speak-talk look-gaze stop-cease jump-leap
choose-select wealthy-affluent brief-short sturdy-robust lucky-fortunate hide-conceal
hungry-starving sincere-honest
""")
PAST = _pairs("""
go-went eat-ate see-saw run-ran take-took give-gave write-wrote drink-drank sing-sang swim-swam
buy-bought bring-brought catch-caught teach-taught think-thought find-found fly-flew throw-threw
speak-spoke break-broke wear-wore forget-forgot rise-rose freeze-froze
""")
PLURALS = _pairs("""
child-children mouse-mice foot-feet tooth-teeth man-men goose-geese knife-knives leaf-leaves
wolf-wolves city-cities box-boxes potato-potatoes
""")


def generate(random: Random) -> list[Question]:
    makers = {"opposite": _opposite, "synonym": _synonym, "kind": _kind, "odd-one-out": _odd, "form": _form}
    return collect("words", random, makers)


def _opposite(random: Random) -> Draft:
    pairs = list(OPPOSITES.items())
    word, right = random.choice(pairs)
    (first, second), _ = random.sample([pair for pair in pairs if pair[0] != word], 2)
    text = random.choice(
        (
            f"What is the opposite of '{word}'?",
            f"Which word means the opposite of '{word}'?",
            f"'{first}' is to '{second}' as '{word}' is to ...?",
        )
    )
    return Draft(text, right, others(random, right, [value for key, value in pairs if key != first]))


def _synonym(random: Random) -> Draft:
    word, right = random.choice(list(SYNONYMS.items()))
    text = random.choice(
        (
            f"Which word means nearly the same as '{word}'?",
            f"Choose a synonym of '{word}'.",
            f"What is another word for '{word}'?",
        )
    )
    return Draft(text, right, others(random, right, SYNONYMS.values()))


def _unlike(group: str) -> list[str]:
    """The groups whose members nobody would count to this one; a peach is a color to some."""
    close = {"fruits", "colors"} if group in ("fruits", "colors") else {group}
    return [other for other in sorted(GROUPS) if other not in close]


def _kind(random: Random) -> Draft:
    group = random.choice(sorted(GROUPS))
    word = random.choice(GROUPS[group])
    if random.random() < 0.5:
        wrong = [random.choice(GROUPS[other]) for other in others(random, group, _unlike(group))]
        if len({word, *wrong}) == 4:
            template = random.choice(("Which of these belongs to the {}?", "Which word names one of the {}?"))
            hint = random.choice([other for other in GROUPS[group] if other != word])
            return Draft(f"{template.format(group)} One example is '{hint}'.", word, tuple(wrong))
    text = random.choice(
        (f"To which group does '{word}' belong?", f"The word '{word}' names one of the ...?")
    )
    return Draft(text, group, others(random, group, _unlike(group)))


def _odd(random: Random) -> Draft:
    group = random.choice(sorted(GROUPS))
    right = random.choice(GROUPS[random.choice(_unlike(group))])
    same = random.sample([word for word in GROUPS[group] if word != right], 3)
    listed = ", ".join(random.sample((right, *same), 4))
    text = random.choice(
        (
            f"Which word does not belong with the others: {listed}?",
            f"Find the odd one out: {listed}.",
            f"Three of these are {group}. Which one is not? {listed}",
        )
    )
    return Draft(text, right, tuple(same))


def _form(random: Random) -> Draft:
    table = PAST if random.random() < 0.7 else PLURALS
    word, right = random.choice(list(table.items()))
    if table is PAST:
        text = random.choice(
            (f"What is the past tense of '{word}'?", f"Today I {word}, but yesterday I ...?")
        )
        regular, doubled = (form + ("d" if form.endswith("e") else "ed") for form in (word, right))
    else:
        text = random.choice(
            (
                f"What is the plural of '{word}'?",
                f"There is one {word} here and two ... there. Which word fits?",
            )
        )
        regular, doubled = word + "s", word + ("en" if right == word + "es" else "es")
    strangers = others(random, right, table.values())
    return Draft(text, right, strangers if random.random() < 0.4 else (regular, doubled, strangers[0]))
