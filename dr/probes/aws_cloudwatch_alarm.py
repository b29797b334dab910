"""Ask CloudWatch for the state of one alarm: OK is up, ALARM is down.

Under `detect:` the first ALARM is the detection. As the probe of an objective it is
provider-reported: an alarm looks at a metric, periods late, and never at the user's path.

Units:   none; the observer keeps the time. CloudWatch's own moment of the transition is kept with
         the sample, to the second.
Errors:  none. An alarm that cannot be read, or does not exist, is `unknown`.
Limits:  DescribeAlarms is throttled at 9 requests a second per account and Region; an alarm
         changes at most every 10 s, so that asking more often than every second is of no use.
Source:  Amazon CloudWatch API Reference, DescribeAlarms (StateValue, StateTransitionedTimestamp);
         CloudWatch service quotas.
Example: {id: alarm, kind: aws.cloudwatch.alarm, every: 2s, with: {alarm: orders-5xx}}
"""

from typing import ClassVar, Literal

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Reading
from dr.probes.provider import ProviderProbe

_MEANS = {"quiet": State.UP, "firing": State.DOWN, "unknown": State.UNKNOWN}


class CloudwatchAlarmParams(Record):
    """Parameters of aws.cloudwatch.alarm."""

    alarm: str = Field(min_length=1, max_length=255, description="Name of the alarm.")
    insufficient_data: Literal["quiet", "firing", "unknown"] = Field(
        default="quiet", description="What INSUFFICIENT_DATA is taken for."
    )


class CloudwatchAlarm(ProviderProbe):
    """See the module."""

    kind: ClassVar[str] = "aws.cloudwatch.alarm"
    needs: ClassVar[tuple[str, ...]] = ("cloudwatch:DescribeAlarms",)
    params: ClassVar[type[Record]] = CloudwatchAlarmParams

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; open nothing."""
        self._told = CloudwatchAlarmParams.model_validate(params, strict=False)
        self._reach(asking)

    def _look(self) -> Reading:
        name = self._told.alarm
        found = self._aws.cloudwatch.describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
        if not alarms:
            return Reading(State.UNKNOWN, f"there is no alarm {name}")
        value = alarms[0].get("StateValue", "INSUFFICIENT_DATA")
        if value == "OK":
            return Reading(State.UP)
        if value != "ALARM":
            return Reading(_MEANS[self._told.insufficient_data], value)
        at = alarms[0].get("StateTransitionedTimestamp") or alarms[0].get("StateUpdatedTimestamp")
        return Reading(State.DOWN, "" if at is None else f"since {at:%Y-%m-%dT%H:%M:%S%z} to 1 s")
