"""Hold when Terraform finds reality as its state says: nobody has changed anything beside it.

Before a drill, drift means that the plan was made for another world. After it, drift is what the
drill (or somebody else meanwhile) has left behind; and where roles have swapped, the next apply
would swap them back, or destroy what serves now. So it is said what that apply would do.

Units:   none.
Errors:  Refused - drift, where the drill says that drift refuses it.
Limits:  drift of what is not in the state cannot be seen; ignored attributes are ignored. What the
         next apply would do is told for the variables that Terraform finds by itself.
Source:  Terraform CLI, `plan -refresh-only -detailed-exitcode`; `plan` and `show -json`.
Example: {id: unchanged, kind: terraform.no_drift, with: {config: estate, refuse: false}}
"""

from pydantic import Field

from dr.cloud.terraform import Terraform
from dr.cloud.terraform_json import PlanSummary
from dr.model.base import Record
from dr.model.errors import Refused
from dr.ports import Check, Outcome

SHOWN = 8


class Params(Record):
    config: str = Field(description="Name of the configuration in the drill's `terraform`.")
    refuse: bool = Field(default=True, description="Drift refuses the drill; else it is a finding.")
    next_apply: bool = Field(
        default=False, description="Also say what the next apply would do, as after a drill."
    )


class Seen(Record):
    drifted: tuple[str, ...] = Field(description="Addresses that differ from the state.")
    would: tuple[str, ...] = Field(
        default=(),
        description='What the next apply would do, the worst first, as "destroy ADDRESS"; empty: '
        "nothing, or it was not asked.",
    )


class TerraformNoDrift(Check[Terraform, Params, Seen]):
    kind = "terraform.no_drift"
    hand = Terraform
    needs = ()
    params = Params
    seen = Seen

    def observe(self, hand: Terraform, params: Params) -> Seen:
        hand.initialise_once()
        would: tuple[str, ...] = ()
        if params.next_apply:
            plan, drifted = hand.next_apply()
            would = _would(plan)
        else:
            drifted = hand.drift()
        if drifted and params.refuse:
            raise Refused(f"{_said(drifted)}; apply or import it, or set `drift: warn`")
        return Seen(drifted=drifted, would=would)

    def judge(self, params: Params, before: Seen | None, seen: Seen) -> Outcome:
        why = _said(seen.drifted) if seen.drifted else "no drift"
        if params.next_apply:
            why += f"; the next apply would {', '.join(seen.would[:SHOWN]) or 'do nothing'}"
        return Outcome(holds=True, why=why, compared=1)


def _would(plan: PlanSummary) -> tuple[str, ...]:
    """Return what a plan would do, the worst first."""
    parts = {
        "destroy": plan.destroys,
        "replace": plan.replaces,
        "change": plan.updates,
        "create": plan.creates,
        "forget": plan.forgets,
    }
    return tuple(f"{what} {one.address}" for what, ones in parts.items() for one in ones)


def _said(drifted: tuple[str, ...]) -> str:
    more = f" and {len(drifted) - SHOWN} more" if len(drifted) > SHOWN else ""
    return f"reality differs from Terraform's state at {', '.join(drifted[:SHOWN])}{more}"
