"""Set a parameter of the Parameter Store: the switch by which a service finds its data.

Cutting over to a restored table is, for a service that reads the table's name from a parameter,
one write. The change carries the old value, so that undo is exact.

Units:   none; this file keeps no time.
Errors:  Refused - the parameter does not exist (its absence could not be put back), or is a
         SecureString (a secret has no place in evidence).
         Failed, Unclear - what botocore says, translated by the engine.
Limits:  Each write makes a new version; undo restores the value, not the version number. When
         the service reads the value again is its own business: a probe measures it. A value and
         its twin of another type are not told apart.
Source:  AWS Systems Manager API Reference, GetParameter, PutParameter, ListTagsForResource.
Example: {id: cut-over, kind: aws.ssm.set_parameter, with: {name: /orders/table, value: orders-2}}
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.progress import Doubt, Progress
from dr.ports import Action

SECRET = "SecureString"  # noqa: S105 - the name of a type


class Params(Record):
    name: str = Field(min_length=1, description="Name of the parameter, with its path.")
    value: str = Field(min_length=1, description="Value it shall have. It becomes evidence.")


class Seen(Record):
    type: str | None = Field(description="Type of the parameter; null: it does not exist.")
    value: str = Field(description="Its value; empty if it is a secret or does not exist.")
    version: int = Field(description="Version of the value; 0 if there is none.")


class Change(Record):
    name: str = Field(description="Name of the parameter.")
    old: str = Field(description="Value before.")
    new: str = Field(description="Value afterwards.")
    version: int = Field(description="Version that was looked at when this was planned.")


class SsmSetParameter(Action[Aws, Params, Seen, Change]):
    """Set a parameter from one value to another."""

    kind = "aws.ssm.set_parameter"
    hand = Aws
    needs = ("ssm:GetParameter", "ssm:ListTagsForResource", "ssm:PutParameter")
    doubt = Doubt.CONVERGENT  # the same value twice is the same value
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Aws, params: Params) -> Seen:
        client = hand.ssm
        try:
            found = client.get_parameter(Name=params.name)["Parameter"]
        except client.exceptions.ParameterNotFound:
            return Seen(type=None, value="", version=0)
        type_ = found.get("Type", "")
        value = "" if type_ == SECRET else found.get("Value", "")
        return Seen(type=type_, value=value, version=found.get("Version", 0))

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if seen.type is None:
            raise Refused(f"parameter {params.name} does not exist")
        if seen.type == SECRET:
            raise Refused(f"parameter {params.name} is a {SECRET}: its value would be evidence")
        return Change(name=params.name, old=seen.value, new=params.value, version=seen.version)

    def execute(self, hand: Aws, change: Change) -> None:
        hand.ssm.put_parameter(Name=change.name, Value=change.new, Overwrite=True)

    def progress(self, change: Change, seen: Seen) -> Progress:
        if seen.type is None or seen.type == SECRET:
            return Progress.ASTRAY
        if seen.value == change.new:
            return Progress.SETTLED
        return Progress.UNTOUCHED if seen.value == change.old else Progress.ASTRAY

    def undo(self, change: Change) -> Change:
        return Change(name=change.name, old=change.new, new=change.old, version=change.version)

    def targets(self, change: Change) -> tuple[str, ...]:
        return (change.name,)

    def tags(self, hand: Aws, change: Change) -> dict[str, dict[str, str]]:
        listed = hand.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=change.name)
        return {change.name: {tag["Key"]: tag["Value"] for tag in listed.get("TagList", [])}}
