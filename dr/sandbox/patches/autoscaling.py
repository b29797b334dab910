"""Auto Scaling: instances in every zone, launches that take time, suspended processes that hold.

AWS: a group spreads its instances over its subnets' zones; an instance is Pending until it is up.
When a subnet is taken away, replacements are launched in the remaining ones first, and the
instances left behind are terminated once those are in service; when one is added, the group
rebalances. A suspended Launch, Terminate or AZRebalance does not happen.
moto: puts every instance into the first subnet, at once; moves none; records suspensions only.
Still simplified: no health replacement (ReplaceUnhealthy), no lifecycle hooks, warm pools, cooldown
or scaling activities; one instance per zone is moved at a time; a group's first instances are
launched within the call that creates it. `dr.sandbox.fleet` does the moving.
Source: Amazon EC2 Auto Scaling user guide, "Availability Zone distribution", "Suspend processes".
"""

from collections import Counter
from typing import Any

from dr.sandbox.patches.patching import Patch, patch
from dr.sandbox.sim import Sim


def apply(sim: Sim) -> None:
    """Patch moto's Auto Scaling."""
    from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState

    patch(sim, FakeAutoScalingGroup, "replace_autoscaling_group_instances", _launch)
    patch(sim, FakeAutoScalingGroup, "set_desired_capacity", _set_desired)
    patch(sim, FakeAutoScalingGroup, "active_instances", _active)
    patch(sim, AutoScalingBackend, "notify_terminate_instances", _terminated)
    patch(sim, InstanceState, "__init__", _state)

    def lifecycle(self: Any) -> str:
        if self._dr_lifecycle == "InService" and sim.now() < self._dr_ready_at:
            return "Pending"
        return str(self._dr_lifecycle)

    def set_lifecycle(self: Any, value: str) -> None:
        self._dr_lifecycle = value

    InstanceState.lifecycle_state = property(lifecycle, set_lifecycle)  # type: ignore[assignment]


def suspended(group: Any, process: str) -> bool:
    """Say whether a process of the group is suspended."""
    return process in group._suspended_processes


def subnets(group: Any) -> list[str]:
    """Return the subnets in which the group may launch."""
    return [part.strip() for part in (group.vpc_zone_identifier or "").split(",") if part.strip()]


def _state(sim: Sim, original: Patch, self: Any, *args: Any, **kwargs: Any) -> None:
    self._dr_ready_at = sim.now() + sim.times.launch
    original(self, *args, **kwargs)


def _active(sim: Sim, original: Patch, self: Any) -> list[Any]:
    # Pending instances count, or a second look at the capacity would launch them again.
    return [s for s in self.instance_states if s._dr_lifecycle == "InService"]


def _launch(
    sim: Sim, original: Patch, self: Any, count_needed: int, propagated_tags: dict[str, str]
) -> None:
    """Launch one by one, each in the subnet that has fewest."""
    if suspended(self, "Launch"):
        return
    allowed = subnets(self)
    with sim.lock:
        if not allowed:
            original(self, count_needed, propagated_tags)
            return
        before = self.vpc_zone_identifier, self.availability_zones
        try:
            for _ in range(count_needed):
                used = Counter(state.instance.subnet_id for state in self.instance_states)
                chosen = min(allowed, key=lambda subnet: (used[subnet], allowed.index(subnet)))
                self.vpc_zone_identifier = chosen
                self.availability_zones = [self.ec2_backend.get_subnet(chosen).availability_zone]
                original(self, 1, dict(propagated_tags))
        finally:
            self.vpc_zone_identifier, self.availability_zones = before


def _set_desired(sim: Sim, original: Patch, self: Any, new_capacity: int | None) -> None:
    with sim.lock:
        wanted = self.min_size if new_capacity is None else new_capacity
        shrinking = wanted < len(self.active_instances())
        if shrinking and suspended(self, "Terminate"):
            self.desired_capacity = wanted
            return
        if shrinking:  # AWS takes the zone that has most; moto takes the first of the list
            self.instance_states = _crowded_first(self.instance_states)
        original(self, new_capacity)
        # moto loses the order on the way, and with it any reproducible choice.
        self.instance_states.sort(key=lambda state: state._dr_ready_at)


def _crowded_first(states: list[Any]) -> list[Any]:
    remaining = list(states)
    ordered: list[Any] = []
    while remaining:
        used = Counter(state.availability_zone for state in remaining)
        chosen = max(remaining, key=lambda state: used[state.availability_zone])
        remaining.remove(chosen)
        ordered.append(chosen)
    return ordered


def _terminated(sim: Sim, original: Patch, self: Any, instance_ids: list[str]) -> None:
    original(self, instance_ids)
    for name in self.autoscaling_groups:
        self.update_attached_target_groups(name)
