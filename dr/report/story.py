"""What happened beside the steps: decisions, deviations, what is left, and what was not proved."""

from collections.abc import Sequence

from dr.core.fold import Run
from dr.model import event as ev
from dr.model.bounds import Basis
from dr.model.event import Event
from dr.model.plan import Plan
from dr.model.progress import Progress
from dr.model.result import Result
from dr.model.verdict import Severity
from dr.report.moments import Moments
from dr.report.numbers import length
from dr.report.parts import Decision, Remark
from dr.report.untrusted import clean, shortened
from dr.report.words import sentence

_LONGEST = 600
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_DEVIATIONS: dict[type[ev.Data], Severity] = {
    ev.StepFailed: Severity.ERROR,
    ev.GuardTripped: Severity.ERROR,
    ev.StopRequested: Severity.ERROR,
    ev.StepDoubted: Severity.WARNING,
    ev.StepReconciled: Severity.INFO,
    ev.StepHeld: Severity.WARNING,
    ev.StepResolved: Severity.INFO,
    ev.WarningRaised: Severity.WARNING,
}


def decisions(events: Sequence[Event], moments: Moments) -> tuple[Decision, ...]:
    """Return who decided, asked or noted what, in order."""
    found = []
    for event in events:
        told = _decision(event.data)
        if told is not None:
            who, what, message = (shortened(text, _LONGEST) for text in told)
            when = moments.instant(event.mono_us)
            found.append(Decision(when, moments.utc(event.mono_us), who, what, message))
    return tuple(found)


def _decision(data: ev.Data) -> tuple[str, str, str] | None:
    """Return who, what, and in which words; None where nobody decided anything."""
    told: tuple[str, str, str] | None = None
    if isinstance(data, ev.RunCreated):
        told = data.started_by, "started the run", ""
    elif isinstance(data, ev.GateOpened):
        told = "dr", f"asked at {data.step}", data.prompt
    elif isinstance(data, ev.DecisionRecorded):
        word = {"approve": "approved", "deny": "denied"}.get(data.answer, data.answer)
        how = f" ({data.how}, plan {data.plan_sha256[:12]})" if data.how else ""
        told = data.who, f"{word} {data.step}{how}", data.message
    elif isinstance(data, ev.StepResolved):
        told = data.who, f"said of {data.step}: {data.answer}", ""
    elif isinstance(data, ev.StopRequested):
        told = data.who, "stopped the run", data.why
    elif isinstance(data, ev.GuardTripped):
        told = f"guard {data.guard}", "stopped the run", data.why
    elif isinstance(data, ev.NoteAdded):
        told = data.who, "noted", data.text
    return told


def deviations(events: Sequence[Event], moments: Moments) -> tuple[Remark, ...]:
    """Return where the run left its plan: failures, doubts, stops, resumptions, warnings."""
    found = []
    for event in events:
        severity = _DEVIATIONS.get(type(event.data))
        if isinstance(event.data, ev.RunAdopted) and event.data.why != "start":
            severity = Severity.WARNING
        if isinstance(event.data, ev.StepReconciled) and event.data.progress is Progress.ASTRAY:
            severity = Severity.ERROR
        if severity is not None:
            when = moments.instant(event.mono_us) or moments.utc(event.mono_us)
            found.append(Remark(severity.value, sentence(event.data), "", "", when))
    return tuple(found)


def findings(result: Result) -> tuple[Remark, ...]:
    """Return the findings, the worst first; equals keep their order."""
    ordered = sorted(result.findings, key=lambda f: _RANK[f.severity])
    return tuple(
        Remark(f.severity.value, shortened(f.text, _LONGEST), clean(f.about), clean(f.code))
        for f in ordered
    )


def kept(events: Sequence[Event]) -> tuple[str, ...]:
    """Return what was not put back because it cannot be, or need not be."""
    return tuple(sentence(e.data) for e in events if isinstance(e.data, ev.StepKept))


def limits(plan: Plan, result: Result, run: Run) -> tuple[str, ...]:
    """Return what this drill does not prove, in sentences."""
    found = []
    if result.simulated:
        found.append(
            "SIMULATED: it ran against a sandbox, not against AWS. It shows that the procedure and "
            "the measurement work; it says nothing about how long the real services take."
        )
    found += [f"Left out on purpose: {shortened(text, _LONGEST)}" for text in plan.exclusions]
    found.append(
        "It was planned: whoever took part knew, or could know, that it was coming. The time to "
        "notice and to gather people in a real incident is not measured."
    )
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
    found.append(
        "It is one run, under the load and the state of that hour. It does not say how likely the "
        "next recovery is to meet its objectives."
    )
    return tuple(found)


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
