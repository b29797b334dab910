"""What goes on by itself: health checks of load balancers, and groups that move to their zones."""

from collections import Counter
from typing import Any

from dr.sandbox.backends import backend
from dr.sandbox.patches import elbv2
from dr.sandbox.patches.autoscaling import subnets, suspended
from dr.sandbox.plane import subnet_dark
from dr.sandbox.sim import REGIONS, Sim


def run(sim: Sim) -> None:
    """Check and move every health interval until the sandbox goes down."""
    while not sim.stopping.wait(max(0.05, sim.times.health_interval)):
        for region in REGIONS:
            try:
                check_targets(sim, region)
                settle_groups(sim, region)
            except Exception as error:  # noqa: BLE001 - the loop must outlive a bad turn
                sim.note("sandbox.error", f"fleet {region}", error=repr(error))


def check_targets(sim: Sim, region: str) -> None:
    """Make one health check of every registered instance."""
    for group in list(backend("elbv2", region).target_groups.values()):
        _drop_terminated(region, group)
        ids = [str(target) for target in list(group.targets)]
        elbv2.forget(group, set(ids))
        for instance in (i for i in ids if i.startswith("i-")):
            before = elbv2.health_of(group, instance)
            elbv2.note_check(
                group,
                instance,
                passed=_answers(sim, region, instance),
                threshold=sim.times.health_threshold,
            )
            after = elbv2.health_of(group, instance)
            if after != before:
                sim.note(f"target.{after}", instance, group=group.name, region=region)


def _drop_terminated(region: str, group: Any) -> None:
    """Deregister targets that no longer exist; moto leaves those a group has let go of."""
    instances = {i: backend("ec2", region).get_instance_by_id(i) for i in list(group.targets)}
    gone = [
        i
        for i, found in instances.items()
        if i.startswith("i-") and (found is None or found.state == "terminated")
    ]
    if gone:
        group.deregister_terminated_instances(gone)


def _answers(sim: Sim, region: str, instance_id: str) -> bool:
    instance = backend("ec2", region).get_instance_by_id(instance_id)
    if instance is None or instance.state != "running":
        return False
    if _starting(sim, region, instance_id):
        return False
    return not subnet_dark(region, str(instance.subnet_id))


def _starting(sim: Sim, region: str, instance_id: str) -> bool:
    for group in backend("autoscaling", region).autoscaling_groups.values():
        for state in group.instance_states:
            if state.instance.id == instance_id:
                return bool(sim.now() < state._dr_ready_at)
    return False


def settle_groups(sim: Sim, region: str) -> None:
    """Bring every group one step nearer to its capacity, in the zones it is allowed."""
    groups = backend("autoscaling", region).autoscaling_groups
    for group in list(groups.values()):
        with sim.lock:
            if group.name in groups and subnets(group):
                _settle(sim, group)


def _settle(sim: Sim, group: Any) -> None:
    allowed = subnets(group)
    states = list(group.instance_states)
    inside = [s for s in states if s.instance.subnet_id in allowed]
    if suspended(group, "AZRebalance"):
        inside = states  # what is outside stays, and counts
    outside = [s for s in states if s not in inside]
    missing = (group.desired_capacity or 0) - len(inside)
    pending = any(s.lifecycle_state == "Pending" for s in states)
    if missing > 0:
        _launch(sim, group, missing)
    elif pending or suspended(group, "Terminate"):
        return  # nothing is taken away before its replacement serves
    elif outside:
        _terminate(sim, group, outside)
    elif missing < 0:
        _terminate(sim, group, _most_crowded(inside)[:-missing])
    elif not suspended(group, "AZRebalance") and _uneven(inside, allowed):
        _launch(sim, group, 1)


def _uneven(states: list[Any], allowed: list[str]) -> bool:
    used = Counter(s.instance.subnet_id for s in states)
    counts = [used[subnet] for subnet in allowed]
    return max(counts) - min(counts) > 1


def _most_crowded(states: list[Any]) -> list[Any]:
    used = Counter(s.instance.subnet_id for s in states)
    return sorted(states, key=lambda s: (-used[s.instance.subnet_id], s._dr_ready_at))


def _launch(sim: Sim, group: Any, count: int) -> None:
    if suspended(group, "Launch"):
        return
    before = {s.instance_id for s in group.instance_states}
    group.replace_autoscaling_group_instances(count, group.get_propagated_tags())
    group.autoscaling_backend.update_attached_target_groups(group.name)
    for state in group.instance_states:
        if state.instance_id not in before:
            sim.note(
                "instance.launched",
                state.instance_id,
                group=group.name,
                zone=state.availability_zone,
            )


def _terminate(sim: Sim, group: Any, states: list[Any]) -> None:
    # Out of the group first, or moto would replace each of them at once; and out of the rotation
    # before they end, as on AWS, so that no request is sent to what is no longer there.
    group.instance_states = [s for s in group.instance_states if s not in states]
    for targets in list(backend("elbv2", group.region).target_groups.values()):
        targets.deregister_terminated_instances([s.instance_id for s in states])
    group.ec2_backend.terminate_instances([s.instance_id for s in states])
    for state in states:
        sim.note(
            "instance.terminated", state.instance_id, group=group.name, zone=state.availability_zone
        )
