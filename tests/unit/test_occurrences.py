"""When a drill is owed: which day, which instant, what becomes of an avoided one."""
# ruff: noqa: E501 - tables

from datetime import date, timedelta
from itertools import pairwise

import pytest

from dr.core.calendars import Freeze
from dr.core.days import On, day_of, read_on
from dr.core.occurrences import makeups
from dr.core.periods import named, period_of, periods
from tests.unit.schedules import QUARTERLY, a_rule, at

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("every", "fiscal", "day", "name", "begins", "ends"),
    [
        ("quarter", "january", date(2026, 11, 27), "2026Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("quarter", "february", date(2026, 11, 27), "FY2027Q4", date(2026, 11, 1), date(2027, 2, 1)),
        ("quarter", "february", date(2027, 1, 31), "FY2027Q4", date(2026, 11, 1), date(2027, 2, 1)),
        ("quarter", "february", date(2026, 2, 1), "FY2027Q1", date(2026, 2, 1), date(2026, 5, 1)),
        ("half-year", "january", date(2026, 7, 1), "2026H2", date(2026, 7, 1), date(2027, 1, 1)),
        ("year", "january", date(2026, 7, 1), "2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("year", "october", date(2026, 10, 1), "FY2027", date(2026, 10, 1), date(2027, 10, 1)),
        ("month", "october", date(2028, 2, 29), "2028-02", date(2028, 2, 1), date(2028, 3, 1)),
        ("week", "january", date(2027, 1, 1), "2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
    ],
)  # fmt: skip
def test_a_day_is_in_one_period(
    every: str, fiscal: str, day: date, name: str, begins: date, ends: date
) -> None:
    found = period_of(every, fiscal, day)

    assert (found.name, found.begins, found.ends) == (name, begins, ends)
    assert named(name, fiscal) == found


@pytest.mark.parametrize(
    "name", ["2026Q5", "26Q4", "2026-13", "2026-W54", "soon", "0000", "9999", "FY2026"]
)
def test_a_name_of_no_period_is_none(name: str) -> None:
    assert named(name, "january") is None


@pytest.mark.parametrize("every", ["week", "month", "quarter", "half-year", "year"])
@pytest.mark.parametrize("fiscal", ["january", "february", "december"])
def test_periods_leave_no_day_out_and_hold_none_twice(every: str, fiscal: str) -> None:
    found = list(periods(every, fiscal, date(2026, 1, 1), date(2046, 1, 1)))

    assert all(one.ends == two.begins for one, two in pairwise(found))
    assert len({one.name for one in found}) == len(found)
    assert [one.name for one in found] == sorted(one.name for one in found)


@pytest.mark.parametrize(
    ("on", "every", "expected"),
    [
        ("2nd tuesday", "quarter", date(2026, 5, 12)),
        ("second tuesday of the first month", "quarter", date(2026, 4, 14)),
        ("last friday of the last month", "quarter", date(2026, 6, 26)),
        ("15th", "quarter", date(2026, 5, 15)),
        ("15th day of the third month", "quarter", date(2026, 6, 15)),
        ("last day", "quarter", date(2026, 5, 31)),
        ("5th working day", "quarter", date(2026, 5, 8)),
        ("last working day of the third month", "quarter", date(2026, 6, 30)),
        ("1st monday", "month", date(2026, 4, 6)),
        ("last day of the twelfth month", "year", date(2026, 12, 31)),
        ("tuesday", "week", date(2026, 3, 31)),
    ],
)
def test_the_day_is_the_one_that_is_meant(on: str, every: str, expected: date) -> None:
    rule = a_rule(top="avoid: {holidays: [DE]}")
    period = period_of(every, "january", date(2026, 4, 1))

    assert day_of(read_on(on, every), period, rule.calendar) == expected


def test_a_month_without_working_days_has_its_first() -> None:
    class Nobody:
        def working(self, day: date) -> bool:
            return False

    period = period_of("month", "january", date(2026, 4, 9))
    assert day_of(On("working", 5, month=1), period, Nobody()) == date(2026, 4, 1)  # type: ignore[arg-type]


def test_a_freeze_over_thanksgiving_moves_it_to_the_next_working_day() -> None:
    rule = a_rule(
        'every: quarter, on: last thursday, at: "10:00"',
        zone="America/New_York",
        top="avoid: {holidays: [US], weekends: true, "
        "blackouts: [{from: 2026-11-25, to: 2026-12-01, why: peak}]}",
    )
    last = list(rule.between(*YEAR))[-1]

    assert last.start == at("2026-12-02 15:00")
    assert last.moved == "moved from 2026-11-26: peak"
    assert last.period == "2026Q4"


def test_where_no_later_day_is_left_an_earlier_one_is_taken() -> None:
    top = "avoid: {blackouts: [{from: 2026-11-20, to: 2026-12-31, why: peak}]}"
    rule = a_rule('every: quarter, on: 1st of the third month, at: "10:00"', top=top)
    assert list(rule.between(*YEAR))[-1].start == at("2026-11-19 09:00")

    rule = a_rule(
        'every: quarter, on: 20th, at: "10:00", when_avoided: previous-working-day', top=top
    )
    assert list(rule.between(*YEAR))[-1].start == at("2026-11-19 09:00")


def test_a_period_that_is_avoided_as_a_whole_is_skipped_and_says_why() -> None:
    top = "avoid: {blackouts: [{from: 2026-10-01, to: 2026-12-31, why: merger}]}"
    last = list(a_rule(top=top).between(*YEAR))[-1]

    assert (last.skipped, last.period) == ("merger", "2026Q4")


def test_skip_with_record_moves_nothing() -> None:
    rule = a_rule(f"{QUARTERLY}, when_avoided: skip-with-record", top="avoid: {holidays: [US]}")
    held = [one.skipped for one in rule.between(date(2031, 10, 1), date(2031, 12, 31))]
    assert held == ["Veterans Day (US)"]


def test_a_freeze_avoids_each_day_it_touches_where_the_schedule_is() -> None:
    freeze = Freeze(at("2026-11-09 23:30"), at("2026-11-10 00:30"), "deploy")
    last = list(a_rule(freezes=[freeze]).between(*YEAR))[-1]

    assert last.start == at("2026-11-11 09:00")
    assert a_rule(freezes=[freeze]).calendar.frozen(at("2026-11-10 00:00")) == "deploy"
    assert a_rule(freezes=[freeze]).calendar.frozen(at("2026-11-10 00:30")) == ""


def test_a_weekend_is_avoided_only_if_it_is_said() -> None:
    entry = 'every: month, on: 1st saturday, at: "10:00"'
    november = (date(2026, 11, 1), date(2026, 11, 30))
    assert [one.moved for one in a_rule(entry).between(*november)] == [""]
    moved = [one.moved for one in a_rule(entry, top="avoid: {weekends: true}").between(*november)]
    assert moved == ["moved from 2026-11-07: a weekend"]


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("third", "2026-03-29 01:30"),  # 02:30 does not exist: 03:30 in summer time
        ("tenth", "2026-10-25 00:30"),  # 02:30 comes twice: the first, in summer time
        ("first", "2026-01-25 01:30"),
    ],
)
def test_a_change_of_the_clock_loses_and_doubles_nothing(month: str, expected: str) -> None:
    rule = a_rule(f'every: year, on: last sunday of the {month} month, at: "02:30"')
    assert [one.start for one in rule.between(*YEAR)] == [at(expected)]


def test_spread_is_the_same_always_and_stays_inside_the_window() -> None:
    plain, spread = a_rule(), a_rule(f"{QUARTERLY}, spread: 2h")
    first, later = next(plain.between(*YEAR)), next(spread.between(*YEAR))

    assert timedelta(0) < later.start - first.start <= timedelta(hours=2)
    assert later.until == first.until
    assert later == next(a_rule(f"{QUARTERLY}, spread: 2h").between(*YEAR))


def test_nothing_is_owed_before_the_schedule_begins() -> None:
    found = list(a_rule(starts="2026-06-01").between(date(2020, 1, 1), date(2026, 12, 31)))
    assert [one.period for one in found] == ["2026Q3", "2026Q4"]


def test_what_is_moved_into_its_first_days_stays_behind_the_beginning() -> None:
    top = "avoid: {blackouts: [{from: 2026-05-10, to: 2026-06-30, why: x}]}"
    found = list(a_rule(starts="2026-05-05", top=top).between(*YEAR))
    assert found[0].start == at("2026-05-08 08:00")


def test_cron_and_rrule_are_followed_as_written() -> None:
    cron = a_rule('cron: "30 2 * 3 *", max_age: 9d')
    starts = [one.start for one in cron.between(date(2026, 3, 28), date(2026, 3, 30))]
    assert starts == [at("2026-03-28 01:30"), at("2026-03-29 01:00"), at("2026-03-30 00:30")]

    rrule = a_rule('rrule: "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU", at: "10:00", max_age: 9d')
    found = list(rrule.between(date(2026, 7, 1), date(2026, 12, 31)))
    assert [one.start for one in found if one.start > at("2026-07-01 00:00")] == [
        at("2026-07-14 08:00"),
        at("2026-10-13 08:00"),
    ]
    assert found[-1].key == "toy@20261013T0800Z"
    assert next(rrule.between(date(2030, 7, 14), date(2030, 7, 15))).period == "20300709T0800Z"


def test_an_hour_that_comes_twice_is_one_occurrence() -> None:
    cron = a_rule('cron: "30 2 * * *", max_age: 9d')
    found = [one.start for one in cron.between(date(2026, 10, 24), date(2026, 10, 26))]
    assert len(found) == 3
    rrule = a_rule('rrule: "FREQ=DAILY", at: "02:30", max_age: 9d')
    assert len(list(rrule.between(date(2026, 10, 25), date(2026, 10, 25)))) == 1
    assert len(list(rrule.between(date(2026, 3, 29), date(2026, 3, 29)))) == 1


def test_a_day_that_a_zone_has_left_out_is_one_occurrence_with_the_next() -> None:
    """Samoa went from 29 to 31 December 2011: ten o'clock of the 30th is that of the 31st."""
    daily = a_rule(
        'rrule: "FREQ=DAILY", at: "10:00", max_age: 9d', zone="Pacific/Apia", starts="2011-12-28"
    )
    found = list(daily.between(date(2011, 12, 29), date(2012, 1, 1)))

    assert [one.start for one in found] == [
        at("2011-12-29 20:00"), at("2011-12-30 20:00"), at("2011-12-31 20:00"),
    ]  # fmt: skip
    assert [one.begins for one in found] == [
        date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1),
    ]  # fmt: skip


def test_the_last_one_before_the_calendar_ends_has_all_of_what_is_left() -> None:
    rare = a_rule('rrule: "FREQ=YEARLY;INTERVAL=3000", at: "10:00", max_age: 9d')
    found = list(rare.between(date(2026, 1, 1), date.max))

    assert [(one.begins, one.ends) for one in found] == [
        (date(2026, 1, 1), date(5026, 1, 1)),
        (date(5026, 1, 1), date(8026, 1, 1)),
        (date(8026, 1, 1), date.max),
    ]


def test_an_avoided_one_of_a_foreign_rule_stays_before_the_next() -> None:
    top = "avoid: {weekends: true}"
    daily = a_rule('cron: "0 10 * * *", max_age: 9d', top=top)
    assert [bool(one.skipped) for one in daily.between(date(2026, 11, 6), date(2026, 11, 9))] == [
        False, True, True, False,
    ]  # fmt: skip
    weekly = a_rule('cron: "0 10 * * 6", max_age: 9d', top=top)
    assert [one.start for one in weekly.between(date(2026, 11, 7), date(2026, 11, 7))] == [
        at("2026-11-09 09:00")
    ]


def test_a_rule_may_be_rare() -> None:
    rare = a_rule('rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", at: "10:00", max_age: 9d')
    found = list(rare.between(date(2026, 1, 1), date(2036, 12, 31)))
    assert [one.start.year for one in found] == [2028, 2032, 2036]


def test_a_missed_one_is_made_up_for_on_working_days_of_its_period() -> None:
    rule = a_rule(top="avoid: {weekends: true, holidays: [DE]}")
    one = list(rule.between(*YEAR))[-1]
    windows = list(makeups(one, rule, date(2026, 11, 16)))

    assert [start for start, _ in windows] == [
        at("2026-11-11 09:00"), at("2026-11-12 09:00"), at("2026-11-13 09:00"),
        at("2026-11-16 09:00"),
    ]  # fmt: skip
    assert len(list(makeups(one, rule, date(2030, 1, 1)))) == 36


def test_the_age_that_is_allowed_follows_from_the_period() -> None:
    assert a_rule().max_age == timedelta(days=100)
    assert a_rule(f"{QUARTERLY}, max_age: 30d").max_age == timedelta(days=30)
