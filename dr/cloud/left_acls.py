"""Network ACLs that a crashed run has left over subnets, and the way back without its journal.

The ACL of a drill says in tags which ACL each subnet had before: `dr:was`, `dr:was-2`, …, each
"acl-ID subnet-ID subnet-ID …" without the prefixes, at most 256 characters.

Limits:  a tag's value holds 256 characters, thirteen subnets; a resource 50 tags. Subnets beyond
         WAS_MOST tags, and those whose old ACL is gone, go back under the VPC's default ACL.
Source:  Amazon EC2 User Guide, "Tag your Amazon EC2 resources" (restrictions).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from dr.cloud.aws import Aws
from dr.cloud.leftover import Leftover, moment
from dr.model.intent import EXPIRES_TAG, RUN_TAG

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import NetworkAclTypeDef

KIND: Final = "network-acl"
WAS: Final = "dr:was"
WAS_MOST: Final = 40
_SUBNETS_A_TAG: Final = 13
_ACL: Final = "acl-"
_SUBNET: Final = "subnet-"


def was(subnets: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that say under which ACL each subnet was. Pure."""
    by_acl: dict[str, list[str]] = defaultdict(list)
    for subnet, acl in sorted(subnets.items()):
        by_acl[acl].append(subnet.removeprefix(_SUBNET))
    values = [
        " ".join([acl.removeprefix(_ACL), *some[start : start + _SUBNETS_A_TAG]])
        for acl, some in sorted(by_acl.items())
        for start in range(0, len(some), _SUBNETS_A_TAG)
    ]
    return {
        WAS if number == 1 else f"{WAS}-{number}": value
        for number, value in enumerate(values[:WAS_MOST], start=1)
    }


def previous(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the ACL that each subnet had, as the tags say. Pure; the inverse of `was`."""
    found: dict[str, str] = {}
    for name, value in tags.items():
        if name == WAS or name.startswith(f"{WAS}-"):
            acl, *subnets = value.split() or [""]
            found.update({f"{_SUBNET}{subnet}": f"{_ACL}{acl}" for subnet in subnets})
    return found


def find(aws: Aws) -> list[Leftover]:
    """Find every network ACL in a Region that a run made."""
    return [
        Leftover(
            kind=KIND,
            id=acl["NetworkAclId"],
            run=tags[RUN_TAG],
            expires=moment(tags.get(EXPIRES_TAG)),
            does=_does(acl),
            remove=partial(_remove, aws, acl["VpcId"], acl["NetworkAclId"]),
        )
        for acl in _acls(aws)
        if RUN_TAG in (tags := _tags(acl))
    ]


def _does(acl: "NetworkAclTypeDef") -> str:
    under = sorted(one["SubnetId"] for one in acl.get("Associations", []))
    back = f"puts {', '.join(under)} back under the old ACL, " if under else ""
    return f"{back}deletes the ACL"


def _remove(aws: Aws, vpc: str, drill: str) -> None:
    """Put every subnet under the ACL it had, and delete the drill's. Looks again first."""
    acls = {acl["NetworkAclId"]: acl for acl in _acls(aws, vpc)}
    if drill not in acls:
        return
    own = {id_ for id_, acl in acls.items() if RUN_TAG not in _tags(acl)}
    default = next(id_ for id_, acl in acls.items() if acl.get("IsDefault"))
    before = previous(_tags(acls[drill]))
    acting = aws.acting_hand()
    for one in acls[drill].get("Associations", []):
        old = before.get(one["SubnetId"], default)
        acting.ec2.replace_network_acl_association(
            AssociationId=one["NetworkAclAssociationId"],
            NetworkAclId=old if old in own else default,
        )
    acting.ec2.delete_network_acl(NetworkAclId=drill)


def _acls(aws: Aws, vpc: str | None = None) -> "Iterator[NetworkAclTypeDef]":
    inside = [{"Name": "vpc-id", "Values": [vpc]}] if vpc is not None else []
    for page in aws.ec2.get_paginator("describe_network_acls").paginate(Filters=inside):  # type: ignore[arg-type]
        yield from page["NetworkAcls"]


def _tags(acl: "NetworkAclTypeDef") -> dict[str, str]:
    return {tag.get("Key", ""): tag.get("Value", "") for tag in acl.get("Tags", [])}
