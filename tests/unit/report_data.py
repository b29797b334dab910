"""Realistic runs to render: one that passed, and the ways in which one may not.

Samples and marks follow the story (what was down, when), so that strips, figures and words agree.
"""

from dataclasses import dataclass, replace

from dr.model import event as ev
from dr.model.event import Event, Way
from dr.model.plan import Plan
from dr.model.progress import Progress, World
from dr.model.reading import Mark, Sample
from dr.model.result import (
    Result,
)
from dr.model.verdict import Finding, Severity, Verdict
from dr.report.facts import NOTHING_LATER, Later
from dr.report.page import page
from dr.report.parts import Digests, Page
from tests.unit.report_results import good_marks, ms, outage, phases, result, rpo, rto
from tests.unit.report_story import DARK, LEAVE, Story, close, completed
from tests.unit.report_world import at, marks, plan, rfc3339, samples


@dataclass(frozen=True)
class Material:
    """One run, as the report is handed it."""

    plan: Plan
    result: Result
    events: tuple[Event, ...]
    samples: tuple[Sample, ...]
    marks: tuple[Mark, ...]
    found: dict[str, dict[int, int]]

    def page(self, later: Later = NOTHING_LATER) -> Page:
        return page(
            self.plan,
            self.result,
            self.events,
            self.samples,
            self.marks,
            found=self.found,
            later=later,
            digests=Digests("0c119234" * 8, "52f52785" * 8, len(self.events), "9d3e01aa" * 8),
        )


RECOVERED = (147.52, 151.51)
LOST_NOTHING = (
    "No acknowledged write was lost; the newest survivor was sent 0.7 s before the fault."
)


def passed(*, simulated: bool = False) -> Material:
    """Return a run in which everything went well."""
    end = 240.0
    written, found = marks((0.9, 148), 180, None)
    met = "The storefront was back within 2 min 31.6 s of the fault, of the 3 min allowed."
    base = result(
        Verdict.PASS,
        [rto(Verdict.PASS, ms(*RECOVERED), met), rpo(Verdict.PASS, ms(0, 0.64), LOST_NOTHING)],
        end,
    )
    return Material(
        plan(simulated=simulated, exclusions=("The mail gateway is stubbed.",)),
        base.model_copy(
            update={
                "simulated": simulated,
                "phases": phases(RECOVERED, end),
                "outages": (
                    outage("storefront", (240, 295, 0), ms(0.6, 2.1), ms(*RECOVERED)),
                    outage("checkout-api", (120, 148, 0), ms(0.4, 2.3), ms(147.41, 151.45)),
                    outage("control", (268, 0, 0), None, None, control=True),
                ),
                "marks": (good_marks(),),
                "findings": (
                    Finding(
                        code="slow-decision",
                        severity=Severity.INFO,
                        text="The decision took 40 % of the recovery time.",
                        about="go",
                    ),
                ),
            }
        ),
        completed(simulated=simulated, end=end),
        samples((0.9, 148), 238),
        written,
        found,
    )


def missed() -> Material:
    """Return a run that was too slow, and lost data."""
    run = passed()
    late = ms(221.3, 225.1)
    written, found = marks((0.9, 222), 230, (-9.5, 0.9))
    slow = (
        "The storefront took at least 3 min 41.3 s to come back; 3 min are allowed. The targets "
        "in zone use1-az2 took 74 s to pass their health checks."
    )
    gone = (
        "19 acknowledged writes were lost; the recovery point lies 9.2 to 9.7 s before the fault."
    )
    return replace(
        run,
        events=completed(simulated=False, end=310, verified=248),
        samples=samples((0.9, 222), 308),
        marks=written,
        found=found,
        result=run.result.model_copy(
            update={
                "verdict": Verdict.FAIL,
                "ended": rfc3339(at(310)),
                "objectives": (
                    rto(Verdict.FAIL, late, slow),
                    rpo(Verdict.FAIL, ms(9.2, 9.7), gone),
                ),
                "phases": phases((221.3, 225.1), 310, 248),
                "outages": (
                    outage("storefront", (216, 441, 0), ms(0.6, 2.1), late),
                    outage("checkout-api", (108, 221, 0), ms(0.4, 2.3), ms(221.1, 225.0)),
                    outage("control", (328, 0, 0), None, None, control=True),
                ),
                "marks": (good_marks(19, ms(9.2, 9.7)),),
                "findings": (
                    Finding(
                        code="rto-missed", severity=Severity.ERROR, text=slow, about="storefront"
                    ),
                    Finding(code="writes-lost", severity=Severity.ERROR, text=gone, about="orders"),
                    Finding(
                        code="drift",
                        severity=Severity.WARNING,
                        text="Terraform would now change 2 resources that the drill did not touch: "
                        "aws_autoscaling_group.web, aws_lb_target_group.web.",
                    ),
                ),
            }
        ),
    )


def unsure() -> Material:
    """Return a run whose runner was blind when it mattered."""
    run = passed(simulated=True)
    wide = ms(140.2, 193.4)
    why = (
        "The interval is 53.2 s wide and straddles the target: the control probe was down, so "
        "nothing is known of the time between. Cure: probe from a second place."
    )
    return replace(
        run,
        samples=samples((0.9, 141), 238, unknown=(141, 192)),
        result=run.result.model_copy(
            update={
                "verdict": Verdict.INCONCLUSIVE,
                "objectives": (
                    rto(Verdict.INCONCLUSIVE, wide, why),
                    rpo(Verdict.PASS, ms(0, 0.64), LOST_NOTHING),
                ),
                "outages": (
                    outage("storefront", (138, 281, 102), ms(0.6, 2.1), wide),
                    outage("control", (217, 51, 0), None, None, control=True),
                ),
                "phases": phases((140.2, 193.4), 240),
                "findings": (
                    Finding(
                        code="blind",
                        severity=Severity.WARNING,
                        text="The control probe was down for 51 s; the samples of the others count "
                        "as unknown.",
                        about="control",
                    ),
                ),
            }
        ),
    )


def aborted() -> Material:
    """Return a run that a guard stopped, and that put everything back."""
    end = 420.0
    story = Story()
    story.begin()
    story.act("dark-zone", DARK, (0, 1.9), Way.FORWARD)
    story.tell(4, ev.GateOpened(step="go", prompt="Zone 1 is dark. Evacuate?"))
    story.tell(120, ev.NoteAdded(who="jonas@example.com", text="Nobody answers on the bridge."))
    story.tell(
        301,
        ev.GuardTripped(guard="storefront down for 5m", why="storefront has been down for 300 s"),
    )
    story.tell(301.2, ev.ReturnBegan(why="guard storefront down for 5m"))
    story.act("dark-zone", DARK, (301.5, 305), Way.UNDO)
    close(story, end, ending="stopped")
    written, found = marks((0.9, 305), 380, None)
    why = "The run was stopped before the service had recovered."
    base = result(
        Verdict.ABORTED,
        [
            rto(Verdict.ABORTED, ms(301.0, None), why),
            rpo(Verdict.ABORTED, None, "The marks were not read back."),
        ],
        end,
    )
    return Material(
        plan(),
        base.model_copy(
            update={
                "outages": (
                    outage("storefront", (280, 610, 0), ms(0.6, 2.1), None),
                    outage("control", (446, 0, 0), None, None, control=True),
                ),
                "findings": (
                    Finding(
                        code="guard-tripped",
                        severity=Severity.ERROR,
                        text="The guard stopped the run after 301 s without a decision.",
                        about="go",
                    ),
                ),
            }
        ),
        tuple(story.events),
        samples((0.9, 305), 418),
        written,
        found,
    )


def left_dirty() -> Material:
    """Return a run that met its targets, but whose way back failed."""
    run = passed()
    events = [e for e in run.events if e.mono_us < at(181)]
    story = Story()
    story.events = events
    forbidden = (
        "AccessDenied: User arn:aws:sts::123456789012:assumed-role/dr-drill/orders-zone-loss-0007 "
        "is not authorized to perform: autoscaling:UpdateAutoScalingGroup on resource: "
        "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:"
        "5c1e3b0a-9f57-4b35-a1b4-1a2b3c4d5e6f:autoScalingGroupName/orders-web"
    )
    story.tell(
        181,
        ev.StepIntended(
            step="evacuate",
            way=Way.UNDO,
            params={},
            change={"group": "orders-web", "from": LEAVE["to"], "to": LEAVE["from"]},
            undo=None,
            token="u" * 32,
        ),
    )
    story.tell(182, ev.StepDoubted(step="evacuate", way=Way.UNDO, why="the reply was lost"))
    story.tell(
        183,
        ev.StepReconciled(step="evacuate", way=Way.UNDO, progress=Progress.UNTOUCHED, repeat=True),
    )
    story.tell(
        184,
        ev.StepFailed(step="evacuate", way=Way.UNDO, world=World.FAILED, message=forbidden),
    )
    story.act("dark-zone", DARK, (205, 207.5), Way.UNDO)
    left = (
        (
            "evacuate: orders-web still runs in use1-az2 and use1-az4 only; put use1-az1 back with "
            "`aws autoscaling update-auto-scaling-group --auto-scaling-group-name orders-web "
            "--vpc-zone-identifier subnet-0aaa1111bbbb2222c,subnet-0ddd3333eeee4444f`"
        ),
    )
    close(story, 240, left=left)
    return replace(
        run,
        events=tuple(story.events),
        result=run.result.model_copy(update={"left": left}),
    )


ALL = {
    "pass": passed,
    "simulated": lambda: passed(simulated=True),
    "fail": missed,
    "inconclusive": unsure,
    "aborted": aborted,
    "dirty": left_dirty,
}
