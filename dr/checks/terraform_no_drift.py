"""Hold when Terraform finds reality as its state says: nobody has changed anything beside it.

Before a drill, drift means that the plan was made for another world. After it, drift is what the
drill (or somebody else meanwhile) has left behind.

Units:   none.
Errors:  Refused - drift, where the drill says that drift refuses it.
Limits:  drift of what is not in the state cannot be seen; ignored attributes are ignored.
Source:  Terraform CLI, `plan -refresh-only -detailed-exitcode`.
Example: {id: unchanged, kind: terraform.no_drift, with: {config: estate, refuse: false}}
"""

from pydantic import Field

from dr.cloud.terraform import Terraform
from dr.model.base import Record
from dr.model.errors import Refused
from dr.ports import Check, Outcome

SHOWN = 8


class Params(Record):
    config: str = Field(description="Name of the configuration in the drill's `terraform`.")
    refuse: bool = Field(default=True, description="Drift refuses the drill; else it is a finding.")


class Seen(Record):
    drifted: tuple[str, ...] = Field(description="Addresses that differ from the state.")


class TerraformNoDrift(Check[Terraform, Params, Seen]):
    kind = "terraform.no_drift"
    hand = Terraform
    needs = ()
    params = Params
    seen = Seen

    def observe(self, hand: Terraform, params: Params) -> Seen:
        hand.initialise_once()
        drifted = hand.drift()
        if drifted and params.refuse:
            raise Refused(f"{_said(drifted)}; apply or import it, or set `drift: warn`")
        return Seen(drifted=drifted)

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        if not seen.drifted:
            return Outcome(holds=True, why="no drift", compared=1)
        return Outcome(holds=True, why=_said(seen.drifted), compared=1)


def _said(drifted: tuple[str, ...]) -> str:
    more = f" and {len(drifted) - SHOWN} more" if len(drifted) > SHOWN else ""
    return f"reality differs from Terraform's state at {', '.join(drifted[:SHOWN])}{more}"
