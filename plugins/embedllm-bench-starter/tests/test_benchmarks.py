"""The invariants of every benchmark, and the right answers worked out again from the texts."""

import datetime as dt
import itertools
import json
import re
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from embedllm_bench_starter.benchmarks import BENCHMARKS, questions, write
from embedllm_bench_starter.benchmarks.calendar import DAYS, MONTHS
from embedllm_bench_starter.benchmarks.strings import WORDS
from embedllm_bench_starter.benchmarks.units import FACTORS
from embedllm_bench_starter.drafts import Draft, far, near
from embedllm_bench_starter.question import Question
from embedllm_bench_starter.vocabulary import GROUPS

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(8)
GENERATED = {"strings"}


def gold(question: Question) -> str:
    if question.choices is None:
        assert isinstance(question.answer, str)
        return question.answer
    assert isinstance(question.answer, int)
    return question.choices[question.answer]


def every(benchmark: str, *subtasks: str) -> list[Question]:
    chosen = [
        question
        for seed in SEEDS
        for question in questions(benchmark, seed)
        if not subtasks or question.subtask in subtasks
    ]
    assert chosen
    return chosen


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", BENCHMARKS)
class TestInvariants:
    def test_counts_and_ids(self, name: str, seed: int) -> None:
        made = questions(name, seed)
        assert Counter(question.split for question in made) == {"test": 120, "fewshot": 12}
        assert [question.id for question in made] == [f"{name}-{number:03}" for number in range(1, 133)]

    def test_no_text_twice(self, name: str, seed: int) -> None:
        assert len({question.question for question in questions(name, seed)}) == 132

    def test_answers_and_choices(self, name: str, seed: int) -> None:
        for question in questions(name, seed):
            if name in GENERATED:
                assert question.choices is None
                assert re.fullmatch(r"[a-z]+( [a-z]+)*", str(question.answer)), question
            else:
                assert question.choices is not None
                assert 2 <= len(question.choices) <= 4, question
                assert len(set(question.choices)) == len(question.choices), question
                assert all(choice == choice.strip() != "" for choice in question.choices), question

    def test_positions_balance(self, name: str, seed: int) -> None:
        counts: dict[int, Counter[object]] = {}
        for question in questions(name, seed):
            if question.choices and question.split == "test":
                counts.setdefault(len(question.choices), Counter())[question.answer] += 1
        for choices, positions in counts.items():
            seen = [positions[position] for position in range(choices)]
            assert max(seen) - min(seen) <= 1

    def test_every_subtask_from_the_first_questions_on(self, name: str, seed: int) -> None:
        made = questions(name, seed)
        subtasks = {question.subtask for question in made}
        assert {question.subtask for question in made[:12]} == subtasks
        assert {question.subtask for question in made if question.split == "fewshot"} == subtasks

    def test_short(self, name: str, seed: int) -> None:
        lengths = [len(question.question.split()) for question in questions(name, seed)]
        assert sum(lengths) / len(lengths) < 20
        assert max(lengths) < 35


def test_same_seed_same_bytes(tmp_path: "Path") -> None:
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        write(tmp_path / folder, seed)
    for name in BENCHMARKS:
        first, again, other = ((tmp_path / folder / f"{name}.jsonl").read_bytes() for folder in "abc")
        assert first == again
        assert first != other


def test_lines_are_read_back(tmp_path: "Path") -> None:
    write(tmp_path, 3)
    for name in BENCHMARKS:
        lines = (tmp_path / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert [Question.from_json(line) for line in lines] == questions(name, 3)
        assert set(json.loads(lines[0])) == {"id", "question", "answer", "split", "subtask"} | (
            set() if name in GENERATED else {"choices"}
        )


def test_refuses_an_answer_that_is_no_choice() -> None:
    with pytest.raises(ValueError, match="index of one of 2"):
        Question("x-001", "?", 2, ("a", "b"))
    with pytest.raises(TypeError, match="answered by a text"):
        Question("x-001", "?", 0)


def test_refuses_choices_that_are_not_distinct() -> None:
    with pytest.raises(ValueError, match="not distinct"):
        Draft("?", "a", ("b", "a"))


@pytest.mark.parametrize("right", [0, 1, 5, 9, 10, 99, 100, 731, 52_000])
def test_wrong_numbers(right: int) -> None:
    for seed in range(50):
        for wrong in (near(Random(seed), right, (1, 2, 3, 10)), far(Random(seed), right)):
            assert len({str(right), *wrong}) == 4
            assert all(int(number) >= 0 for number in wrong)


def test_arithmetic() -> None:
    for question in every("arithmetic", "bare-small", "bare-large", "two-step"):
        found = re.search(r"[(\d][-+*/()\d ]*[)\d]", question.question)
        assert found
        assert eval(found.group()) == int(gold(question)), question  # noqa: S307 - digits and operators


def test_code() -> None:
    for question in every("code", "numbers", "lists", "text", "truth", "loops"):
        quoted = re.search(r"`(.*)`", question.question) or re.match(r">>> (.*)\n", question.question)
        assert quoted
        assert str(eval(quoted.group(1))) == gold(question), question  # noqa: S307 - made by the package
        assert question.choices is not None
        assert set(question.choices) <= {"True", "False"} or not {"True", "False"} & set(question.choices)


def test_weekdays() -> None:
    for question in every("calendar", "weekday"):
        text = question.question
        day = next(day for day in DAYS if day in text)
        count = re.search(r"\d+", text)
        shift = int(count.group()) if count else 1
        if re.search(r"before|ago|yesterday", text):
            shift = -shift
        assert DAYS[(DAYS.index(day) + shift) % 7] == gold(question), question


def test_dates() -> None:
    for question in every("calendar", "date"):
        found = re.search(rf"({'|'.join(MONTHS)}) (\d+)", question.question)
        shift = re.search(r"(\d+) (?:day|night)", question.question)
        assert found
        assert shift
        start = dt.date(2023, MONTHS.index(found.group(1)) + 1, int(found.group(2)))
        end = start + dt.timedelta(int(shift.group(1)))
        assert f"{MONTHS[end.month - 1]} {end.day}" == gold(question), question


def test_clock() -> None:
    for question in every("calendar", "clock"):
        times = [
            60 * int(hour) + int(minute) for hour, minute in re.findall(r"(\d+):(\d\d)", question.question)
        ]
        if len(times) == 2:
            assert times[1] - times[0] == int(gold(question)), question
        else:
            shift = re.search(r"(\d+) minutes", question.question)
            assert shift
            hour, minute = divmod(times[0] + int(shift.group(1)), 60)
            assert gold(question) == f"{hour}:{minute:02}", question


def test_units() -> None:
    for question in every("units", "down", "up"):
        numbers = [int(number) for number in re.findall(r"\d+", question.question)]
        large, small = next(
            pair for pair in FACTORS if all(re.search(rf"\b{unit}\b", question.question) for unit in pair)
        )
        factor = FACTORS[large, small]
        value = numbers[0] * factor if question.subtask == "down" else numbers[0] // factor
        assert int(gold(question)) == value, question


def test_comparing_units() -> None:
    for question in every("units", "comparing"):
        assert question.choices is not None
        sizes: dict[str, int] = {}
        units = [choice.split()[1] for choice in question.choices]
        large, small = next(pair for pair in FACTORS if set(pair) == set(units))
        for choice in question.choices:
            count, unit = choice.split()
            sizes[choice] = int(count) * (FACTORS[large, small] if unit == large else 1)
        assert gold(question) == max(sizes, key=sizes.__getitem__), question


def test_steps_and_factors() -> None:
    for question in every("sequences", "steps", "factors"):
        terms = [int(number) for number in re.findall(r"-?\d+", question.question)]
        right = int(gold(question))
        if question.subtask == "steps":
            assert {b - a for a, b in itertools.pairwise(terms)} == {right - terms[-1]}, question
        else:
            assert all(a * terms[-1] == b * terms[-2] for a, b in itertools.pairwise(terms)), question
            assert right * terms[-2] == terms[-1] ** 2, question


def test_letters_go_on_evenly() -> None:
    for question in every("sequences", "letters"):
        shown = [ord(letter) for letter in re.findall(r"\b[A-Z]\b", question.question)]
        assert {b - a for a, b in itertools.pairwise(shown)} == {ord(gold(question)) - shown[-1]}


def test_strings() -> None:
    checks = {
        "Backwards": lambda text: text[::-1],
        "As one word": lambda text: text.replace(" ", ""),
        "First word": lambda text: text.split()[0],
        "Last word": lambda text: text.split()[-1],
        "Last letter": lambda text: text[-1],
    }
    checked = 0
    for question in every("strings"):
        rule = re.split(r"[.:]", question.question)[0]
        quoted = re.findall(r"'([^']*)'", question.question)
        asked = quoted[-1] if quoted else question.question.split("\n")[-1].removeprefix(f"{rule}: ")
        assert set(asked.split()) <= set(WORDS), question
        if rule in checks:
            checked += 1
            assert gold(question) == checks[rule](asked), question
    assert checked > 100


def test_ranking() -> None:
    for question in every("deduction", "ranking"):
        pairs = re.findall(r"(\w+) is (?:taller|older|faster) than (\w+)\.", question.question)
        highs, lows = {high for high, _ in pairs}, {low for _, low in pairs}
        if "between" in question.question:
            expected = highs & lows
        elif re.search(r"tallest|oldest|fastest", question.question):
            expected = highs - lows
        else:
            expected = lows - highs
        assert expected == {gold(question)}, question


def test_what_a_rule_gives_is_never_also_the_wrong_choice() -> None:
    for question in every("deduction", "rule"):
        cause = re.search(r"\b(?:[Nn]ow|[Tt]oday) (.*?)\.|, and (.*?) right now", question.question)
        assert cause
        found = cause.group(1) or cause.group(2)
        assert re.search(rf"{found}, {gold(question)}|{gold(question)} if {found}", question.question), (
            question
        )


def test_no_word_is_in_two_groups() -> None:
    assert max(Counter(word for group in GROUPS.values() for word in group).values()) == 1


def test_odd_one_out() -> None:
    group_of = {word: group for group, words in GROUPS.items() for word in words}
    for question in every("words", "odd-one-out"):
        assert question.choices is not None
        groups = Counter(group_of[word] for word in question.choices)
        assert sorted(groups.values()) == [1, 3], question
        assert groups[group_of[gold(question)]] == 1, question


def test_the_rank_of_the_right_number_says_little() -> None:
    for benchmark, subtasks in (
        ("arithmetic", ("bare-small", "story", "two-step")),
        ("sequences", ("steps",)),
    ):
        ranks: Counter[int] = Counter()
        made = every(benchmark, *subtasks)
        for question in made:
            assert question.choices is not None
            ranks[sum(int(choice) < int(gold(question)) for choice in question.choices)] += 1
        assert max(ranks.values()) < 0.45 * len(made)
