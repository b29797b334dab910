"""Swap the targets of a name's primary and secondary failover records.

Route 53 goes over to the secondary by itself while the primary's health check fails, and comes
back by itself as soon as it passes. Swapping makes the move deliberate and lasting. Both records
change in one batch, which Route 53 carries out whole or not at all. What belongs to a target
(alias, values, TTL, health check) moves with it; what belongs to the place (set identifier, role)
stays. The change carries both records whole, before and after, so that undo is exact.

Units:   none; this file keeps no time. TTL inside the records is in seconds.
Errors:  Refused - the name has no failover pair of that type (simple, weighted, latency and
         other records are not swapped by this action), or neither record points at `to`.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Route 53 is a global service whose control plane is in us-east-1: in the loss of that
         Region this call may fail while answers go on being served. Settled says that the zone
         holds the new records; the name servers follow, usually within 60 s, then the resolvers
         as TTLs run out: a probe measures it. GetChange is not asked, since a later look knows
         no change id. If `to` is primary already, there is nothing to do and the step says so.
Source:  Amazon Route 53 API Reference, ChangeResourceRecordSets ("Change Batches and
         Transactional Changes"), ListResourceRecordSets, ListTagsForResource.
Example: {id: move-name, kind: aws.route53.failover,
          with: {zone: Z0123456789, record: orders.example.com, to: standby-1.example.com}}
"""

import json

from pydantic import Field

from dr.cloud.aws import Aws
from dr.cloud.route53 import plain, zone_id
from dr.model.base import Json, Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

_OF_THE_TARGET = ("AliasTarget", "ResourceRecords", "TTL", "HealthCheckId")


class Params(Record):
    zone: str = Field(min_length=1, description="Id of the hosted zone.")
    record: str = Field(min_length=1, description="Name of the records.")
    to: str = Field(
        min_length=1,
        description="DNS name of the alias, or value, that shall be the primary's.",
    )
    type: str = Field(default="A", min_length=1, description="Type of the records.")


class Seen(Record):
    records: tuple[Json, ...] = Field(
        description="Every record set of that name and type, as Route 53 lists it."
    )


class Change(Record):
    zone: str = Field(description="Id of the hosted zone, without /hostedzone/.")
    record: str = Field(description="Name of the records.")
    type: str = Field(description="Type of the records.")
    before: tuple[Json, ...] = Field(description="Both record sets before, whole.")
    after: tuple[Json, ...] = Field(description="Both record sets afterwards, whole.")


class Route53Failover(Action[Aws, Params, Seen, Change]):
    """Make another target the primary."""

    kind = "aws.route53.failover"
    hand = Aws
    needs = (
        "route53:ChangeResourceRecordSets",
        "route53:ListResourceRecordSets",
        "route53:ListTagsForResource",
    )
    doubt = Doubt.CONVERGENT  # an UPSERT of whole record sets, twice, is one
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        wanted = (plain(params.record), params.type)
        # One page is enough: the listing is sorted and starts at the name, and what fills a page
        # under one name and type is no failover pair.
        page = hand.route53.list_resource_record_sets(
            HostedZoneId=zone_id(params.zone),
            StartRecordName=params.record,
            StartRecordType=params.type,  # type: ignore[arg-type]  # AWS is the judge of types
        )
        records: list[Json] = json.loads(json.dumps(page["ResourceRecordSets"]))
        found = [r for r in records if (plain(str(r["Name"])), r["Type"]) == wanted]
        return Seen(records=tuple(sorted(found, key=_text)))

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        what = f"{params.type} {params.record}"
        by_role = {str(r.get("Failover", "")): r for r in seen.records}
        if set(by_role) != {"PRIMARY", "SECONDARY"} or len(seen.records) != 2:  # noqa: PLR2004
            raise Refused(
                f"{what} is not a pair of failover records but {_described(seen.records)}; "
                "this action swaps a primary and a secondary"
            )
        primary, secondary = by_role["PRIMARY"], by_role["SECONDARY"]
        to = plain(params.to)
        at_primary, at_secondary = to in _targets(primary), to in _targets(secondary)
        if at_primary == at_secondary:
            where = "both records point" if at_primary else "neither record points"
            raise Refused(
                f"{where} at {params.to}: the primary of {what} at "
                f"{' '.join(sorted(_targets(primary)))}, the secondary at "
                f"{' '.join(sorted(_targets(secondary)))}"
            )
        before = (primary, secondary)
        after = before if at_primary else (_moved(primary, secondary), _moved(secondary, primary))
        return Change(
            zone=zone_id(params.zone),
            record=params.record,
            type=params.type,
            before=before,
            after=after,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        # The records are what Route 53 itself listed; their shape is its own.
        records = json.loads(json.dumps(change.after))
        hand.route53.change_resource_record_sets(
            HostedZoneId=change.zone,
            ChangeBatch={
                "Comment": "disaster recovery drill",
                "Changes": [{"Action": "UPSERT", "ResourceRecordSet": r} for r in records],
            },
        )

    def progress(self, change: Change, seen: Seen) -> Progress:
        now = _texts(seen.records)
        if now == _texts(change.after):
            return Progress.SETTLED
        # The batch is atomic: half of it is not on its way, it is somebody else's.
        return Progress.UNTOUCHED if now == _texts(change.before) else Progress.ASTRAY

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"before": change.after, "after": change.before})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.zone,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        """Read the tags of the hosted zone; record sets have none."""
        listed = hand.route53.list_tags_for_resource(
            ResourceType="hostedzone", ResourceId=change.zone
        )["ResourceTagSet"]
        return {change.zone: {t["Key"]: t.get("Value", "") for t in listed.get("Tags", [])}}


def _targets(record: Json) -> set[str]:
    """Return where a record points: the alias' name, or each value."""
    alias, values = record.get("AliasTarget"), record.get("ResourceRecords")
    found: set[str] = set()
    if isinstance(alias, dict):
        found.add(plain(str(alias["DNSName"])))
    if isinstance(values, list):
        found.update(plain(str(v["Value"])) for v in values if isinstance(v, dict))
    return found


def _moved(place: Json, target: Json) -> Json:
    """Return the record of one place, pointing where the other one points."""
    kept = {key: value for key, value in place.items() if key not in _OF_THE_TARGET}
    return kept | {key: target[key] for key in _OF_THE_TARGET if key in target}


def _described(records: tuple[Json, ...]) -> str:
    routing = (
        "Failover",
        "Weight",
        "Region",
        "GeoLocation",
        "MultiValueAnswer",
        "CidrRoutingConfig",
    )
    if not records:
        return "nothing at all"
    kinds = [next((k.lower() for k in routing if k in r), "simple") for r in records]
    return f"{len(records)} record(s): {', '.join(kinds)}"


def _text(record: Json) -> str:
    return json.dumps(record, sort_keys=True)


def _texts(records: tuple[Json, ...]) -> list[str]:
    return sorted(map(_text, records))
