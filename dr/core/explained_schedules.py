"""The long texts of the codes of schedules."""

from typing import Final

from dr.core import codes
from dr.core.explanation import Explanation

EXPLAINED_SCHEDULES: Final = {
    codes.RULE_FORM: Explanation(
        "when a drill is owed is not said in one way",
        "An entry has exactly one of `every` (with `on` and `at`), `cron` (alone) and\n"
        "`rrule` (with `at`).",
        '{drill: a.yaml, every: quarter, cron: "0 10 * * 2"}',
        '{drill: a.yaml, every: quarter, on: 2nd tuesday, at: "10:00"}',
    ),
    codes.BAD_DAY: Explanation(
        "`on` names no day that every period has",
        "It is a weekday of the month, a working day, a day, or the last of them; in\n"
        "periods longer than a month the month may be given, and is the second otherwise.\n"
        "A 5th tuesday or a 31st would be lost in most months: write `last`.",
        "on: 5th tuesday",
        "on: last tuesday of the first month",
    ),
    codes.UNKNOWN_ZONE: Explanation(
        "an unknown time zone",
        "Names are those of the IANA database. Abbreviations such as CET do not say when\n"
        "summer time begins.",
        "timezone: Berlin",
        "timezone: Europe/Berlin",
    ),
    codes.BAD_DATE: Explanation(
        "not a day, or an end before its beginning",
        "Days are written 2026-11-30, and must exist. A blackout lasts at most 400 days.",
        "{from: 2026-12-01, to: 2026-11-20, why: peak}",
        "{from: 2026-11-20, to: 2026-12-01, why: peak}",
    ),
    codes.UNKNOWN_HOLIDAYS: Explanation(
        "unknown holidays",
        "A country (US), a part of one (DE-BY) or a market (NYSE), as the library\n"
        "`holidays` names them.",
        "holidays: [USA-NewYork]",
        "holidays: [US-NY, NYSE]",
    ),
    codes.BAD_RULE: Explanation(
        "a cron or rrule that cannot be used",
        "cron has five fields. An rrule has FREQ=DAILY or coarser and neither UNTIL nor\n"
        "COUNT: a schedule that ends by itself would leave its drills undone silently.",
        'rrule: "FREQ=MONTHLY;COUNT=4;BYDAY=2TU"',
        'rrule: "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU"',
    ),
    codes.WINDOW: Explanation(
        "a window that cannot be kept",
        "A drill may begin during its window: more than none and at most a day. `spread`\n"
        "delays the beginning, and must be shorter.",
        "window: 1h\nspread: 2h",
        "window: 3h\nspread: 30m",
    ),
    codes.MAX_AGE: Explanation(
        "`max_age` is needed",
        "How old a pass may become follows from `every`. A cron or rrule does not say it.",
        '{drill: a.yaml, cron: "0 10 * * 2#2"}',
        '{drill: a.yaml, cron: "0 10 * * 2#2", max_age: 40d}',
    ),
    codes.UNKNOWN_CHANNEL: Explanation(
        "no such channel",
        "`notify` and `escalate` name channels of this schedule, or `log`. A channel has a\n"
        "kind: log, command, webhook, smtp or slack.",
        "notify: [pager]",
        "channels: {pager: {kind: command, with: {argv: [page]}}}\nnotify: [pager]",
    ),
    codes.NO_DRILL: Explanation(
        "the drill is not there, or is not sound",
        "The path is relative to the schedule's file. `dr validate` on the drill says what\n"
        "is wrong with it.",
        "drill: rds-failover",
        "drill: ../drills/rds-failover.yaml",
    ),
    codes.SCHEDULED_TWICE: Explanation(
        "a drill is scheduled twice",
        "A drill is begun once per period, whatever fires it: a second entry would either\n"
        "do nothing or contradict the first.",
        "- {drill: a.yaml, every: quarter}\n- {drill: a.yaml, every: month}",
        "- {drill: a.yaml, every: month}",
    ),
    codes.BAD_CALENDAR: Explanation(
        "a calendar that cannot be read",
        "A freeze that is not understood must not be ignored: dates that are added one by\n"
        "one (RDATE) and times without a zone are refused.",
        "calendars: [gone.ics]",
        "calendars: [freeze.ics]",
    ),
    codes.RULE_LIES: Explanation(
        "a rule that does not mean what it seems to (a warning)",
        "cron fires when the day of month OR the day of week fits; an rrule silently leaves\n"
        "out months that lack a day, and counts its interval from `starts`.",
        'cron: "0 10 8-14 2,5,8,11 2"',
        'every: quarter\non: 2nd tuesday\nat: "10:00"',
    ),
    codes.CLOCK_CHANGE: Explanation(
        "a time that summer time removes or repeats (a warning)",
        "On the day of the change that time does not exist, or comes twice. The drill then\n"
        "begins an hour later by the clock, or at the first of the two.",
        'at: "02:30"',
        'at: "10:00"',
    ),
    codes.ALWAYS_OVERDUE: Explanation(
        "overdue before it is owed again (a warning)",
        "`max_age` is shorter than the time between two occurrences, so that even a drill\n"
        "that is always held and always passes becomes overdue.",
        "every: quarter\nmax_age: 60d",
        "every: quarter\nmax_age: 100d",
    ),
}
