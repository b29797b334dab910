"""The objectives, each as a card: target, what was achieved, and the verdict."""

from dr.model.plan import Plan
from dr.model.result import ObjectiveResult, Result
from dr.report.bar import bar
from dr.report.numbers import MS_US, interval, length
from dr.report.parts import Card
from dr.report.untrusted import clean, sentence_case, shortened

TITLES = {"rto": "Recovery time", "rpo": "Data loss, as time", "phase": "Phase"}
_CLOCKS = {
    "fault": "from the fault",
    "onset": "from the onset of the outage",
    "declared": "from the declaration",
}
_NOTHING = "not measured"
"""Stands for a figure that there is not, and for its basis."""


def cards(plan: Plan, result: Result) -> tuple[Card, ...]:
    """Return one card per objective."""
    simulated = result.simulated or plan.simulated
    return tuple(_card(o, n, simulated=simulated) for n, o in enumerate(result.objectives, start=1))


def _card(objective: ObjectiveResult, number: int, *, simulated: bool) -> Card:
    target = objective.target_ms * MS_US
    is_phase = objective.metric == "phase"
    metric = "Target" if is_phase else objective.metric.upper()
    named = f"Phase: {clean(objective.about)}" if is_phase else TITLES[objective.metric]
    achieved, drawn = _NOTHING, None
    if objective.achieved is not None:
        low = objective.achieved.lower_ms * MS_US
        high = None if objective.achieved.upper_ms is None else objective.achieved.upper_ms * MS_US
        achieved = interval(low, high, target)
        title = f"{named} against its target" + (", SIMULATED" if simulated else "")
        drawn = bar(
            id_=f"bar{number}",
            words=(title, f"achieved {achieved}; {metric} {length(target)}", metric),
            bounds=(low, high),
            target=target,
            simulated=simulated,
        )
    about = f'"{clean(objective.about)}"' if objective.about else ""
    since = _CLOCKS.get(objective.clock or "", clean(objective.clock or ""))
    return Card(
        id=clean(objective.id),
        title=named,
        metric=metric,
        target=length(target),
        achieved=achieved,
        basis=objective.basis.value if objective.achieved is not None else _NOTHING,
        measured_by=", ".join(part for part in (about, since) if part),
        verdict=objective.verdict.value,
        why=shortened(sentence_case(objective.why), 600),
        bar=drawn,
    )
