"""What an auditor of a framework will miss in a drill, and where it belongs."""

import re

import pytest

from dr.cli import definition, frame
from dr.cli.exit_codes import Exit
from dr.core.parse import parse
from dr.core.profiles import FIELDS, PROFILES, missed
from tests.unit.planning_kinds import ROOT

BARE = (ROOT / "drills" / "rds-failover.yaml").read_text()
AUDITED = re.compile(
    r"^(scope|exclusions|participants|success_conditions):.*\n(?:  - .*\n)*", re.MULTILINE
)


def without(text: str) -> str:
    """Return a drill without what is there for auditors."""
    return AUDITED.sub("", text).replace(', source: "BIA-2026 #3"', "")


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_field_that_a_framework_asks_for_is_missed_when_it_is_not_there(profile: str) -> None:
    there = {d.message for d in missed(parse(BARE, "a.yaml"), profile)}
    found = {d.message for d in missed(parse(without(BARE), "a.yaml"), profile)}
    asked = {"scope", "exclusions", "participants", "independent", "success_conditions", "source"}
    assert len(found - there) == len(asked & set(PROFILES[profile]))
    for field in set(PROFILES[profile]) & asked:
        assert any(FIELDS[field][1] in text for text in found)


def test_what_is_missing_is_shown_at_the_objective_it_belongs_to() -> None:
    text = without(BARE)
    (one,) = [d for d in missed(parse(text, "a.yaml"), "dora") if "`source`" in d.message]
    assert one.span is not None
    assert text.split("\n")[one.span.line - 1].startswith("  rto:")


def test_a_drill_that_asks_nobody_beforehand_is_not_approved() -> None:
    asks = BARE.replace(
        "disrupt:\n", 'disrupt:\n  - {id: go, kind: human.approve, prompt: "Now?"}\n'
    )
    assert len(missed(parse(BARE, "a.yaml"), "iso27001")) == 1
    assert missed(parse(asks, "a.yaml"), "iso27001") == ()


def test_every_field_is_asked_for_by_some_framework_and_every_framework_can_be_named() -> None:
    assert set(FIELDS) == {field for fields in PROFILES.values() for field in fields}
    assert set(definition.PROFILES) == set(PROFILES)


def test_the_command_says_what_is_missing_and_leaves_with_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = str(ROOT / "drills" / "rds-failover.yaml")
    assert frame.run(["validate", "--profile", "dora", file]) == Exit.PASS
    assert frame.run(["validate", "--profile", "iso27001", file]) == Exit.USAGE
    assert "A.5.30 asks for a step `human.approve`" in capsys.readouterr().err


def test_a_reference_in_a_field_for_people_is_refused() -> None:
    from dr.cli.catalogue import kinds
    from dr.core.checking import check
    from dr.model.errors import DefinitionError

    text = BARE.replace("role: operator", 'role: "${run.id}"')
    with pytest.raises(DefinitionError, match="no references are filled in here"):
        check(parse(text, "a.yaml"), kinds())
