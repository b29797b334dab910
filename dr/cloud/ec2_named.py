"""Things of EC2 that are named by their id or by their tag `Name`, and told by tags who made them.

What a run makes carries a `Name` that holds the token of its step, and tags that name run and step:
only such a thing is ever deleted.

Source:  Amazon EC2 User Guide, "Tag your Amazon EC2 resources".
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import Field

from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import RUN_TAG, STEP_TAG

if TYPE_CHECKING:
    from types_boto3_ec2.literals import ResourceTypeType
    from types_boto3_ec2.type_defs import FilterTypeDef, TagSpecificationTypeDef, TagTypeDef

_IDENTITY: Final = ("Name", RUN_TAG, STEP_TAG)
_SHORT: Final = {"volume": "vol", "instance": "i"}


class Named(Record):
    """One thing."""

    id: str = Field(description="Its id.")
    name: str = Field(description="Its tag Name; empty: none.")
    tags: dict[str, str] = Field(description="Its tags.")


N = TypeVar("N", bound=Named)


def filters(kind: str, name: str) -> "list[FilterTypeDef]":
    """Return the filter for an id or, if it is none, a Name. kind: volume or instance."""
    # In full: a Name that a run gives may begin with an id.
    is_id = re.fullmatch(rf"{_SHORT[kind]}-[0-9a-f]{{8,17}}", name)
    return [{"Name": f"{kind}-id" if is_id else "tag:Name", "Values": [name]}]


def by_runs() -> "list[FilterTypeDef]":
    """Return the filter for what runs have made."""
    return [{"Name": "tag-key", "Values": [RUN_TAG]}]


def tags_of(listed: "Iterable[TagTypeDef]") -> dict[str, str]:
    """Return a list of tags by key."""
    return {tag.get("Key", ""): tag.get("Value", "") for tag in listed}


def tagged(kind: "ResourceTypeType", tags: Mapping[str, str]) -> "list[TagSpecificationTypeDef]":
    """Return the tags that a new thing is made with."""
    pairs: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return [{"ResourceType": kind, "Tags": pairs}]


def one(found: tuple[N, ...], kind: str, name: str) -> N:
    """Return the only thing of an id or Name. Raises Refused."""
    if not found:
        raise Refused(f"there is no {kind} {name}")
    if len(found) > 1:
        ids = ", ".join(sorted(thing.id for thing in found))
        raise Refused(f"{len(found)} {kind}s are named {name}: {ids}; give an id")
    return found[0]


def made(found: tuple[N, ...], tags: Mapping[str, str]) -> list[N]:
    """Return what one step made, by the tags it gave."""
    mine = [tags[key] for key in _IDENTITY]
    return [thing for thing in found if [thing.tags.get(key) for key in _IDENTITY] == mine]
