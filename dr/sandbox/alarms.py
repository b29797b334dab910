"""What alarms look at: measured all the time, made into data points, and judged each period."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dr.sandbox.backends import backend
from dr.sandbox.data.truth import now_us
from dr.sandbox.patches import elbv2
from dr.sandbox.patches.cloudwatch import verdict
from dr.sandbox.sim import REGIONS, Sim
from dr.sandbox.world import ELB_5XX, TARGET_5XX

_MINUTE_S = 60.0
_LOOKS = 5  # at what a metric measures, in a minute
_HOSTS = {"HealthyHostCount": "healthy", "UnHealthyHostCount": "unhealthy"}
_COUNTED = (TARGET_5XX, ELB_5XX)
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Maximum": max,
    "Minimum": min,
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "SampleCount": len,
}


@dataclass
class Watched:
    """One alarm: the period that is going on, and the data points of those before it."""

    ends: float
    points: deque[float | None]
    values: list[float] = field(default_factory=list)
    counted: int | None = None


def run(sim: Sim) -> None:
    """Look and judge until the sandbox goes down."""
    while not sim.stopping.wait(max(0.02, sim.times.alarm_minute / _LOOKS)):
        for region in REGIONS:
            try:
                look(sim, region)
            except Exception as error:  # noqa: BLE001 - the loop must outlive a bad turn
                sim.note("sandbox.error", f"alarms {region}", error=repr(error))


def look(sim: Sim, region: str) -> None:
    """Look once at what each alarm of a Region is about; judge those whose period is over."""
    for alarm in list(backend("cloudwatch", region).alarms.values()):
        if alarm.metric_name not in {*_HOSTS, *_COUNTED} or alarm.statistic not in _STATISTICS:
            continue
        period_s = float(alarm.period) / _MINUTE_S * sim.times.alarm_minute
        if "_dr_watched" not in alarm.__dict__:
            points = deque[float | None](maxlen=int(alarm.evaluation_periods))
            alarm._dr_watched = Watched(sim.now() + period_s, points)
        watched: Watched = alarm._dr_watched
        watched.values += _measured(sim, region, alarm, watched)
        if sim.now() >= watched.ends:
            watched.ends = sim.now() + period_s
            _judge(sim, region, alarm, watched)


def _measured(sim: Sim, region: str, alarm: Any, watched: Watched) -> list[float]:
    """Return what the metric measures now; nothing where AWS would report nothing."""
    about = {dimension.name: dimension.value for dimension in alarm.dimensions}
    if alarm.metric_name in _HOSTS:
        states = _states(region, about.get("TargetGroup", ""))
        counts = _HOSTS[alarm.metric_name]
        return [] if states is None else [float(states.count(counts))]
    if not _balancer(region, about.get("LoadBalancer", "")):
        return []
    total = sim.traffic.total(region, alarm.metric_name)
    new = total - (total if watched.counted is None else watched.counted)
    watched.counted = total
    # These metrics are reported only where they are not zero.
    return [new * _MINUTE_S / sim.times.alarm_minute] if new else []


def _judge(sim: Sim, region: str, alarm: Any, watched: Watched) -> None:
    point = _STATISTICS[alarm.statistic](watched.values) if watched.values else None
    watched.values = []
    watched.points.append(point)
    state = verdict(alarm, watched.points)
    if state is None or state == alarm.state_value:
        return
    was, before_us = alarm.state_value, now_us()
    alarm.update_state(f"The last data points were {list(watched.points)}.", "{}", state)
    facts = {"region": region, "state": state, "was": was, "not_before_us": before_us}
    sim.note("alarm.changed", alarm.name, **facts)


def _states(region: str, suffix: str) -> list[str] | None:
    """Return the health of each target of the group whose ARN ends so; None: no such group."""
    for group in list(backend("elbv2", region).target_groups.values()):
        if suffix and str(group.arn).endswith(f":{suffix}"):
            return [elbv2.health_of(group, str(target)) for target in list(group.targets)]
    return None


def _balancer(region: str, suffix: str) -> bool:
    """Say whether there is a load balancer whose ARN ends so."""
    balancers = list(backend("elbv2", region).load_balancers)
    return bool(suffix) and any(str(arn).endswith(f"/{suffix}") for arn in balancers)
