"""Journal and raw files → result."""

import pytest

from dr.core.conclude import Raw, conclude
from dr.model import event as ev
from dr.model.drill import Phase
from dr.model.event import Data
from dr.model.plan import StepClass
from tests.build import a_plan, a_step, some_marks
from tests.unit.event_builders import (
    adopted,
    events,
    intended,
    kept,
    requested,
    returning,
    settled,
)

READ = a_step("dr-read-orders", Phase.VERIFY, klass=StepClass.CHECK)
PLAN = a_plan(a_step("x"), READ, marks=(some_marks(),))
RUN: tuple[Data, ...] = (adopted(), intended("x"), requested("x"), settled("x"))


def findings(*data: Data) -> dict[str, str]:
    done = conclude(PLAN, events(*data), Raw(), frozenset())
    return {finding.code: finding.text for finding in done.result.findings}


def test_the_closing_event_changes_no_figure() -> None:
    before = events(*RUN, returning())
    after = events(*RUN, returning(), ev.RunClosed(ending="completed", left=()))

    assert conclude(PLAN, before, Raw(), frozenset()) == conclude(PLAN, after, Raw(), frozenset())


def test_the_story_of_a_run_is_told_to_its_closing() -> None:
    told = events(*RUN, returning(), ev.RunClosed(ending="completed", left=()))

    assert conclude(PLAN, told, Raw(), frozenset()).story(told) == tuple(told)


def test_what_the_journal_says_beside_the_figures_becomes_findings() -> None:
    drifted = settled("dr-read-orders", seen={"drifted": True}, facts={"why": "two changes"})
    warning = ev.WarningRaised(code="inbox", text="turned down")

    said = findings(*RUN, drifted, warning, kept("x", irreversible=True))

    assert said["E501"] == "x cannot be put back: so"
    assert said["E502"] == "turned down"
    assert said["E503"] == "dr-read-orders: two changes"


def test_what_the_next_apply_would_do_is_a_finding() -> None:
    would = ["destroy aws_rds_cluster.this", *(f"change aws_route53_record.r{n}" for n in range(9))]

    said = findings(*RUN, settled("dr-read-orders", seen={"would": would}))

    assert said["E504"].startswith("the next `terraform apply` would destroy aws_rds_cluster.this,")
    assert " and 2 more: read its plan" in said["E504"]
    assert "E504" not in findings(*RUN, settled("dr-read-orders", seen={"would": []}))


def test_a_run_without_oddities_has_none_of_these_findings() -> None:
    assert not {"E501", "E502", "E503", "E504"} & set(findings(*RUN, kept("x")))


@pytest.mark.parametrize(("read", "looked"), [((), False), ((settled("dr-read-orders"),), True)])
def test_marks_that_nobody_read_back_are_not_lost(read: tuple[Data, ...], *, looked: bool) -> None:
    done = conclude(PLAN, events(*RUN, *read), Raw(), frozenset())

    assert [marks.read_back for marks in done.result.marks] == [looked]


def test_marks_without_a_step_that_reads_them_were_not_looked_at() -> None:
    plan = a_plan(a_step("x"), marks=(some_marks(),))
    done = conclude(plan, events(*RUN), Raw(), frozenset())

    assert [marks.read_back for marks in done.result.marks] == [False]
