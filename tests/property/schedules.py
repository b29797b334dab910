"""Schedules drawn from a seed: rules, zones, holidays and blackouts as people have them."""

import random

from dr.core.occurrences import Rule
from tests.unit.schedules import a_rule

ZONES = ("Europe/Berlin", "America/New_York", "Etc/UTC", "Australia/Lord_Howe", "Africa/Casablanca",
         "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia")  # fmt: skip
ORDINALS = ("1st", "2nd", "3rd", "4th", "last")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FISCAL = ("january", "february", "april", "july", "october")


def an_entry(rng: random.Random) -> str:
    """Draw a rule."""
    at = f'at: "{rng.randint(0, 23):02}:{rng.choice((0, 15, 30)):02}"'
    when = rng.choice(("next-working-day", "previous-working-day", "skip-with-record"))
    rest = f"{at}, window: {rng.randint(1, 6)}h, when_avoided: {when}"
    kind = rng.random()
    if kind < 0.2:
        return f"every: week, on: {rng.choice(DAYS)}, {rest}"
    if kind < 0.9:
        every = rng.choice(("month", "quarter", "quarter", "half-year", "year"))
        which = rng.choice(
            (f"{rng.choice(ORDINALS)} {rng.choice(DAYS)}", f"{rng.randint(4, 18)}th working day",
             f"{rng.randint(4, 20)}th", "last day")
        )  # fmt: skip
        month = (
            "" if every == "month" else f" of the {rng.choice(('first', 'second', 'third'))} month"
        )
        return f"every: {every}, on: {which}{month}, {rest}"
    if kind < 0.95:
        day = rng.choice(("*", "1", "29"))
        return f'cron: "{rng.randint(0, 59)} {rng.randint(0, 23)} {day} * *", max_age: 99d'
    return f'rrule: "FREQ=MONTHLY;BYDAY=2{rng.choice(("MO", "TU"))}", {at}, max_age: 99d'


def a_schedule(rng: random.Random, entry: str = "") -> Rule:
    """Draw a schedule with one drill."""
    black = []
    for _ in range(rng.randint(0, 3)):
        year, month = rng.randint(2026, 2035), rng.randint(1, 12)
        black.append(
            f"{{from: {year}-{month:02}-{rng.randint(1, 9):02}, to: {year}-{month:02}-28, why: x}}"
        )
    avoid = (
        f"avoid: {{weekends: {rng.choice(('true', 'false'))}, "
        f"holidays: {rng.choice(('[]', '[US]', '[DE-BY]', '[US, NYSE]'))}, "
        f"blackouts: [{', '.join(black)}]}}\nfiscal_year_starts: {rng.choice(FISCAL)}"
    )
    starts = f"2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return a_rule(entry or an_entry(rng), top=avoid, zone=rng.choice(ZONES), starts=starts)
