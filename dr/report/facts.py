"""What is true of a run, by the names that the control map uses; and if not, what is missing.

A fact is held to be true only where the evidence shows it. What comes after the run (review,
actions, lessons) is true once it lies in the bundle; at the end of a run it never does yet.

Limits: `issues` and `lessons` follow from what was said of the findings (`dr findings`); whether an
action was any good is for people to judge. A run without a finding has nothing to act upon and
supports neither. No step of ours checks security controls, so `security_checks` is never true.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dr.core.fold import Run, Status
from dr.core.own_steps import STEADY_AGAIN_ID
from dr.model import event as ev
from dr.model.drill import Phase
from dr.model.event import Event
from dr.model.plan import Plan, StepClass
from dr.model.result import Result
from dr.model.tracked import FindingState, TrackedFinding
from dr.model.verdict import Verdict
from dr.report.people import Person

_JUDGED = frozenset({Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE})
_TAKEOVERS = frozenset({"failover", "switchover", "zone-loss", "region-loss"})
_MARKS, _CONTENT = 3, 4  # levels of verification

Told = dict[str, tuple[bool, str]]
"""Whether a fact holds, and what is missing if it does not."""


@dataclass(frozen=True, slots=True)
class Later:
    """What was added to a bundle after its seal."""

    approved_with: str = ""  # fingerprint of a second key that has signed the seal
    addenda: tuple[str, ...] = ()  # their titles
    findings: tuple[TrackedFinding, ...] = ()  # of a sealed run, as they stand


NOTHING_LATER = Later()


def facts(
    result: Result,
    run: Run,
    events: Sequence[Event],
    people: tuple[Person, ...],
    later: Later = NOTHING_LATER,
) -> Mapping[str, str]:
    """Return every fact: "" where it holds, else what is missing."""
    told = {
        **_of_the_plan(run.plan),
        **_of_the_people(people, later),
        **_of_the_outcome(result, events),
        **_of_the_recovery(result, run),
        **_of_the_return(result, run),
        "trend": (False, "one run shows no trend"),
        "security_checks": (False, "no step checks security controls"),
        "approved_before": (_approved(run), "nobody approved it before the disruption"),
    }
    return {name: "" if holds else why for name, (holds, why) in told.items()}


def _of_the_plan(plan: Plan) -> Told:
    given = [o for o in (plan.objectives.rto, plan.objectives.rpo) if o is not None]
    return {
        "scope": (bool(plan.scope), "the drill states no scope"),
        "rationale": (bool(plan.why), "the drill does not say why this scenario"),
        "objectives": (bool(given), "the drill has no objective"),
        "source": (
            bool(given) and all(o.source for o in given),
            "an objective does not say where its target comes from",
        ),
        "restore_drill": (plan.scenario == "backup-restore", "it was no restore from a backup"),
        "takeover_drill": (plan.scenario in _TAKEOVERS, "no other capacity was to take over"),
        "infrastructure": (
            bool(plan.terraform),
            "the infrastructure under test is not recorded (the drill has no terraform)",
        ),
    }


def _of_the_people(people: tuple[Person, ...], later: Later) -> Told:
    planned = [p for p in people if p.planned]
    return {
        "participation": (bool(planned), "the drill names no participants"),
        "independent": (
            any(p.independent and p.did for p in planned),
            "nobody who was planned as independent is seen in the journal",
        ),
        "review": (bool(later.approved_with), "nobody has approved the sealed run yet (dr sign)"),
        "issues": _issues(later.findings),
        "lessons": (
            any(not one.code or one.state is FindingState.CLOSED for one in later.findings),
            "nobody has closed a finding, or added one of their own, yet (dr findings)",
        ),
    }


def _issues(findings: tuple[TrackedFinding, ...]) -> tuple[bool, str]:
    """Say whether every finding that somebody owes something has an end, or a way to one."""
    owed = [one for one in findings if one.state is not FindingState.NOTED]
    bare = [
        one.id
        for one in owed
        if one.state is FindingState.OPEN and not (one.action and one.owner and one.due)
    ]
    which = f"{', '.join(bare[:3])}{' and more' if bare[3:] else ''}" if bare else "no finding"
    verb = "without" if bare else "with"
    return (
        bool(owed) and not bare,
        f"{which} {verb} an action, its owner and its day yet (dr findings set)",
    )


def _of_the_outcome(result: Result, events: Sequence[Event]) -> Told:
    met = {o.metric for o in result.objectives if o.verdict is Verdict.PASS}
    asked = any(
        call.request_id
        for event in events
        if isinstance(event.data, ev.StepRequested)
        for call in event.data.calls
    )
    return {
        "outcome": (
            result.verdict in _JUDGED and bool(result.objectives),
            f"the verdict is {result.verdict.value}, which says nothing of the objectives"
            if result.objectives
            else "no objective was judged",
        ),
        "rto_met": ("rto" in met, "that the recovery time objective was met is not shown"),
        "rpo_met": ("rpo" in met, "that the recovery point objective was met is not shown"),
        "timeline": (bool(events and result.outages), "no probe watched the run"),
        "request_ids": (asked, "no request id of the provider was recorded"),
    }


def _of_the_recovery(result: Result, run: Run) -> Told:
    levels = [one.level for one in result.levels]
    marks = any(m.read_back and m.acked_before_fault and not m.phantoms for m in result.marks)
    back = any(o.recovery is not None and not o.control for o in result.outages)
    return {
        "integrity": (
            marks or any(level >= _MARKS for level in levels),
            "neither marks nor content were compared after the recovery",
        ),
        "content": (
            any(level >= _CONTENT for level in levels),
            "the content was not compared after the recovery",
        ),
        "alternate": (back, "the service was not seen to come back on other capacity"),
        "ran_there": (
            back and run.returning_us is not None,
            "it is not known how long the service ran on other capacity",
        ),
        "second_site": (_elsewhere(run), "no step of the recovery settled at a second site"),
    }


def _of_the_return(result: Result, run: Run) -> Told:
    way = run.undo if run.plan.undo else run.forward
    steps = [s for s in run.plan.steps if run.plan.undo or s.phase is Phase.RETURN]
    put_back = any(
        s.klass is StepClass.ACTION and s.id in way and way[s.id].status is Status.SETTLED
        for s in steps
    )
    again = run.forward.get(STEADY_AGAIN_ID)
    for_good = any(state.irreversible is not None for state in run.undo.values())
    missing = "something cannot be put back" if for_good else "nothing was put back"
    missing = "something is left changed" if result.left else missing
    return {
        "returned": (put_back and not for_good and not result.left, missing),
        "steady_again": (
            again is not None and again.status is Status.SETTLED,
            "the steady state was not seen again after the return",
        ),
    }


def _approved(run: Run) -> bool:
    if run.fault is None:
        return False
    return any(
        s.decision is not None
        and s.decision.answer == "approve"
        and s.settled is not None
        and s.settled[1] <= run.fault[0]
        for s in run.forward.values()
    )


def _elsewhere(run: Run) -> bool:
    struck = {s.site for s in run.plan.of_phase(Phase.DISRUPT) if s.site is not None}
    recovering = (*run.plan.of_phase(Phase.RECOVER), *run.plan.of_phase(Phase.VERIFY))
    return any(
        s.site not in {None, *struck} and run.forward[s.id].status is Status.SETTLED
        for s in recovering
    )
