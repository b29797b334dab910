"""The drift gate: look for drift before the first change and after the last undo.

After it, what the next apply would do is looked at, too: where roles have swapped, it would swap
them back, and nobody may run it unread.
"""

from dr.model.drill import Phase
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.units import SECOND_US, Duration

KIND = "terraform.no_drift"
WITHIN = Duration(600 * SECOND_US)


def with_drift_gate(plan: Plan, configs: dict[str, bool]) -> Plan:
    """Return the plan with a look for drift around it.

    configs: the Terraform configurations that have a state to compare with, and whether drift
    before the drill refuses it. After the drill it is always a finding.
    """
    before = [_look(name, Phase.PREPARE, refuse=refuse) for name, refuse in configs.items()]
    after = [_look(name, Phase.RETURN, refuse=False) for name in configs]
    rest = list(plan.steps)
    ending = [s for s in rest if s.phase is Phase.RETURN and s.id.startswith("dr-")]
    if ending:  # the service is looked at first: that answer is wanted sooner
        after = [s.model_copy(update={"after": tuple(e.id for e in ending)}) for s in after]
    return plan.model_copy(update={"steps": (*before, *rest, *after)})


def _look(config: str, phase: Phase, *, refuse: bool) -> PlannedStep:
    return PlannedStep(
        id=f"dr-drift-{config}" if phase is Phase.PREPARE else f"dr-drift-{config}-again",
        phase=phase,
        klass=StepClass.CHECK,
        kind=KIND,
        site=None,
        within=WITHIN,
        after=(),
        params={"config": config, "refuse": refuse, "next_apply": phase is Phase.RETURN},
        needs=(),
        doubt=None,
        reversible=True,
    )
