"""The plan, the clock and the observations of the runs that the report tests render.

The clock is CLOCK_BOOTTIME in microseconds; stories are told in seconds after the fault.
"""

from datetime import UTC, datetime, timedelta

from dr.model.audited import Participant
from dr.model.base import Json
from dr.model.brakes import BlastRadius, Guard
from dr.model.drill import (
    MarksSpec,
    Objectives,
    Phase,
    ProbeSpec,
    RecoveryPoint,
    RecoveryTime,
    Site,
)
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.progress import Doubt
from dr.model.reading import Mark, MarkState, Sample, State
from dr.model.units import Duration

S = 1_000_000
BASE = 50_000 * S  # boot time of the fault's lower bound
LEAD = 30 * S  # the run began so long before
NOON = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)
RUN = "orders-zone-loss-0007"


def at(seconds: float) -> int:
    """Return the boot time so many seconds after the fault."""
    return BASE + round(seconds * S)


def rfc3339(at_us: int) -> str:
    """Return the wall-clock text of a boot time."""
    moment = NOON + timedelta(microseconds=at_us - BASE + LEAD)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def step(
    id_: str,
    phase: Phase,
    kind: str,
    klass: StepClass = StepClass.ACTION,
    *,
    params: Json | None = None,
    prompt: str | None = None,
    after: tuple[str, ...] = (),
) -> PlannedStep:
    return PlannedStep(
        id=id_,
        phase=phase,
        klass=klass,
        kind=kind,
        site=None if klass is StepClass.GATE else "primary",
        within=Duration(300 * S),
        after=after,
        params=params or {},
        needs=(),
        doubt=Doubt.CONVERGENT if klass is StepClass.ACTION else None,
        reversible=True,
        prompt=prompt,
    )


def plan(*, simulated: bool = False, exclusions: tuple[str, ...] = ()) -> Plan:
    return Plan(
        drill="orders-zone-loss",
        title="Orders survives the loss of one availability zone",
        service="orders",
        owner="team-orders",
        scenario="zone-loss",
        why="BIA-2026 #14: loss of a zone is severe but plausible",
        environment="production",
        definition_sha256="5f" * 32,
        sites={"primary": Site(account="123456789012", region="us-east-1", role="dr-drill")},
        terraform={},
        objectives=Objectives(
            rto=RecoveryTime(target=Duration(180 * S), probe="storefront", source="BIA-2026 v3"),
            rpo=RecoveryPoint(target=Duration(5 * S), marks="orders"),
        ),
        blast_radius=BlastRadius(
            accounts=("123456789012",),
            regions=("us-east-1",),
            changes=4,
            require_tag={"dr-drill": "allowed"},
        ),
        probes=(
            ProbeSpec(id="storefront", kind="http.get", every=Duration(S // 2)),
            ProbeSpec(id="checkout-api", kind="http.get", every=Duration(S)),
            ProbeSpec(id="control", kind="http.get", every=Duration(S), control=True),
        ),
        marks=(MarksSpec(id="orders", kind="dynamodb.marks", every=Duration(S // 2)),),
        guards=(
            Guard(probe="storefront", down_for=Duration(300 * S)),
            Guard(alarm="payments-error-rate", site="primary"),
        ),
        steps=(
            step("dark-zone", Phase.DISRUPT, "aws.ec2.zone_blackhole"),
            step(
                "go",
                Phase.RECOVER,
                "human.approve",
                StepClass.GATE,
                prompt="Zone 1 is dark. Evacuate?",
            ),
            step("evacuate", Phase.RECOVER, "aws.asg.leave_zone", after=("go",)),
            step("capacity", Phase.VERIFY, "aws.elb.healthy_targets", StepClass.CHECK),
        ),
        undo=True,
        allow_unattended=False,
        simulated=simulated,
        exclusions=exclusions,
        scope="Order intake, its fleet and its database; critical, class 1 of the BIA",
        participants=(
            Participant(role="operator", name="maria@example.com", team="team-orders"),
            Participant(role="approver", name="jonas", team="operations"),
            Participant(role="observer", name="Grace Hopper", team="audit", independent=True),
        ),
        success_conditions=("Orders can be placed while the zone is dark",),
    )


def samples(
    down: tuple[float, float] | None, end: float, unknown: tuple[float, float] | None = None
) -> tuple[Sample, ...]:
    """Return the samples of the three probes; down and unknown are in seconds after the fault."""
    found = []
    for probe, every, offset in (
        ("storefront", 0.5, 0.13),
        ("checkout-api", 1.0, 0.41),
        ("control", 1.0, 0.77),
    ):
        for number in range(int((end + 28) / every)):
            due = -28 + number * every + offset
            state, took, why = State.UP, 0.04, ""
            if down and probe != "control" and down[0] <= due < down[1]:
                state, took, why = State.DOWN, 0.9, "connect: timed out"
            if unknown and probe != "control" and unknown[0] <= due < unknown[1]:
                state, why = State.UNKNOWN, "the control probe was down"
            if unknown and probe == "control" and unknown[0] <= due < unknown[1]:
                state, why = State.DOWN, "connect: refused"
            found.append(
                Sample(probe, number, at(due), at(due + 0.002), at(due + took), state, why)
            )
    return tuple(sorted(found, key=lambda s: s.sent_us))


def marks(
    down: tuple[float, float] | None, end: float, lost: tuple[float, float] | None
) -> tuple[tuple[Mark, ...], dict[str, dict[int, int]]]:
    """Return the writes of the marks, and which are found again."""
    written, found = [], {}
    for number in range(int((end + 28) / 0.5)):
        sent = -28 + number * 0.5 + 0.2
        state, why = MarkState.ACKED, ""
        if down and down[0] <= sent < down[1]:
            state, why = MarkState.INDETERMINATE, "timed out"
        written.append(Mark("orders", number, at(sent), at(sent + 0.03), state, why))
        if state is MarkState.ACKED and not (lost and lost[0] <= sent < lost[1]):
            found[number] = 1
    return tuple(written), {"orders": found}
