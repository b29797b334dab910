"""Hold when a database instance is available, and set up so that it can be relied on.

With `like`, it must have the security groups and the subnet group of another instance: a restored
one that nobody can connect to is "available", too.

Units:   none.
Errors:  none of its own; what botocore says, translated by the engine.
Limits:  Level 0: the API says so. Whether users can write again is for a probe.
Source:  Amazon RDS API Reference, DescribeDBInstances; Amazon RDS User Guide, "Restoring to a DB
         instance" (a restored instance gets the default security group).
Example: {id: instance, kind: aws.rds.instance, within: 20m,
          with: {instance: orders-ledger, multi_az: true}}
"""

from pydantic import Field

from dr.cloud import rds_instances as instances
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.ports import Check, Outcome


class Params(Record):
    instance: str = Field(min_length=1, description="Identifier of the instance.")
    multi_az: bool = Field(default=False, description="Whether it must have a standby by now.")
    like: str | None = Field(
        default=None,
        min_length=1,
        description="Instance whose security groups and subnet group it must have.",
    )


class Seen(Record):
    instance: instances.Instance | None = Field(description="The instance, if it is there.")
    like: instances.Instance | None = Field(description="The one it must be like, if it is there.")


class RdsInstance(Check[Aws, Params, Seen]):
    """Look at an instance."""

    kind = "aws.rds.instance"
    hand = Aws
    needs = instances.LOOK
    params = Params
    seen = Seen

    def observe(self, hand: Aws, params: Params) -> Seen:
        found = {one.id: one for one in instances.every(hand)}
        return Seen(
            instance=found.get(params.instance),
            like=found.get(params.like) if params.like is not None else None,
        )

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        wrong = _wrong(params, seen)
        return Outcome(
            holds=wrong is None,
            why=f"instance {params.instance}: {wrong or 'available, and as it must be'}",
            compared=int(seen.instance is not None),
        )


def _wrong(params: Params, seen: Seen) -> str | None:
    """Say what is wrong with the instance; None: nothing."""
    now = seen.instance
    if now is None:
        return "does not exist"
    if now.status != instances.AVAILABLE:
        return now.status
    if params.multi_az and now.standby_zone is None:
        return "has no standby"
    return None if params.like is None else _unlike(now, params.like, seen.like)


def _unlike(now: instances.Instance, name: str, like: instances.Instance | None) -> str | None:
    if like is None:
        return f"there is no {name} to compare it with"
    for what, mine, theirs in (
        ("security groups", now.settings.security_groups, like.settings.security_groups),
        ("subnet group", (now.settings.subnet_group,), (like.settings.subnet_group,)),
    ):
        if mine != theirs:
            return f"{what} {', '.join(mine)}, {name} has {', '.join(theirs)}"
    return None
