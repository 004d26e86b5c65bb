"""Days of the week, months, dates, and clock times."""

import datetime as dt
from random import Random

from embedllm_bench_starter.drafts import Draft, collect, listed, near, others, table
from embedllm_bench_starter.question import Question

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_COMMON = table("""
In which month is Christmas?: December, March, June, September
In which month is Halloween?: October, February, July, May
In which month is Valentine's Day?: February, November, August, October
In which month is New Year's Day?: January, June, September, April
In which month do Americans celebrate Independence Day?: July, March, October, December
In which month is April Fools' Day?: April, August, January, November
In which month do Americans celebrate Thanksgiving?: November, May, February, July
Which month has an extra day in leap years?: February, August, November, May
Which month has the fewest days?: February, July, October, April
Which month ends the year?: December, January, July, September
Which month begins the year?: January, December, March, June
Which day begins the work week in most offices?: Monday, Saturday, Thursday, Wednesday
Which day belongs to the weekend?: Saturday, Tuesday, Thursday, Monday
On which day do most Christian churches hold a service?: Sunday, Tuesday, Thursday, Monday
How many days are in a week?: 7, 5, 8, 9
How many months are in a year?: 12, 10, 24, 15
How many hours are in a day?: 24, 12, 60, 36
How many minutes are in an hour?: 60, 24, 90, 30
How many seconds are in a minute?: 60, 12, 30, 90
How many weeks are in a year?: 52, 12, 24, 48
How many days are in a normal year?: 365, 300, 350, 360
How many days are in a leap year?: 366, 364, 365, 356
How many years are in a century?: 100, 10, 1000, 50
How many years are in a decade?: 10, 12, 20, 50
How many seasons are in a year?: 4, 2, 6, 7
How many days does January have?: 31, 28, 29, 30
How many days does April have?: 30, 28, 29, 31
How many days does September have?: 30, 28, 29, 31
Which season comes after summer?: autumn, spring, winter, monsoon
Which season comes after winter?: spring, autumn, summer, monsoon
What comes at the end of the day?: evening, morning, noon, dawn
When does the sun rise?: morning, evening, midnight, noon
""")


def generate(random: Random) -> list[Question]:
    makers = {"common": _common, "weekday": _weekday, "month": _month, "date": _date, "clock": _clock}
    return collect("calendar", random, makers)


def _shifted(random: Random, names: tuple[str, ...], shifts: tuple[int, ...]) -> tuple[str, int, str]:
    start, shift = random.randrange(len(names)), random.choice(shifts)
    return names[start], shift, names[(start + shift) % len(names)]


def _common(random: Random) -> Draft:
    return listed(random, _COMMON, "{}", "{}", "Think of a calendar or a clock. {}")


def _weekday(random: Random) -> Draft:
    day, shift, right = _shifted(random, DAYS, (-3, -2, -1, -1, 1, 1, 2, 3, 4, 7, 10))
    if abs(shift) == 1:
        when = "after" if shift == 1 else "before"
        templates: tuple[str, ...] = (
            f"Which day comes right {when} {day}?",
            f"What is the day {when} {day}?",
            f"Today is {day}. What day {'will it be tomorrow' if shift == 1 else 'was it yesterday'}?",
        )
    else:
        templates = (
            (
                f"If today is {day}, what day {'will it be in' if shift > 0 else 'was it'} {abs(shift)} days"
                f"{'' if shift > 0 else ' ago'}?"
            ),
            f"Which day of the week is {abs(shift)} days {'after' if shift > 0 else 'before'} {day}?",
        )
    return Draft(random.choice(templates), right, others(random, right, (d for d in DAYS if d != day)))


def _month(random: Random) -> Draft:
    month, shift, right = _shifted(random, MONTHS, (-2, -1, 1, 1, 2, 3, 5))
    count = ("", "one month", "two months", "three months", "", "five months")[abs(shift)]
    when = "after" if shift > 0 else "before"
    templates = [f"Which month is {count} {when} {month}?", f"Name the month that is {count} {when} {month}."]
    if abs(shift) == 1:
        templates.append(f"Which month comes right {when} {month}?")
    if random.random() < 0.2:
        number = MONTHS.index(month) + 1
        ending = {1: "st", 2: "nd", 3: "rd"}.get(number, "th")
        return Draft(f"What is the {number}{ending} month of the year?", month, others(random, month, MONTHS))
    return Draft(random.choice(templates), right, others(random, right, (m for m in MONTHS if m != month)))


def _date(random: Random) -> Draft:
    start = dt.date(2023, 1, 1) + dt.timedelta(random.randrange(365))
    shift = random.choice((1, 2, 3, 5, 7, 10, 14))
    end = start + dt.timedelta(shift)
    names = [f"{MONTHS[day.month - 1]} {day.day}" for day in (start, end)]
    text = random.choice(
        (
            f"Today is {names[0]}. Which date is it in {shift} day{'s' * (shift > 1)}?",
            f"A trip of {shift} night{'s' * (shift > 1)} begins on {names[0]}. On which date does it end?",
            f"A book is borrowed on {names[0]} for {shift} day{'s' * (shift > 1)}. When is it due?",
        )
    )
    slips = random.sample(random.choice(((-2, -1, 1, 2, 4, 30), (-140, -77, 59, 101, 133))), 3)
    days = [end + dt.timedelta(slip) for slip in slips]
    return Draft(text, names[1], tuple(f"{MONTHS[day.month - 1]} {day.day}" for day in days))


def _clock(random: Random) -> Draft:
    start = random.randrange(7 * 60, 20 * 60, 5)
    minutes = random.choice((10, 15, 20, 30, 45, 60, 90, 120))
    end = start + minutes
    before, after = _time(start), _time(end)
    if random.random() < 0.3:
        text = f"A film runs from {before} to {after}. How many minutes does it last?"
        return Draft(text, str(minutes), near(random, minutes, (5, 10, 15, 30, 60), least=5))
    slips = random.choice(((-60, -15, -10, 10, 15, 60), (-203, -187, 127, 164, 191)))
    text = random.choice(
        (
            f"A train leaves at {before} and travels for {minutes} minutes. When does it arrive?",
            f"It is {before}. What time is it {minutes} minutes later?",
            f"A lesson starts at {before} and takes {minutes} minutes. When is it over?",
        )
    )
    return Draft(text, after, tuple(_time(end + slip) for slip in random.sample(slips, 3)))


def _time(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
