"""Cut the subnets of one zone off, by giving them a network ACL that lets nothing through.

The drill makes a network ACL of its own, tagged with the run and the step, with no entry but the
closing "deny", and puts it in the place of each subnet's. The association id changes with every
replacement, so the change records subnet and old ACL, and each request looks the association up.
The ACL's tags say the same (`dr:was`), for `dr sweep`, which has no journal.
Going back puts each old ACL in its place and deletes the drill's.

ACLs keep no state: connections that are open break too. If `dr` runs in one of these subnets, it
locks itself out; run it from outside the zone.

Units:   none; this file keeps no time.
Errors:  Refused - the VPC has no subnet in the zone; a subnet is already under a drill's ACL.
         Failed - a subnet is under an ACL that is neither the recorded nor the drill's.
         Unclear - EC2 does not know yet what it has just made, or an association changed under
         our hands; the engine looks and asks again.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  It reaches what has an address in these subnets; services outside the VPC, and traffic
         within a subnet, go on. 20 ACLs per VPC by default. Terraform sees the ACL as drift until
         the undo. Half done counts as not done: asking for the rest is safe, because the ACL is
         found by its tags, its creation carries the step's token, and a subnet that is dark
         already is passed over.
Source:  Amazon EC2 API Reference, CreateNetworkAcl (ClientToken, TagSpecifications),
         ReplaceNetworkAclAssociation, DescribeNetworkAcls, DeleteNetworkAcl, DescribeSubnets;
         Amazon VPC User Guide, "Control subnet traffic with network access control lists".
Example: {id: dark-zone, kind: aws.ec2.zone_blackhole, with: {vpc: vpc-0abc, zone: use1-az1}}
"""

from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud import ec2_named
from dr.cloud.aws import Aws
from dr.cloud.left_acls import was
from dr.model.base import Record
from dr.model.errors import Failed, Refused, Unclear
from dr.model.intent import RUN_TAG, STEP_TAG, Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import FilterTypeDef

_NOT_YET = {"InvalidNetworkAclID.NotFound", "InvalidAssociationID.NotFound"}


class Params(Record):
    vpc: str = Field(min_length=1, description="Id of the VPC.")
    zone: str = Field(
        min_length=1,
        description="Zone to cut off, by name (us-east-1c) or, the same in every account, by id "
        "(use1-az1).",
    )


class Acl(Record):
    id: str = Field(description="Id of the network ACL.")
    run: str | None = Field(description="Run that made it, if one did.")
    step: str | None = Field(description="Step that made it, if one did.")
    subnets: dict[str, str] = Field(description="Subnets under it: subnet id → association id.")


class Seen(Record):
    zone: str = Field(description="Name of the zone; empty if the VPC has no subnet there.")
    subnets: tuple[str, ...] = Field(description="The VPC's subnets in the zone.")
    acls: tuple[Acl, ...] = Field(description="The VPC's network ACLs.")


class Change(Record):
    vpc: str = Field(description="Id of the VPC.")
    zone: str = Field(description="Name of the zone.")
    dark: bool = Field(description="true: from the old ACLs to the drill's; false: back.")
    subnets: dict[str, str] = Field(description="Subnet id → id of its own ACL.")
    tags: dict[str, str] = Field(description="Tags of the drill's ACL, by which it is found.")
    token: str = Field(description="Client token of its creation.")

    def made(self, acls: tuple[Acl, ...]) -> list[Acl]:
        """Return the ACLs that this step made."""
        mine = (self.tags[RUN_TAG], self.tags[STEP_TAG])
        return [acl for acl in acls if (acl.run, acl.step) == mine]


class Ec2ZoneBlackhole(Action[Aws, Params, Seen, Change]):
    """Cut a zone's subnets off."""

    kind = "aws.ec2.zone_blackhole"
    hand = Aws
    needs = (
        "ec2:CreateNetworkAcl",
        "ec2:CreateTags",
        "ec2:DeleteNetworkAcl",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeSubnets",
        "ec2:ReplaceNetworkAclAssociation",
    )
    doubt = Doubt.CONVERGENT
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        inside = [
            s
            for page in hand.ec2.get_paginator("describe_subnets").paginate(Filters=_in(params.vpc))
            for s in page["Subnets"]
            if params.zone in {s["AvailabilityZone"], s.get("AvailabilityZoneId")}
        ]
        return Seen(
            zone=inside[0]["AvailabilityZone"] if inside else "",
            subnets=tuple(sorted(s["SubnetId"] for s in inside)),
            acls=_acls(hand, params.vpc),
        )

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if not seen.subnets:
            raise Refused(f"{params.vpc} has no subnet in {params.zone}: nothing would go dark")
        under = {subnet: acl for acl in seen.acls for subnet in acl.subnets}
        for subnet in seen.subnets:
            if subnet not in under:
                raise Refused(f"the network ACL of {subnet} is not listed")
            if under[subnet].run is not None:
                raise Refused(f"{subnet} is already cut off, by run {under[subnet].run}")
        return Change(
            vpc=params.vpc,
            zone=seen.zone,
            dark=True,
            subnets={subnet: under[subnet].id for subnet in seen.subnets},
            tags=intent.tags(),
            token=intent.token,
        )

    def execute(self, hand: Aws, change: Change) -> None:
        acls = _acls(hand, change.vpc)
        made = change.made(acls)
        _check(change, acls, made)
        try:
            if change.dark:
                acl = made[0].id if made else _create(hand, change)
                _replace(hand, acls, dict.fromkeys(change.subnets, acl))
            else:
                _replace(hand, acls, change.subnets)
                for acl_made in made:
                    hand.ec2.delete_network_acl(NetworkAclId=acl_made.id)
        except hand.ec2.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NOT_YET:
                raise Unclear(str(error)) from error
            raise

    def progress(self, change: Change, seen: Seen) -> Progress:
        made = {acl.id for acl in change.made(seen.acls)}
        under = {subnet: acl.id for acl in seen.acls for subnet in acl.subnets}
        now = [(under.get(subnet), own) for subnet, own in change.subnets.items()]
        if any(acl not in {own, *made} for acl, own in now):
            return Progress.ASTRAY
        # Going back is done when the drill's ACL is gone; it cannot go while it is in use.
        done = all(acl in made for acl, _ in now) if change.dark else not made
        return Progress.SETTLED if done else Progress.UNTOUCHED

    def undo(self, change: Change) -> Change:
        return change.model_copy(update={"dark": not change.dark})

    def targets(self, change: Change) -> tuple[str, ...]:
        return tuple(change.subnets)

    def out_of(self, seen: Seen) -> int:
        return len({subnet for acl in seen.acls for subnet in acl.subnets})

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        found = hand.ec2.describe_subnets(SubnetIds=list(change.subnets))["Subnets"]
        return {
            s["SubnetId"]: {t.get("Key", ""): t.get("Value", "") for t in s.get("Tags", [])}
            for s in found
        }


def _in(vpc: str) -> "list[FilterTypeDef]":
    return [{"Name": "vpc-id", "Values": [vpc]}]


def _acls(aws: Aws, vpc: str) -> tuple[Acl, ...]:
    found = []
    for page in aws.ec2.get_paginator("describe_network_acls").paginate(Filters=_in(vpc)):
        for acl in page["NetworkAcls"]:
            tags = {t.get("Key", ""): t.get("Value", "") for t in acl.get("Tags", [])}
            found.append(
                Acl(
                    id=acl["NetworkAclId"],
                    run=tags.get(RUN_TAG),
                    step=tags.get(STEP_TAG),
                    subnets={
                        a["SubnetId"]: a["NetworkAclAssociationId"]
                        for a in acl.get("Associations", [])
                    },
                )
            )
    return tuple(sorted(found, key=lambda acl: acl.id))


def _check(change: Change, acls: tuple[Acl, ...], made: list[Acl]) -> None:
    """Stop before anything is touched if somebody else has been at one of the subnets."""
    under = {subnet: acl.id for acl in acls for subnet in acl.subnets}
    for subnet, own in change.subnets.items():
        if under.get(subnet) not in {own, *(acl.id for acl in made)}:
            raise Failed(f"{subnet} is under {under.get(subnet)}, neither {own} nor the drill's")


def _create(hand: Aws, change: Change) -> str:
    given = change.tags | was(change.subnets)  # the way back, for who has no journal
    answer = hand.ec2.create_network_acl(
        VpcId=change.vpc,
        ClientToken=change.token,
        TagSpecifications=ec2_named.tagged("network-acl", given),
    )
    return answer["NetworkAcl"]["NetworkAclId"]


def _replace(hand: Aws, acls: tuple[Acl, ...], wanted: dict[str, str]) -> None:
    """Put each subnet under the wanted ACL; one that is there already is passed over."""
    now = {subnet: (acl.id, id_) for acl in acls for subnet, id_ in acl.subnets.items()}
    for subnet, acl in wanted.items():
        current, association = now[subnet]
        if current != acl:
            hand.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)
