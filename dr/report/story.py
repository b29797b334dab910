"""What happened beside the steps: decisions, deviations, findings, and what is left."""

from collections.abc import Sequence

from dr.model import event as ev
from dr.model.event import Event
from dr.model.progress import Progress
from dr.model.result import Result
from dr.model.verdict import Severity
from dr.report.moments import Moments
from dr.report.parts import Decision, Remark
from dr.report.untrusted import clean, shortened
from dr.report.words import sentence

_LONGEST = 600
MOST = 200
"""Longer lists are cut, and say so: the page is to be read; events.jsonl holds everything."""
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
    if len(found) > MOST:
        more = Decision("", "", "", f"and {len(found) - MOST} more", "events.jsonl holds them all")
        found = [*found[:MOST], more]
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
    return _worst(found)


def _worst(found: list[Remark]) -> tuple[Remark, ...]:
    """Return them all or, of too many, the worst, in their order, and how many are missing."""
    if len(found) <= MOST:
        return tuple(found)
    ranked = sorted(range(len(found)), key=lambda n: _RANK[Severity(found[n].severity)])
    kept = [found[n] for n in sorted(ranked[:MOST])]
    more = f"And {len(found) - MOST} more: events.jsonl and result.json hold them all."
    return (*kept, Remark(Severity.INFO.value, more, "", ""))


def findings(result: Result) -> tuple[Remark, ...]:
    """Return the findings, the worst first; equals keep their order."""
    ordered = sorted(result.findings, key=lambda f: _RANK[f.severity])
    return _worst(
        [
            Remark(f.severity.value, shortened(f.text, _LONGEST), clean(f.about), clean(f.code))
            for f in ordered
        ]
    )


def kept(events: Sequence[Event]) -> tuple[str, ...]:
    """Return what was not put back because it cannot be, or need not be."""
    return tuple(sentence(e.data) for e in events if isinstance(e.data, ev.StepKept))
