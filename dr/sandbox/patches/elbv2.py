"""Elastic Load Balancing: target health as the health checks see it.

AWS: a new target is `initial` until it passes a check, then `healthy`; after so many failed checks
in a row it is `unhealthy` (Target.Timeout), and after so many good ones `healthy` again.
moto: a running instance is healthy from its first moment, whatever happens to its subnet.
Still simplified: interval and thresholds come from the sandbox's Times, not from the target group
(whose shortest interval, 5 s, is no pace for a rehearsal); a check asks whether the instance is up
and its subnet lets traffic through, not what its application answers; deregistered targets do not
drain. `dr.sandbox.fleet` makes the checks.
Source: Elastic Load Balancing user guide, "Target health status".
"""

from typing import Any

from dr.sandbox.patches.patching import Patch, patch
from dr.sandbox.sim import Sim

_WORDS = {
    "initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
    "unhealthy": ("Target.Timeout", "Request timed out"),
}


def apply(sim: Sim) -> None:
    """Patch moto's load balancing."""
    from moto.elbv2.models import ELBv2Backend, FakeTargetGroup

    patch(sim, FakeTargetGroup, "health_for", _health)
    patch(sim, ELBv2Backend, "register_targets", _register)


def health_of(group: Any, instance: str) -> str:
    """Return the state the health checks have found: initial, healthy or unhealthy."""
    found = _book(group).get(instance)
    return found["state"] if found else "initial"


def note_check(group: Any, instance: str, *, passed: bool, threshold: int) -> None:
    """Take one health check's result into account."""
    entry = _book(group).setdefault(instance, {"state": "initial", "good": 0, "bad": 0})
    entry["good"] = entry["good"] + 1 if passed else 0
    entry["bad"] = 0 if passed else entry["bad"] + 1
    # One good check is enough for a new target; a known one needs as many as it took to lose it.
    if passed and (entry["state"] == "initial" or entry["good"] >= threshold):
        entry["state"] = "healthy"
    elif not passed and entry["state"] != "initial" and entry["bad"] >= threshold:
        entry["state"] = "unhealthy"


def forget(group: Any, keep: set[str]) -> None:
    """Drop what is known of targets that are gone."""
    book = _book(group)
    for instance in set(book) - keep:
        book.pop(instance, None)


def _book(group: Any) -> dict[str, Any]:
    if "_dr_health" not in group.__dict__:
        group._dr_health = {}
    book: dict[str, Any] = group._dr_health
    return book


def _register(
    sim: Sim, original: Patch, self: Any, target_group_arn: str, instances: list[Any]
) -> None:
    # An instance that was terminated in between is no reason to fail a whole group's registration.
    running = [
        target
        for target in instances
        if not str(target["Id"]).startswith("i-")
        or (found := self.ec2_backend.get_instance_by_id(target["Id"])) is None
        or found.state == "running"
    ]
    original(self, target_group_arn, running or instances)


def _health(sim: Sim, original: Patch, self: Any, target: dict[str, Any], ec2: Any) -> Any:
    from moto.elbv2.models import FakeHealthStatus

    said = original(self, target, ec2)
    if said.status != "healthy" or not str(target["Id"]).startswith("i-"):
        return said
    state = health_of(self, target["Id"])
    if state == "healthy":
        return said
    return FakeHealthStatus(
        said.instance_id, said.port, self.health_check_port, state, *_WORDS[state]
    )
