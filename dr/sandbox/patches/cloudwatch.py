"""CloudWatch: alarms that follow what really goes on, with their history.

AWS: an alarm begins as INSUFFICIENT_DATA. Each period its metric's values become one data point;
with M of the last N breaching it is in ALARM, with fewer OK, and what a missing point counts as is
the alarm's own setting. StateTransitionedTimestamp tells when the state changed, and
DescribeAlarmHistory each change. Whatever SetAlarmState sets lasts until the next evaluation.
moto: an alarm is OK from its creation on, changes by SetAlarmState only, and has no history.
Still simplified: evaluated are alarms on UnHealthyHostCount and HealthyHostCount of a target
group, and on HTTPCode_Target_5XX_Count and HTTPCode_ELB_5XX_Count of a load balancer; all others
(other metrics, metric math, anomalies, composites) stay as they are set. A minute is as long as
Times.alarm_minute says, and sums are scaled up to it: an alarm fires at the rate at which it would
on AWS. A request that hangs is not counted (AWS: a 504 when the idle timeout is over), an alarm
that is put again begins anew (AWS: keeps its state), there is no delay of metrics, and none of the
points before the last N that AWS looks at when some are missing.
Source: Amazon CloudWatch user guide, "Using Amazon CloudWatch alarms", "Evaluating an alarm",
"Configuring how CloudWatch alarms treat missing data"; API reference, DescribeAlarmHistory.
"""

import json
from collections.abc import Sequence
from operator import ge, gt, le, lt
from typing import Any

from dr.sandbox.patches.patching import Patch, patch
from dr.sandbox.sim import Sim

INITIAL = "INSUFFICIENT_DATA"
_BREACHES = {
    "GreaterThanThreshold": gt,
    "GreaterThanOrEqualToThreshold": ge,
    "LessThanThreshold": lt,
    "LessThanOrEqualToThreshold": le,
}
_MISSING = {"breaching": True, "notBreaching": False}


def apply(sim: Sim) -> None:
    """Patch moto's CloudWatch."""
    from moto.cloudwatch.models import Alarm
    from moto.cloudwatch.responses import CloudWatchResponse

    patch(sim, Alarm, "__init__", _created)
    patch(sim, Alarm, "update_state", _updated)
    CloudWatchResponse.describe_alarm_history = _history  # type: ignore[attr-defined]


def verdict(alarm: Any, points: Sequence[float | None]) -> str | None:
    """Return the state that the last N data points mean, None: as it is. Pure; None: missing."""
    breaches = _BREACHES.get(alarm.comparison_operator)
    if breaches is None:
        return None
    wanted = int(alarm.datapoints_to_alarm or alarm.evaluation_periods)
    treat = alarm.treat_missing_data or "missing"
    known = [breaches(point, float(alarm.threshold)) for point in points if point is not None]
    missing = len(points) - len(known)
    if sum(known) + (missing if _MISSING.get(treat) else 0) >= wanted:
        return "ALARM"
    if treat in _MISSING or known:
        return "OK" if treat != "ignore" or not missing else None
    return None if treat == "ignore" else INITIAL


def _created(sim: Sim, original: Patch, self: Any, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    self.state_value = INITIAL
    self.state_transitioned_timestamp = self.state_updated_timestamp
    self._dr_history = []
    _note(self, "ConfigurationUpdate", f'Alarm "{self.name}" created', {"type": "Create"})


def _updated(
    sim: Sim, original: Patch, self: Any, reason: str, reason_data: str, state_value: str
) -> None:
    was = self.state_value
    original(self, reason, reason_data, state_value)
    if was == state_value:
        return
    self.state_transitioned_timestamp = self.state_updated_timestamp
    change = {
        "oldState": {"stateValue": was},
        "newState": {"stateValue": state_value, "stateReason": reason},
    }
    _note(self, "StateUpdate", f"Alarm updated from {was} to {state_value}", change)


def _note(alarm: Any, what: str, summary: str, data: dict[str, Any]) -> None:
    alarm._dr_history.append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "MetricAlarm" if alarm.rule is None else "CompositeAlarm",
            "Timestamp": alarm.state_updated_timestamp,
            "HistoryItemType": what,
            "HistorySummary": summary,
            "HistoryData": json.dumps({"version": "1.0", **data}),
        }
    )


def _history(self: Any) -> Any:
    """Answer DescribeAlarmHistory, the newest first unless asked otherwise; never in pages."""
    from moto.core.responses import ActionResult

    name, what = self._get_param("AlarmName"), self._get_param("HistoryItemType")
    alarms = self.cloudwatch_backend.alarms
    items = [
        item
        for alarm in list(alarms.values())
        if name in (None, alarm.name)
        for item in alarm._dr_history
        if what in (None, item["HistoryItemType"])
    ]
    oldest_first = self._get_param("ScanBy") == "TimestampAscending"
    items.sort(key=lambda item: item["Timestamp"], reverse=not oldest_first)
    return ActionResult({"AlarmHistoryItems": items[: self._get_param("MaxRecords", 100)]})
