"""Ask the load balancer how many targets of a group it takes for healthy.

Only where no data plane can be reached from the runner: it repeats what the provider says, and a
figure made of it alone is at best inconclusive, unless the objective accepts that beforehand.

Units:   counts of targets.
Errors:  none. A call that fails is `unknown`.
Limits:  a load balancer changes its mind after several health checks of its own, so that both
         edges of an outage are late. An empty group is down.
Source:  Elastic Load Balancing API Reference (2015-12-01), DescribeTargetHealth.
Example: {id: targets, kind: aws.elb.target_health, every: 1s,
          with: {target_group: "arn:aws:elasticloadbalancing:...", at_least: 1}}
"""

from typing import ClassVar

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.reading import State
from dr.ports import Asking, Reading
from dr.probes.provider import ProviderProbe


class ElbTargetHealthParams(Record):
    """Parameters of aws.elb.target_health."""

    target_group: str = Field(min_length=1, description="ARN of the target group.")
    at_least: int = Field(default=1, ge=1, description="So many healthy targets are up.")


class ElbTargetHealth(ProviderProbe):
    """See the module."""

    kind: ClassVar[str] = "aws.elb.target_health"
    needs: ClassVar[tuple[str, ...]] = ("elasticloadbalancing:DescribeTargetHealth",)
    params: ClassVar[type[Record]] = ElbTargetHealthParams

    def __init__(self, params: Json, asking: Asking) -> None:
        """Take the parameters; open nothing."""
        self._told = ElbTargetHealthParams.model_validate(params, strict=False)
        self._reach(asking)

    def _look(self) -> Reading:
        found = self._aws.elbv2.describe_target_health(TargetGroupArn=self._told.target_group)
        states = [
            one.get("TargetHealth", {}).get("State") for one in found["TargetHealthDescriptions"]
        ]
        healthy = states.count("healthy")
        if healthy >= self._told.at_least:
            return Reading(State.UP)
        return Reading(State.DOWN, f"{healthy} of {len(states)} targets are healthy")
