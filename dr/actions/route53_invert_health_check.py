"""Fail a name over by its primary's health check: invert it, and a healthy primary counts as not.

Where the primary fails in a way that its health check does not see, Route 53 keeps answering with
it. Inverting the check is the deliberate lever: no record is touched, and it is undone by
inverting it back.

Units:   none; this file keeps no time.
Errors:  Refused - the name has no pair of failover records, or its primary no health check; the
         check is disabled (a disabled check counts as healthy, inverted or not), inverted already,
         or one of a routing control, which is turned there.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  An inverted check calls the primary healthy as soon as it truly fails: use it against what
         the check does not see, never in a loss that it does. Every record with this check
         follows, not this name alone. With `EvaluateTargetHealth` the primary must pass both. If
         the secondary is unhealthy, too, Route 53 answers with the primary. Settled says that
         Route 53 has the setting; resolvers and clients follow within the record's TTL, which is
         for a probe. The API is in us-east-1: a runbook that depends on it depends on that Region.
Source:  Amazon Route 53 API Reference, UpdateHealthCheck (Inverted, Disabled), GetHealthCheck,
         ListResourceRecordSets; Developer Guide, "How Amazon Route 53 chooses records when health
         checking is configured".
Example: {id: invert, kind: aws.route53.invert_health_check, site: standby,
          with: {zone: Z0ABC, record: orders.example.com}}
"""

from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud.aws import Aws
from dr.cloud.route53 import plain, zone_id
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

if TYPE_CHECKING:
    from types_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef

ROUTING_CONTROL = "RECOVERY_CONTROL"


class Params(Record):
    zone: str = Field(min_length=1, description="Id of the hosted zone.")
    record: str = Field(min_length=1, description="Name that has a primary and a secondary record.")
    type: str = Field(default="A", min_length=1, description="Type of the two records.")


class HealthCheck(Record):
    id: str = Field(description="Id of the health check.")
    type: str = Field(description="What it is, such as HTTP or CALCULATED.")
    inverted: bool = Field(description="Whether healthy counts as unhealthy.")
    disabled: bool = Field(description="Whether it is disabled, and counts as healthy.")


class Seen(Record):
    roles: tuple[str, ...] = Field(description="PRIMARY and SECONDARY, as far as there are any.")
    check: HealthCheck | None = Field(description="The primary's health check; null: none.")


class Change(Record):
    zone: str = Field(description="Id of the hosted zone.")
    record: str = Field(description="Name that fails over.")
    check: str = Field(description="Id of its primary's health check.")
    inverted: bool = Field(description="true: from as it is to inverted; false: back.")


class Route53InvertHealthCheck(Action[Aws, Params, Seen, Change]):
    """Invert the primary's health check."""

    kind = "aws.route53.invert_health_check"
    hand = Aws
    needs = (
        "route53:GetHealthCheck",
        "route53:ListResourceRecordSets",
        "route53:ListTagsForResource",
        "route53:UpdateHealthCheck",
    )
    doubt = Doubt.CONVERGENT  # it says what the setting is to be, not that it is to be turned
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        by_role = {str(r["Failover"]): r for r in _records(hand, params) if "Failover" in r}
        primary = by_role.get("PRIMARY")
        id_ = primary.get("HealthCheckId") if primary is not None else None
        return Seen(
            roles=tuple(sorted(by_role)), check=_check(hand, id_) if id_ is not None else None
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        what = f"{params.type} {params.record}"
        if seen.roles != ("PRIMARY", "SECONDARY"):
            there = " and ".join(seen.roles) or "none"
            raise Refused(f"{what} is no pair of failover records ({there}): it has nowhere to go")
        if seen.check is None:
            raise Refused(f"the primary record of {what} has no health check")
        check = f"health check {seen.check.id} of {what}"
        if seen.check.disabled:
            raise Refused(f"{check} is disabled: it counts as healthy, inverted or not")
        if seen.check.type == ROUTING_CONTROL:
            raise Refused(f"{check} is that of a routing control, and is turned there")
        if seen.check.inverted:
            raise Refused(f"{check} is inverted already: somebody has failed over by it")
        return Change(
            zone=zone_id(params.zone), record=params.record, check=seen.check.id, inverted=True
        )

    def execute(self, hand: Aws, change: Change) -> None:
        hand.route53.update_health_check(HealthCheckId=change.check, Inverted=change.inverted)

    def progress(self, change: Change, seen: Seen) -> Progress:
        if seen.check is None or seen.check.id != change.check:
            return Progress.ASTRAY  # the record has another check by now
        return Progress.SETTLED if seen.check.inverted is change.inverted else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"inverted": not change.inverted})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.check,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        listed = hand.route53.list_tags_for_resource(
            ResourceType="healthcheck", ResourceId=change.check
        )["ResourceTagSet"]
        return {change.check: {t["Key"]: t.get("Value", "") for t in listed.get("Tags", [])}}


def _records(hand: Aws, params: Params) -> "list[ResourceRecordSetOutputTypeDef]":
    page = hand.route53.list_resource_record_sets(
        HostedZoneId=zone_id(params.zone),
        StartRecordName=params.record,
        StartRecordType=params.type,  # type: ignore[arg-type]  # AWS is the judge of types
    )
    wanted = (plain(params.record), params.type)
    return [r for r in page["ResourceRecordSets"] if (plain(r["Name"]), r["Type"]) == wanted]


def _check(hand: Aws, id_: str) -> HealthCheck:
    found = hand.route53.get_health_check(HealthCheckId=id_)["HealthCheck"]["HealthCheckConfig"]
    return HealthCheck(
        id=id_,
        type=found["Type"],
        inverted=bool(found.get("Inverted")),
        disabled=bool(found.get("Disabled")),
    )
