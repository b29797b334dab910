"""Schedules as text: every mistake has its code and its place; what lies is said."""
# ruff: noqa: E501 - tables

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dr.cli.scheduling import channel_kinds
from dr.core import codes
from dr.core.parse import MAX_BYTES, read
from dr.core.schedules import parse_schedule, rules, warnings
from dr.core.schema import schedule_schema
from dr.model.errors import DefinitionError
from tests.unit.planning_kinds import ROOT
from tests.unit.schedules import QUARTERLY, parsed, text

ENTRY = "the first entry"
SHIPPED = sorted((ROOT / "schedules").glob("*.yaml"))
WRONG: list[tuple[str, str, str, str]] = [
    # code, what the problem points at, entry, top
    (codes.RULE_FORM, "{drill", "window: 3h", ""),
    (codes.RULE_FORM, "{drill", 'every: month, cron: "0 1 * * *"', ""),
    (codes.RULE_FORM, "{drill", 'every: month, at: "10:00"', ""),
    (codes.RULE_FORM, "{drill", 'cron: "0 1 * * *", at: "10:00", max_age: 9d', ""),
    (codes.RULE_FORM, "{drill", 'rrule: "FREQ=DAILY", max_age: 9d', ""),
    (codes.BAD_DAY, "5th tuesday", 'every: month, on: 5th tuesday, at: "10:00"', ""),
    (codes.BAD_DAY, "31st", 'every: month, on: 31st, at: "10:00"', ""),
    (codes.BAD_DAY, "0th day", 'every: month, on: 0th day, at: "10:00"', ""),
    (codes.BAD_DAY, "19th working", 'every: month, on: 19th working day, at: "10:00"', ""),
    (codes.BAD_DAY, "2nd toosday", 'every: month, on: 2nd toosday, at: "10:00"', ""),
    (codes.BAD_DAY, "soon", 'every: quarter, on: soon, at: "10:00"', ""),
    (codes.BAD_DAY, "2nd tuesday", 'every: week, on: 2nd tuesday, at: "10:00"', ""),
    (codes.BAD_DAY, "1st", 'every: quarter, on: 1st of the fourth month, at: "10:00"', ""),
    (codes.BAD_RULE, '"0 1', 'cron: "0 1 * *", max_age: 9d', ""),
    (codes.BAD_RULE, '"0 99', 'cron: "0 99 * * *", max_age: 9d', ""),
    (codes.BAD_RULE, '"0 1 31', 'cron: "0 1 31 2 *", max_age: 9d', ""),
    (codes.BAD_RULE, '"0 1 */31', 'cron: "0 1 */31 * 1#5", max_age: 9d', ""),
    (codes.BAD_RULE, '"FREQ=HOURLY', 'rrule: "FREQ=HOURLY", at: "10:00", max_age: 9d', ""),
    (codes.BAD_RULE, '"FREQ=DAILY', 'rrule: "FREQ=DAILY;COUNT=4", at: "10:00", max_age: 9d', ""),
    (codes.BAD_RULE, '"FREQ=DAILY', 'rrule: "FREQ=DAILY;BYDAY=XX", at: "10:00", max_age: 9d', ""),
    (codes.BAD_RULE, '"FREQ=YEARLY', 'rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", at: "10:00", max_age: 9d', ""),
    (codes.MAX_AGE, "{drill", 'cron: "0 1 * * *"', ""),
    (codes.WINDOW, "0s", f"{QUARTERLY}, window: 0s", ""),
    (codes.WINDOW, "2d", f"{QUARTERLY}, window: 2d", ""),
    (codes.WINDOW, "3h", f"{QUARTERLY}, window: 3h, spread: 3h", ""),
    (codes.UNKNOWN_HOLIDAYS, "XX", QUARTERLY, "avoid: {holidays: [US, DE-BY, NYSE, XX]}"),
    (codes.UNKNOWN_HOLIDAYS, "DE-XX", QUARTERLY, "avoid: {holidays: [DE-XX]}"),
    (codes.BAD_DATE, "2026-02-30", QUARTERLY, "avoid: {blackouts: [{from: 2026-02-30, to: 2026-03-01, why: x}]}"),
    (codes.BAD_DATE, "2026-01-01", QUARTERLY, "avoid: {blackouts: [{from: 2026-03-01, to: 2026-01-01, why: x}]}"),
    (codes.BAD_DATE, "1066-10-14", QUARTERLY, "avoid: {blackouts: [{from: 1066-10-14, to: 2026-01-01, why: x}]}"),
    (codes.UNKNOWN_CHANNEL, "pager", QUARTERLY, "notify: [pager]"),
    (codes.UNKNOWN_CHANNEL, "pager", QUARTERLY, "escalate: [{after: 1d, to: pager}]"),
    (codes.UNKNOWN_CHANNEL, "pigeon", QUARTERLY, "channels: {post: {kind: pigeon}}"),
    (codes.UNKNOWN_FIELD, "urk", QUARTERLY, "channels: {chat: {kind: slack, with: {url: {env: A}, urk: b}}}"),
    (codes.MISSING_FIELD, "with", QUARTERLY, "channels: {chat: {kind: slack, with: {}}}"),
    (codes.UNKNOWN_FIELD, "timezon", QUARTERLY, "timezon: x"),
    (codes.DURATION, "7", QUARTERLY, "remind: [7]"),
    (codes.BAD_CHOICE, "undecember", QUARTERLY, "fiscal_year_starts: undecember"),
]  # fmt: skip


def as_data(source: str) -> Any:
    """Return what the schema is about: a day is text, as in YAML 1.2."""
    return read(source, "toy.yaml")[0].data


@pytest.mark.parametrize(("code", "points_at", "entry", "top"), WRONG)
def test_a_mistake_has_its_code_and_its_place(
    code: str, points_at: str, entry: str, top: str
) -> None:
    whole = text(entry, top=top)

    with pytest.raises(DefinitionError) as caught:
        parse_schedule(whole, "toy.yaml", channel_kinds())

    assert [one.code for one in caught.value.diagnostics] == [code]
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert whole.splitlines()[span.line - 1][span.column - 1 :].startswith(points_at)


@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"zone": "Berlin"}, codes.UNKNOWN_ZONE),
        ({"zone": "Europe"}, codes.UNKNOWN_ZONE),
        ({"zone": "../etc/passwd"}, codes.UNKNOWN_ZONE),
        ({"starts": "2026-13-01"}, codes.BAD_DATE),
        ({"starts": "soon"}, codes.WRONG_VALUE),
    ],
)
def test_zones_and_days_are_those_there_are(over: dict[str, str], code: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parsed(QUARTERLY, **over)
    assert [one.code for one in caught.value.diagnostics] == [code]


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        parsed("window: 3h", "every: month", top="notify: [a, b]", zone="Nowhere")
    assert len(caught.value.diagnostics) == 5


@pytest.mark.parametrize("text_", ["- a list", "x" * (MAX_BYTES + 1), "a: [", ""])
def test_what_is_no_schedule_at_all_is_refused(text_: str) -> None:
    with pytest.raises(DefinitionError):
        parse_schedule(text_, "toy.yaml", {})


def test_a_drill_is_scheduled_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        rules(parsed(QUARTERLY, QUARTERLY, QUARTERLY), ["a", "b", "a"], ())
    assert [one.code for one in caught.value.diagnostics] == [codes.SCHEDULED_TWICE]
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert span.line == 9


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (QUARTERLY, []),
        ('every: week, on: friday, at: "10:00"', []),
        ('cron: "0 10 8-14 2,5 2", max_age: 100d', [codes.RULE_LIES]),
        ('cron: "0 10 * * 2#2", max_age: 100d', []),
        ('cron: "0 10 1 * *", max_age: 100d', []),
        ('rrule: "FREQ=MONTHLY;BYDAY=2TU", at: "10:00", max_age: 100d', []),
        ('rrule: "FREQ=MONTHLY;BYDAY=5TU", at: "10:00", max_age: 100d', [codes.RULE_LIES]),
        ('rrule: "FREQ=MONTHLY;BYMONTHDAY=1,31", at: "10:00", max_age: 100d', [codes.RULE_LIES]),
        ('rrule: "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU", at: "10:00", max_age: 100d', [codes.RULE_LIES]),
        ('every: quarter, on: 1st, at: "10:00", max_age: 60d', [codes.ALWAYS_OVERDUE]),
        ('every: week, on: sunday, at: "02:30"', [codes.CLOCK_CHANGE]),
        ('every: week, on: sunday, at: "02:30", spread: 20m', [codes.CLOCK_CHANGE]),
        ('every: year, on: last sunday of the tenth month, at: "02:15"', [codes.CLOCK_CHANGE]),
    ],
)  # fmt: skip
def test_where_a_rule_lies_is_said(entry: str, expected: list[str]) -> None:
    one = parsed(entry)
    found = warnings(one, rules(one, ["toy"], ()))

    assert [w.code for w in found] == expected
    assert all(w.severity == "warning" and w.span is not None for w in found)


def test_what_comes_twice_or_never_is_told_apart() -> None:
    one = parsed('every: year, on: last sunday of the tenth month, at: "02:15"')
    assert "comes twice" in warnings(one, rules(one, ["toy"], ()))[0].message
    one = parsed('every: year, on: last sunday of the third month, at: "02:15"')
    assert "does not exist" in warnings(one, rules(one, ["toy"], ()))[0].message


def test_a_schedule_knows_its_own_digest() -> None:
    assert re.fullmatch("[0-9a-f]{64}", parsed(QUARTERLY).sha256)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_schema_accepts_every_shipped_schedule(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(schedule_schema())
    jsonschema.validate(as_data(path.read_text()), schedule_schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [("owner: us", "owner: 5"), ("owner: us", "ownr: us"), ("every: quarter", "every: fortnight"),
     ("drill: d0.yaml", "drll: d0.yaml"), ("remind: [7d]", "remind: [7]")],
)  # fmt: skip
def test_the_schema_of_schedules_refuses_what_an_editor_can_see(old: str, new: str) -> None:
    sound = text(QUARTERLY, top="remind: [7d]")
    jsonschema.validate(as_data(sound), schedule_schema())

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_data(sound.replace(old, new)), schedule_schema())


def test_an_editor_shows_names_of_ours_for_the_shapes_of_a_schedule() -> None:
    schema = schedule_schema()

    assert schema["title"] == "A schedule of drills"
    titles = {shape["title"] for shape in schema["$defs"].values()}
    assert {"Days to avoid", "Scheduled drill"} <= titles
    for shape in [schema, *schema["$defs"].values()]:
        assert not any("title" in field for field in shape.get("properties", {}).values())


@pytest.mark.parametrize(
    "entry",
    [
        'cron: "0 1 */31 * 1#5", max_age: 9d',  # a fifth Monday that is the first or the 32nd
        'rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", at: "10:00", max_age: 9d',
    ],
)
def test_a_rule_that_can_be_read_and_never_comes_is_said_to_be_that(entry: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parsed(entry)

    assert [one.help for one in caught.value.diagnostics] == ["it never comes"]


def test_what_is_wrong_with_a_file_beside_it_is_said_at_its_place_in_the_schedule() -> None:
    found = parsed(QUARTERLY, QUARTERLY).refusal(
        codes.NO_DRILL, ("drills", 1, "drill"), "it is not there", "write it"
    )

    (one,) = found.diagnostics
    assert (one.code, one.message, one.help, one.file) == (
        codes.NO_DRILL, "it is not there", "write it", "toy.yaml",
    )  # fmt: skip
    assert one.span is not None
    line = text(QUARTERLY, QUARTERLY).splitlines()[one.span.line - 1]
    assert line[one.span.column - 1 :].startswith("d1.yaml")
