"""Set a flag of the service, which it reads from a parameter.

Units:   none; this file keeps no time.
Errors:  Refused - there is no such flag.
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  When the service reads the flag is its own business.
Source:  AWS Systems Manager API Reference, GetParameter, PutParameter.
Example: {id: off, kind: acme.flag.set, with: {flag: checkout, to: "off"}}
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action


class Params(Record):
    flag: str = Field(description="Name of the flag.")
    to: str = Field(description="What it shall be.")


class Seen(Record):
    value: str | None = Field(description="What it is; null: there is no such flag.")


class Change(Record):
    flag: str = Field(description="Name of the flag.")
    old: str = Field(description="What it was.")
    new: str = Field(description="What it shall be.")


class FlagSet(Action[Aws, Params, Seen, Change]):
    kind = "acme.flag.set"
    hand = Aws
    needs = ("ssm:GetParameter", "ssm:ListTagsForResource", "ssm:PutParameter")
    doubt = Doubt.CONVERGENT  # the same value twice is the same value
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        client = hand.client("ssm")
        try:
            return Seen(value=client.get_parameter(Name=params.flag)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            return Seen(value=None)

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if seen.value is None:
            raise Refused(f"there is no flag {params.flag}")
        return Change(flag=params.flag, old=seen.value, new=params.to)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.client("ssm").put_parameter(Name=change.flag, Value=change.new, Overwrite=True)

    def progress(self, change: Change, seen: Seen) -> Progress:
        if seen.value == change.new:
            return Progress.SETTLED
        return Progress.UNTOUCHED if seen.value == change.old else Progress.ASTRAY

    def undo(self, change: Change) -> Change:
        return Change(flag=change.flag, old=change.new, new=change.old)

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.flag,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        listed = hand.client("ssm").list_tags_for_resource(
            ResourceType="Parameter", ResourceId=change.flag
        )
        return {change.flag: {tag["Key"]: tag["Value"] for tag in listed["TagList"]}}
