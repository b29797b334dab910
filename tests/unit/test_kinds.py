"""What planning says of a kind that cannot be used, is not there, or cannot do what is asked."""

from typing import NoReturn

import pytest
from pydantic import Field

from dr.core import codes
from dr.core.kinds import BrokenKind, Kinds, ProbeKind
from dr.core.planning import plan
from dr.model.base import Record
from dr.model.errors import DefinitionError
from tests.unit.planning_kinds import KINDS, UrlParams, line_of, parsed, planned, problems


def unusable() -> NoReturn:
    raise BrokenKind("its package `acme-dr` needs a newer Python")


@pytest.mark.parametrize(
    ("kinds", "piece", "kind"),
    [
        (Kinds({**KINDS.steps, "aws.look": unusable}, KINDS.probes, KINDS.marks),
         "id: looking", "aws.look"),
        (Kinds(KINDS.steps, {**KINDS.probes, "http.get": unusable}, KINDS.marks),
         "id: shop", "http.get"),
        (Kinds(KINDS.steps, KINDS.probes, {**KINDS.marks, "http.marks": unusable}),
         "id: orders, kind", "http.marks"),
    ],
)  # fmt: skip
def test_a_kind_that_is_there_and_cannot_be_used_says_why_and_is_not_called_unknown(
    kinds: Kinds, piece: str, kind: str
) -> None:
    with pytest.raises(DefinitionError) as raised:
        plan(parsed(), kinds)
    first = raised.value.diagnostics[0]

    assert {one.code for one in raised.value.diagnostics} == {codes.BROKEN_KIND}
    assert first.message == (
        f"the kind `{kind}` cannot be used: its package `acme-dr` needs a newer Python"
    )
    assert first.span is not None
    assert line_of(piece) <= first.span.line <= line_of(piece) + 1


class FromParams(Record):
    url: str
    from_: str | None = Field(default=None, alias="from")


@pytest.mark.parametrize(
    ("params", "found"),
    [(FromParams, []), (UrlParams, [(codes.UNKNOWN_FIELD, line_of("id: control"))])],
)
def test_a_probe_is_asked_from_addresses_of_choice_where_its_kind_has_such_a_parameter(
    params: type[Record], found: list[tuple[str, int]]
) -> None:
    kinds = Kinds(
        KINDS.steps, {**KINDS.probes, "tcp": lambda: ProbeKind("tcp", params)}, KINDS.marks
    )
    old = "control, kind: http.get, every: 1s,"
    new = "control, kind: tcp, every: 1s, vantages: [127.0.0.2],"

    assert problems(lambda: plan(parsed(old, new), kinds)) == found


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("control, kind: http.get", "control, kind: http.gte", "did you mean `http.get`?"),
        ("orders, kind: http.marks", "orders, kind: http.mark", "did you mean `http.marks`?"),
        ("looking, kind: aws.look", "looking, kind: aws.lok", "did you mean `aws.look`?"),
        ("control, kind: http.get", "control, kind: zzz", "`dr probes` lists the kinds"),
        ("looking, kind: aws.look", "looking, kind: zzz", "`dr actions` lists the kinds"),
    ],
)
def test_a_kind_that_is_not_there_is_answered_with_the_nearest_or_with_where_to_look(
    old: str, new: str, meant: str
) -> None:
    with pytest.raises(DefinitionError) as raised:
        planned(old, new)
    (one,) = raised.value.diagnostics

    assert one.code == codes.UNKNOWN_KIND
    assert meant in one.help
