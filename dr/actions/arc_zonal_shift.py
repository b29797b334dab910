"""Shift the traffic of a load balancer away from one zone, with a zonal shift that expires.

ARC takes the zone out of the load balancer's rotation, whatever its health checks say: the lever
for a zone that is ill and not dead. Nothing is launched, and no record is changed. Going back
cancels the shift; left alone, it ends by itself at its expiry.

Units:   `expires` is a duration; ARC takes whole minutes, from 1 minute to 72 hours.
Errors:  Refused - the load balancer is not registered with ARC (for one with cross-zone balancing,
         `zonal_shift.config.enabled` must be on); it has nothing in the zone; a shift is on it
         already, the service's own autoshift included; `expires` is out of its bounds.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  The zones that are left must carry everything: nothing is launched. Connections that are
         open stay until they end. Settled says that ARC applies the shift; traffic leaves within
         minutes, which is for a probe. A shift has no token: it is told by its comment, and a
         second one on the same load balancer is turned away.
Source:  Amazon Application Recovery Controller, Zonal Shift API Reference, StartZonalShift,
         CancelZonalShift, GetManagedResource; Developer Guide, "Zonal shift".
Example: {id: shift, kind: aws.arc.zonal_shift, site: primary,
          with: {balancer: "arn:aws:elasticloadbalancing:...:loadbalancer/app/orders/0abc",
                 zone: use1-az2, expires: 1h}}
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.model.units import SECOND_US, Duration
from dr.ports import Action

APPLIED = "APPLIED"
MINUTE_US = 60 * SECOND_US
LONGEST_MINUTES = 72 * 60
COMMENT_LONGEST = 128


class Params(Record):
    balancer: str = Field(min_length=1, description="ARN of the load balancer.")
    zone: str = Field(
        min_length=1,
        description="Zone to leave, by name (us-east-1c) or, the same in every account, by id "
        "(use1-az2).",
    )
    expires: Duration = Field(
        default=Duration.parse("2h"), description="The shift ends by itself after so long."
    )


class Shift(Record):
    id: str = Field(description="Id of the zonal shift.")
    zone: str = Field(description="Id of the zone that it leads away from.")
    applied: bool = Field(description="Whether ARC applies it.")
    comment: str = Field(description="What whoever began it has said of it.")


class Seen(Record):
    zone: str = Field(description="Id of the zone; empty if the Region has none of that name.")
    zones: tuple[str, ...] = Field(description="Ids of the load balancer's zones.")
    shifts: tuple[Shift, ...] = Field(description="Shifts that are on it now.")


class Change(Record):
    balancer: str = Field(description="ARN of the load balancer.")
    zone: str = Field(description="Id of the zone.")
    away: bool = Field(description="true: from in the rotation to out of it; false: back.")
    expires: str = Field(description="The shift ends by itself after so long, as ARC writes it.")
    comment: str = Field(description="What it says of itself, by which it is found.")


class ArcZonalShift(Action[Aws, Params, Seen, Change]):
    """Begin a zonal shift, or cancel it."""

    kind = "aws.arc.zonal_shift"
    hand = Aws
    needs = (
        "arc-zonal-shift:CancelZonalShift",
        "arc-zonal-shift:GetManagedResource",
        "arc-zonal-shift:StartZonalShift",
        "ec2:DescribeAvailabilityZones",
        "elasticloadbalancing:DescribeTags",
    )
    doubt = Doubt.CONVERGENT  # a second request meets the first one's shift, and is turned away
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        known = hand.ec2.describe_availability_zones()["AvailabilityZones"]
        ids = {z.get("ZoneName", ""): z.get("ZoneId", "") for z in known}
        zone = params.zone if params.zone in ids.values() else ids.get(params.zone, "")
        client = hand.arc_zonal_shift
        try:
            found = client.get_managed_resource(resourceIdentifier=params.balancer)
        except client.exceptions.ResourceNotFoundException as error:
            raise Refused(
                f"{params.balancer} is not registered with ARC in {hand.region}: turn "
                "zonal_shift.config.enabled on"
            ) from error
        return Seen(
            zone=zone,
            zones=tuple(sorted(found["appliedWeights"])),
            shifts=tuple(
                Shift(
                    id=one["zonalShiftId"],
                    zone=one["awayFrom"],
                    applied=one["appliedStatus"] == APPLIED,
                    comment=one["comment"],
                )
                for one in found["zonalShifts"]
            ),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if seen.zone not in seen.zones:
            raise Refused(
                f"{params.balancer} is in {', '.join(seen.zones) or 'no zone'}: there is nothing "
                f"in {params.zone} to shift away from"
            )
        if seen.shifts:
            one = seen.shifts[0]
            raise Refused(
                f"{params.balancer} is shifted away from {one.zone} already, by {one.id}: "
                f"{one.comment}"
            )
        minutes = params.expires.us // MINUTE_US
        if not 1 <= minutes <= LONGEST_MINUTES or params.expires.us % MINUTE_US:
            raise Refused("a shift expires after 1 minute to 72 hours, in whole minutes")
        return Change(
            balancer=params.balancer,
            zone=seen.zone,
            away=True,
            expires=f"{minutes}m",
            comment=f"dr {intent.token[:10]}: {intent.run} {intent.step}"[:COMMENT_LONGEST],
        )

    def execute(self, hand: Aws, change: Change) -> None:
        client = hand.arc_zonal_shift
        if change.away:
            client.start_zonal_shift(
                resourceIdentifier=change.balancer,
                awayFrom=change.zone,
                expiresIn=change.expires,
                comment=change.comment,
            )
            return
        # Its id is in no journal if its answer was lost. Looking again changes nothing.
        found = client.get_managed_resource(resourceIdentifier=change.balancer)
        for one in found["zonalShifts"]:
            if one["comment"] == change.comment:
                client.cancel_zonal_shift(zonalShiftId=one["zonalShiftId"])

    def progress(self, change: Change, seen: Seen) -> Progress:
        ours = [one for one in seen.shifts if one.comment == change.comment]
        if not change.away:
            return Progress.UNTOUCHED if ours else Progress.SETTLED
        if ours:
            return Progress.SETTLED if ours[0].applied else Progress.MOVING
        return Progress.ASTRAY if seen.shifts else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"away": not change.away})

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.balancer,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        found = hand.elbv2.describe_tags(ResourceArns=[change.balancer])["TagDescriptions"]
        return {
            one.get("ResourceArn", ""): {t["Key"]: t.get("Value", "") for t in one.get("Tags", [])}
            for one in found
        }
