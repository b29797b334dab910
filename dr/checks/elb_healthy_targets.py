"""Hold when a target group has enough healthy targets.

Units:   counts of targets.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 0: the load balancer says so, by its own health checks. A group without any target
         never holds. Zones are not told apart.
Source:  Elastic Load Balancing API Reference (2015-12-01), DescribeTargetHealth.
Example: {id: capacity, kind: aws.elb.healthy_targets,
          with: {target_group: "arn:aws:elasticloadbalancing:...", at_least: 2}}
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.ports import Check, Outcome

HEALTHY = "healthy"


class Params(Record):
    target_group: str = Field(min_length=1, description="ARN of the target group.")
    at_least: int = Field(ge=1, description="How many targets must be healthy.")


class Seen(Record):
    states: dict[str, str] = Field(description="Target (id:port) → state and, if any, reason.")


class ElbHealthyTargets(Check[Aws, Params, Seen]):
    """Count the healthy targets."""

    kind = "aws.elb.healthy_targets"
    hand = Aws
    needs = ("elasticloadbalancing:DescribeTargetHealth",)
    params = Params
    seen = Seen

    def observe(self, hand: Aws, params: Params) -> Seen:
        found = hand.elbv2.describe_target_health(TargetGroupArn=params.target_group)
        states = {}
        for one in found["TargetHealthDescriptions"]:
            target, health = one.get("Target"), one.get("TargetHealth", {})
            name = f"{target['Id']}:{target.get('Port', '')}" if target else "unknown"
            reason = health.get("Reason")
            states[name] = health.get("State", "unknown") + (f" ({reason})" if reason else "")
        return Seen(states=states)

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        healthy = sum(state == HEALTHY for state in seen.states.values())
        others = [f"{name} {state}" for name, state in seen.states.items() if state != HEALTHY]
        why = f"{healthy} of {len(seen.states)} targets are healthy, {params.at_least} wanted"
        return Outcome(
            holds=healthy >= params.at_least,
            why=f"{why}: {', '.join(sorted(others))}" if others else why,
            compared=len(seen.states),
            level=0,
        )
