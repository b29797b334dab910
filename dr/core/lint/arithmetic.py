"""Rules that add up: what a drill must take at least, against what it may take."""

from collections.abc import Iterator
from typing import Final

from dr.core.lint.restores import RESTORES
from dr.core.lint.view import Remark, View, wait_of
from dr.core.scopes import after_within
from dr.model.drill import Phase, RecoveryTime, Step
from dr.model.gates import APPROVE
from dr.model.units import SECOND_US, Duration

PROPAGATION: Final = Duration(60 * SECOND_US)
"""Within so long Route 53 usually has a change on all of its name servers."""

ALIAS_TTL: Final = Duration(60 * SECOND_US)
"""Time to live of an alias to a load balancer, which nobody can change."""

FASTEST_CHECK: Final = Duration(10 * SECOND_US)
"""The shortest interval of a Route 53 health check; the usual one is 30 s, three times."""

RECORDS: Final = ("route53:ChangeResourceRecordSets",)
HEALTH: Final = ("route53:UpdateHealthCheck",)
_COUNTS: Final = ("threshold", "failure_threshold")

USUAL: Final = {
    "rds:RebootDBInstance": (60, "the failover of a Multi-AZ instance usually takes 60 to 120 s"),
    "rds:FailoverDBCluster": (
        30,
        "the failover of a cluster usually takes up to 60 s, at best some 30 s",
    ),
    "rds:PromoteReadReplica": (60, "promoting a replica reboots it, and takes some minutes"),
    "dynamodb:RestoreTableToPointInTime": (
        600,
        "restoring a table takes minutes to hours, by its size",
    ),
    "dynamodb:RestoreTableFromBackup": (
        600,
        "restoring a table takes minutes to hours, by its size",
    ),
    "rds:RestoreDBInstanceFromDBSnapshot": (
        300,
        "a new instance takes many minutes, by its size more",
    ),
    "rds:RestoreDBInstanceToPointInTime": (
        300,
        "a new instance takes many minutes, by its size more",
    ),
    "arc-zonal-shift:StartZonalShift": (60, "a zonal shift usually takes up to some minutes"),
}
"""Call → below how many seconds we take a target for bold, and what AWS says of the call."""


def waits_exceed_rto(view: View) -> Iterator[Remark]:
    """Remark on waits written into the drill that are already longer than the recovery may take."""
    rto = view.drill.objectives.rto
    if rto is None or rto.clock == "declared":
        return
    least = _longest(view.drill.recover)
    if least > rto.target:
        yield Remark(
            ("objectives", "rto", "target"),
            f"the waits of `recover` alone take {Duration(least)}, and the target is {rto.target}",
            "cannot be met",
        )


def approval_exceeds_rto(view: View) -> Iterator[Remark]:
    """Remark on an approval that may take as long as the target, on a clock that counts it."""
    rto = view.drill.objectives.rto
    if rto is None or rto.clock == "declared":
        return
    for one in view.of(Phase.RECOVER):
        if one.step.kind == APPROVE and one.step.within >= rto.target:
            yield Remark(
                (*one.path, "within") if view.written((*one.path, "within")) else one.path,
                f"{one.name} may take {one.step.within}, and counts: the target is {rto.target}",
                f"the clock starts with the {rto.clock}",
                "shorten `within`, or judge by `clock: declared`",
            )


def names_exceed_rto(view: View) -> Iterator[Remark]:
    """Remark on names that take longer than the target: propagation or checks, and TTL."""
    rto = view.drill.objectives.rto
    if rto is None:
        return
    for one in view.acting(Phase.DISRUPT, Phase.RECOVER):
        if one.any_of(HEALTH):
            least, made_of = _by_health(one.step)
        elif one.any_of(RECORDS) and one.phase is Phase.RECOVER:
            ttl = _given(one.step, "ttl") or ALIAS_TTL
            least = Duration(PROPAGATION + ttl)
            made_of = f"{PROPAGATION} until all name servers know, and a TTL of {ttl}"
        else:
            continue
        if least > rto.target:
            yield _too_slow(rto, one.name, least, made_of)


def guard_too_tight(view: View) -> Iterator[Remark]:
    """Remark on a guard that stops the run before its objective can be missed, or even met."""
    rto = view.drill.objectives.rto
    if rto is None:
        return
    for index, guard in enumerate(view.drill.guards):
        field = "down_for" if guard.down_for is not None else "deadline"
        limit = guard.down_for if guard.down_for is not None else guard.deadline
        of_probe = guard.probe in {None, rto.probe}
        if limit is not None and of_probe and limit <= rto.target:
            yield Remark(
                ("guards", index, field),
                f"this guard stops the run after {limit}, and the target is {rto.target}",
                "a late recovery would be aborted, not failed",
                "give it longer than the target",
            )


def faster_than_usual(view: View) -> Iterator[Remark]:
    """Remark on a target shorter than what AWS says that a call usually takes."""
    rto = view.drill.objectives.rto
    if rto is None:
        return
    for one in view.acting(Phase.DISRUPT, Phase.RECOVER):
        for call, (seconds, said) in USUAL.items():
            if one.any_of([call]) and rto.target < seconds * SECOND_US:
                message = f"{one.name}: {said}, and the target is {rto.target}"
                yield Remark(("objectives", "rto", "target"), message, "a bold target")


def deadline_by_default(view: View) -> Iterator[Remark]:
    """Remark on a restore with the deadline of any step."""
    for one in view.acting(Phase.RECOVER):
        if one.any_of(RESTORES) and not view.written((*one.path, "within")):
            message = f"{one.name} has the default deadline of {one.step.within}"
            help_ = "say how long a restore of this size may take: `within: 60m`"
            yield Remark((*one.path, "kind"), message, "restores take longer", help_)


def _longest(steps: tuple[Step, ...]) -> int:
    """Return the length of the longest chain of waits."""
    ends: dict[str, int] = {}
    waits = after_within(steps)
    todo = list(steps)
    while todo:  # steps may be written before those they wait for; there is no circle
        ready = [step for step in todo if all(name in ends for name in waits[step.id])]
        for step in ready:
            ends[step.id] = wait_of(step) + max((ends[n] for n in waits[step.id]), default=0)
        todo = [step for step in todo if step.id not in ends]
    return max(ends.values(), default=0)


def _by_health(step: Step) -> tuple[Duration, str]:
    """Return how long health checks and TTL take at least, and how that is made up."""
    interval = _given(step, "interval", "request_interval") or FASTEST_CHECK
    counts = (step.with_.get(name) for name in _COUNTS)
    times = next((count for count in counts if type(count) is int and count > 0), 1)
    ttl = _given(step, "ttl") or ALIAS_TTL
    made_of = f"{times} checks every {interval}, and a TTL of {ttl}"
    return Duration(times * interval + ttl), made_of


def _given(step: Step, *names: str) -> Duration | None:
    """Return the first of these parameters that is a length: text with a unit, or seconds."""
    for name in names:
        value = step.with_.get(name)
        if type(value) is int and value > 0:
            return Duration(value * SECOND_US)
        if isinstance(value, str):
            try:
                return Duration.parse(value)
            except ValueError:
                continue  # a reference, whose value is not known here
    return None


def _too_slow(rto: RecoveryTime, name: str, least: Duration, made_of: str) -> Remark:
    return Remark(
        ("objectives", "rto", "target"),
        f"after {name} clients may take {least} to follow, and the target is {rto.target}",
        made_of,
        "raise the target, shorten the TTL, or move traffic without names",
    )
