"""EC2 instances that a crashed run has built and left, found by their tags.

The service may be served by one by now: one that a target group sends requests to is held.

Errors:  what `remove` meets: Failed, Unclear, Forbidden, through botocore.
Limits:  what was written to its disks goes with it. Who else may use it (an address, a name) is not
         looked for.
Source:  Amazon EC2 API Reference, DescribeInstances, TerminateInstances; Elastic Load Balancing API
         Reference (2015-12-01), DescribeTargetGroups, DescribeTargetHealth.
"""

from functools import partial
from typing import Final

from dr.cloud import ec2_instances
from dr.cloud.aws import Aws
from dr.cloud.leftover import Leftover, moment
from dr.model.intent import EXPIRES_TAG, RUN_TAG

KIND: Final = "server"


def find(aws: Aws) -> list[Leftover]:
    """Find every instance in a Region that a run made."""
    found = [i for i in ec2_instances.made_by_runs(aws) if i.state not in ec2_instances.ENDING]
    used = _registered(aws) if found else {}
    return [
        Leftover(
            kind=KIND,
            id=one.id,
            run=one.tags[RUN_TAG],
            expires=moment(one.tags.get(EXPIRES_TAG)),
            does="terminates the instance, with what was written to its disks",
            remove=partial(_remove, aws, one.id),
            held=f"it is in use: target group {used[one.id]} names it" if one.id in used else "",
        )
        for one in found
    ]


def _registered(aws: Aws) -> dict[str, str]:
    """Return the target groups of the Region by the targets they have."""
    client = aws.elbv2
    groups = [
        group
        for page in client.get_paginator("describe_target_groups").paginate()
        for group in page["TargetGroups"]
    ]
    return {
        one["Target"]["Id"]: group.get("TargetGroupName", "")
        for group in groups
        for one in client.describe_target_health(TargetGroupArn=group.get("TargetGroupArn", ""))[
            "TargetHealthDescriptions"
        ]
        if "Target" in one
    }


def _remove(aws: Aws, instance: str) -> None:
    aws.acting_hand().ec2.terminate_instances(InstanceIds=[instance])
