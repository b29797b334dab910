"""What a drill does not prove: how far it was from a real event, and what it could not see."""

from dr.core.fold import Run
from dr.model.bounds import Basis
from dr.model.drill import Phase
from dr.model.plan import Plan, StepClass
from dr.model.result import Result
from dr.report.numbers import length
from dr.report.untrusted import clean, shortened

_LONGEST = 600


def limits(plan: Plan, result: Result, run: Run) -> tuple[str, ...]:
    """Return what this drill does not prove, in sentences."""
    found = []
    if result.simulated:
        found.append(
            "SIMULATED: it ran against a sandbox, not against AWS. It shows that the procedure and "
            "the measurement work; it says nothing about how long the real services take."
        )
    found += [f"Left out on purpose: {shortened(text, _LONGEST)}" for text in plan.exclusions]
    if not plan.exclusions:
        found.append("The drill names no exclusions. That does not mean that it covers everything.")
    found += _fidelity(plan, run)
    found += [
        f"An outage of less than {length(probe.every.us)} between two samples of "
        f'"{clean(probe.id)}" can have gone unseen.'
        for probe in plan.probes
        if not probe.control
    ]
    found += [
        f"Where only a part of the service fails, a sample of {_requests(probe.requests)} "
        f'("{clean(probe.id)}") can have missed it.'
        for probe in plan.probes
        if not probe.control
    ]
    if plan.marks:
        written = ", ".join(f'"{clean(m.id)}" every {length(m.every.us)}' for m in plan.marks)
        found.append(
            f"Data loss was measured with our own writes ({written}). Data that takes another path "
            "may fare otherwise."
        )
    else:
        found.append("Data loss was not measured: no marks were written.")
    found += [
        f'"{clean(o.id)}" is {o.basis.value}: it rests on what the provider says of itself.'
        for o in result.objectives
        if o.basis is Basis.PROVIDER
    ]
    found.append(_level(run))
    if plan.success_conditions:
        found.append("The success conditions in words are for people to judge; nothing here does.")
    found.append(
        "It is one run, under the load and the state of that hour. It does not say how likely the "
        "next recovery is to meet its objectives."
    )
    return tuple(found)


def _fidelity(plan: Plan, run: Run) -> list[str]:
    """Say in which ways the run was unlike a real event."""
    announced = (
        "It was planned: whoever took part knew, or could know, that it was coming. The time to "
        "notice and to gather people in a real incident is not measured."
    )
    found = [announced]
    if plan.environment != "production":
        found.append(
            f'It ran in the environment "{clean(plan.environment)}". What holds there need not '
            "hold in another."
        )
    if any(s.klass is StepClass.ACTION for s in plan.of_phase(Phase.DISRUPT)):
        found.append(
            "The disruption was asked for in an orderly way. A real one can be partial, slower to "
            "show, or come together with others."
        )
    if not any(s.decision is not None for s in run.forward.values()):
        found.append("Nobody had to decide anything: the time people need is not in the figures.")
    found.append(
        "The traffic of customers during the run was not recorded: whether the recovered place "
        "bears a full load is not shown."
    )
    untried = [p.id for p in plan.probes if not p.control and p.negative is None]
    if untried:
        names = ", ".join(f'"{clean(id_)}"' for id_ in untried)
        found.append(f"Not shown able to fail before the run, as by a known-bad twin: {names}.")
    if plan.probes and not any(p.control for p in plan.probes):
        found.append("No control probe: an outage of the observer's own network looks the same.")
    return found


def _requests(count: int) -> str:
    return "one request" if count == 1 else f"{count} requests at once"


def _level(run: Run) -> str:
    levels = [v for s in run.forward.values() if isinstance(v := s.facts.get("level"), int)]
    names = (
        "the provider says it is available",
        "it accepts connections",
        "schema and counts are right",
        "marks or sentinel rows are there",
        "the content is right",
        "an application query works",
    )
    if not levels:
        return "No check verified the recovered service beyond what the probes asked."
    best = min(max(*levels, 0), len(names) - 1)
    return f"Verified up to level {best} of 5 ({names[best]}), and no further."
