"""Putting Terraform's outputs, and later what the run knows, in place of references."""

import pytest

from dr.core import codes
from dr.core.kinds import Kinds
from dr.core.planning import bind, late
from dr.core.templates import parts, plain
from dr.model.base import Json
from dr.model.errors import Refused
from tests.unit.planning_kinds import KINDS, OUTPUTS, line_of, parsed, planned, problems


def test_outputs_are_put_in_place_and_the_used_ones_are_kept() -> None:
    bound = bind(planned(), OUTPUTS, KINDS)
    assert bound.step("breaking").params == {"target": "orders"}
    assert bound.probes[0].with_ == {"url": "https://shop.example/health"}
    assert bound.probes[0].negative == {"url": "https://shop.example/none"}
    assert bound.marks[0].with_ == {"url": "https://shop.example/marks"}
    assert bound.terraform == {"estate": {"url": "https://shop.example", "name": "orders"}}
    assert bound.step("looking").params == {"table": "${steps.copying.copy}"}


COPIES = ('/marks"}}', '/marks"}, copies: [{url: "${terraform.estate.url}/copy"}, {%s}]}')


def test_the_places_of_copies_of_marks_are_bound_and_judged_like_the_first() -> None:
    old, new = COPIES
    made = bind(planned(old, new % "url: far"), OUTPUTS, KINDS)
    assert made.marks[0].copies == ({"url": "https://shop.example/copy"}, {"url": "far"})

    line = line_of("id: orders, kind")
    assert problems(lambda: planned(old, new % "urls: far")) == [(codes.UNKNOWN_FIELD, line)]
    late_one = 'url: "${steps.copying.copy}"'
    assert problems(lambda: planned(old, new % late_one)) == [(codes.REFERENCE_PLACE, line)]
    wrong = 'url: "${terraform.estate.list}"'
    found = problems(
        lambda: bind(planned(old, new % wrong), OUTPUTS, KINDS, parsed=parsed(old, new % wrong))
    )
    assert found == [(codes.WRONG_TYPE, line)]


def test_a_whole_reference_stands_for_a_value_of_any_type() -> None:
    made = planned("{target: orders}", '{target: orders, count: "${terraform.estate.count}"}')
    assert bind(made, OUTPUTS, KINDS).step("copying").params["count"] == 3


def test_the_types_are_judged_once_the_values_are_known() -> None:
    old, new = "{target: orders}", '{target: orders, count: "${terraform.estate.url}"}'
    found = problems(lambda: bind(planned(old, new), OUTPUTS, KINDS, parsed=parsed(old, new)))
    assert found == [(codes.WRONG_TYPE, line_of("id: copying"))]


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("nam", codes.MISSING_OUTPUT),
        ("none", codes.OUTPUT_TYPE),
        ("fraction", codes.OUTPUT_TYPE),
        ("list}-${run.id", codes.OUTPUT_TYPE),
        ("dollar}${run.id", codes.OUTPUT_TYPE),
    ],
)
def test_an_output_that_is_missing_or_unusable_is_refused_at_its_place(
    output: str, code: str
) -> None:
    old, new = "${terraform.estate.name}", f"${{terraform.estate.{output}}}"
    found = problems(lambda: bind(planned(old, new), OUTPUTS, KINDS, parsed=parsed(old, new)))
    assert found == [(code, line_of("id: breaking"))]


def test_a_missing_output_names_those_there_are() -> None:
    made = planned("${terraform.estate.name}", "${terraform.estate.nam}")
    with pytest.raises(Exception, match="no output `nam`") as caught:
        bind(made, OUTPUTS, KINDS)
    assert "did you mean `name`?" in caught.value.diagnostics[0].help  # type: ignore[attr-defined]
    assert "`url`" in caught.value.diagnostics[0].help  # type: ignore[attr-defined]


def test_a_configuration_without_any_output_is_refused() -> None:
    assert {code for code, _ in problems(lambda: bind(planned(), {}, KINDS))} == {
        codes.MISSING_OUTPUT
    }


def test_the_alarm_of_a_guard_is_bound_too() -> None:
    guards = 'guards: [{alarm: "${terraform.estate.%s}"}, {deadline: 1h}]\ndisrupt:'
    bound = bind(planned("disrupt:", guards % "name"), OUTPUTS, KINDS)
    assert bound.guards[0].alarm == "orders"
    found = problems(lambda: bind(planned("disrupt:", guards % "list"), OUTPUTS, KINDS))
    assert [code for code, _ in found] == [codes.OUTPUT_TYPE]


def test_marks_are_bound_where_they_are_read() -> None:
    read = 'with: {url: x}, read: {url: "${terraform.estate.url}"}}'
    made = planned('with: {url: "${terraform.estate.url}/marks"}}', read)
    assert bind(made, OUTPUTS, KINDS).marks[0].read == {"url": "https://shop.example"}


def test_lists_and_objects_inside_parameters_are_bound() -> None:
    made = planned()
    step = made.step("dr-steady").model_copy(
        update={"params": {"probes": ["${terraform.estate.name}"], "ups": 3}}
    )
    bound = bind(made.model_copy(update={"steps": (step,)}), OUTPUTS, KINDS)
    assert bound.steps[0].params == {"probes": ["orders"], "ups": 3}
    made = planned("{target: orders}", '{target: a, tags: {a-b: "${terraform.estate.name}"}}')
    assert bind(made, OUTPUTS, KINDS).step("copying").params["tags"] == {"a-b": "orders"}


def test_a_kind_that_has_gone_since_planning_is_refused() -> None:
    found = problems(lambda: bind(planned(), OUTPUTS, Kinds({}, {}, {})))
    assert {code for code, _ in found} == {codes.UNKNOWN_KIND}


def test_an_output_that_looks_like_a_reference_stays_text() -> None:
    made = planned("target: orders", 'target: orders, tags: {a: "${terraform.estate.tricky}"}')
    params = bind(made, OUTPUTS, KINDS).step("copying").params
    assert params["tags"] == {"a": "$${run.id}"}
    assert late(params, "run-7", None, {})["tags"] == {"a": "${run.id}"}


def test_an_object_that_holds_references_stays_what_it_is() -> None:
    made = planned("target: orders", 'target: orders, tags: "${terraform.estate.tags}"')
    params = bind(made, OUTPUTS, KINDS).step("copying").params
    assert late(params, "run-7", None, {})["tags"] == {"a": "${fault.at}"}


def test_what_only_the_run_knows_is_filled_in_late() -> None:
    params: Json = {
        "name": "${run.id}-x",
        "at": "${fault.at}",
        "copy": "${steps.copying.copy}",
        "list": ["${run.id}", 1, "$${run.id}"],
        "number": 4,
    }
    assert late(params, "run-7", "2026-11-20T09:00:00Z", {"copying": {"copy": {"a": 1}}}) == {
        "name": "run-7-x",
        "at": "2026-11-20T09:00:00Z",
        "copy": {"a": 1},
        "list": ["run-7", 1, "${run.id}"],
        "number": 4,
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${fault.at}", "nothing has been disrupted"),
        ("${terraform.estate.name}", "never bound"),
        ("${steps.gone.copy}", "has changed nothing"),
        ("${steps.copying.other}", "that step has `copy`"),
        ("${steps.copying.empty}", "not known"),
        ("${steps.bare.copy}", "has nothing"),
        ("x${steps.copying.copy}", "cannot stand inside a text"),
    ],
)
def test_what_is_not_known_is_refused(text: str, why: str) -> None:
    changes: dict[str, Json] = {"copying": {"copy": [1], "empty": None}, "bare": {}}
    with pytest.raises(Refused, match=why):
        late({"a": text}, "run-7", None, changes)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("", ""), ("a", "a"), ("$", "$"), ("$$", "$$"), ("$${x}", "${x}"), ("$$${x}", "$${x}")],
)
def test_dollars_that_begin_no_reference_are_themselves(text: str, meant: str) -> None:
    assert parts(text) == [meant]
    assert plain(text) == meant
