"""Every event as one plain sentence: the only place where events are put into words.

`WORDS` has one entry per type of event; a test compares it with `dr.model.event_types.ALL`, so that
a new event cannot stay without words.
"""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from dr.model import event as ev
from dr.model.event import Data, Way
from dr.model.progress import Progress, World
from dr.model.units import Duration
from dr.report.changes import changed
from dr.report.numbers import at_most
from dr.report.untrusted import shortened

_DataT = TypeVar("_DataT", bound=Data)
_LONGEST = 400

_WORLD = {
    World.REFUSED: "refused, nothing was attempted",
    World.FORBIDDEN: "forbidden: for want of credentials or permission, nothing was changed",
    World.FAILED: "failed: attempted, and definitely rejected",
    World.UNCLEAR: "unclear: attempted, and not known whether it happened",
    World.LATE: "late: attempted, and not settled within its time",
}
_PROGRESS = {
    Progress.UNTOUCHED: "it did not happen",
    Progress.MOVING: "it is on its way",
    Progress.SETTLED: "it happened",
    Progress.ASTRAY: "the world is neither as before nor as intended",
}
_WHY_ADOPTED = {
    "start": "took the run",
    "resume": "resumed the run",
    "abort": "took the run, to stop it",
    "watchdog": "took the run as its watchdog, to put everything back",
}
_ANSWERS = {"approve": "approved", "deny": "denied"}
_ENDINGS = {
    "completed": "The run is over: every step was taken.",
    "failed": "The run is over: a step failed.",
    "stopped": "The run is over: it was stopped.",
    "refused": "The run is over: it was refused, and nothing was touched.",
}


def sentence(data: Data) -> str:
    """Return one plain sentence, on one line and free of control characters."""
    return shortened(WORDS[type(data)](data), _LONGEST)


def world(data: ev.StepFailed) -> str:
    """Say what a failure says about the world."""
    return _WORLD[data.world]


def _entry(kind: type[_DataT], words: Callable[[_DataT], str]) -> tuple[type[Data], "_Words"]:
    """Pair a type with its words. The table below is then checked entry by entry."""

    def say(data: Data) -> str:
        if not isinstance(data, kind):
            raise TypeError(f"{type(data).__name__} is not {kind.__name__}")
        return words(data)

    return kind, say


_Words = Callable[[Data], str]


def _step(step: str, way: Way) -> str:
    return f"Undoing {step}" if way is Way.UNDO else step


def _created(data: ev.RunCreated) -> str:
    kind = "SIMULATED run" if data.simulated else "run"
    return f"{data.started_by} started a {kind} of {data.drill} (plan {data.plan_sha256[:12]})."


def _adopted(data: ev.RunAdopted) -> str:
    return f"{data.owner} {_WHY_ADOPTED.get(data.why, data.why)}."


def _proven(data: ev.ProbeProven) -> str:
    can = "can tell: aimed at something bad, it failed" if data.can_fail else "CANNOT tell bad"
    return f"Probe {data.probe} {can}: {data.why}"


def _intended(data: ev.StepIntended) -> str:
    return f"{_step(data.step, data.way)}: about to change {changed(data.change)}."


def _requested(data: ev.StepRequested) -> str:
    took = at_most(max(data.answered_us - data.sent_us, 0))
    made = Counter(f"{c.service}:{c.operation}" for c in data.calls)
    calls = ", ".join(f"{n} x {name}" if n > 1 else name for name, n in made.items())
    via = f" ({calls})" if calls else ""
    return f"{_step(data.step, data.way)}: asked for{via}, answered within {took}."


def _settled(data: ev.StepSettled) -> str:
    name = _step(data.step, data.way)
    why = data.facts.get("why") or data.facts.get("answer")
    told = f": {why}" if isinstance(why, str) and why else ""
    if data.noop:
        return f"{name}: it was so already, nothing was asked for{told}."
    return f"{name}: settled{told}."


def _failed(data: ev.StepFailed) -> str:
    return f"{_step(data.step, data.way)}: {_WORLD[data.world]}: {data.message}"


def _reconciled(data: ev.StepReconciled) -> str:
    then = "; it will be asked for again" if data.repeat else ""
    return f"{_step(data.step, data.way)}: we looked: {_PROGRESS[data.progress]}{then}."


def _resolved(data: ev.StepResolved) -> str:
    return f'{_step(data.step, data.way)}: {data.who} answered "{data.answer}".'


def _kept(data: ev.StepKept) -> str:
    what = "cannot be put back" if data.irreversible else "nothing to put back"
    return f"{data.step}: {what}: {data.why}"


def _decided(data: ev.DecisionRecorded) -> str:
    how = f" ({data.how}, plan {data.plan_sha256[:12]})" if data.how else ""
    said = f": {data.message}" if data.message else "."
    return f"{data.step}: {data.who} {_ANSWERS.get(data.answer, data.answer)}{how}{said}"


def _closed(data: ev.RunClosed) -> str:
    ending = _ENDINGS.get(data.ending, f"The run is over: {data.ending}.")
    if data.left:
        ending = f"{ending} STILL CHANGED: {'; '.join(data.left)}."
    if data.kept:
        return f"{ending} Irreversible, as said beforehand: {'; '.join(data.kept)}"
    return ending if data.left else f"{ending} Nothing is left changed."


WORDS: dict[type[Data], _Words] = dict(
    (
        _entry(ev.RunCreated, _created),
        _entry(ev.RunAdopted, _adopted),
        _entry(ev.ObserverStarted, lambda d: f"The observer is watching (process {d.pid})."),
        _entry(
            ev.SamplesAnchored,
            lambda d: f"{d.bytes} bytes of {d.file} are sealed as {d.sha256[:12]}.",
        ),
        _entry(
            ev.CheckBaselined,
            lambda d: f"{d.step}: looked before the disruption, to compare with afterwards.",
        ),
        _entry(ev.ProbeProven, _proven),
        _entry(
            ev.WatchdogArmed,
            lambda d: (
                f"The watchdog is armed (process {d.pid}): it puts everything back when nobody "
                f"has given a sign of life for {Duration(d.after_us)}."
            ),
        ),
        _entry(
            ev.WatchdogDisarmed,
            lambda d: f"The watchdog (process {d.pid}) has nothing left to do, and ends.",
        ),
        _entry(ev.StepIntended, _intended),
        _entry(ev.StepRequested, _requested),
        _entry(ev.StepSettled, _settled),
        _entry(ev.StepFailed, _failed),
        _entry(
            ev.StepDoubted,
            lambda d: f"{_step(d.step, d.way)}: in doubt, we must look first: {d.why}",
        ),
        _entry(ev.StepReconciled, _reconciled),
        _entry(ev.StepHeld, lambda d: f"{_step(d.step, d.way)}: held for a person: {d.question}"),
        _entry(ev.StepResolved, _resolved),
        _entry(ev.StepKept, _kept),
        _entry(ev.GateOpened, lambda d: f"{d.step}: waiting: {d.prompt}"),
        _entry(ev.DecisionRecorded, _decided),
        _entry(ev.GuardTripped, lambda d: f"Guard {d.guard} tripped: {d.why}"),
        _entry(ev.StopRequested, lambda d: f"{d.who} asked to stop: {d.why}"),
        _entry(ev.NoteAdded, lambda d: f"Note by {d.who}: {d.text}"),
        _entry(ev.WarningRaised, lambda d: f"Warning {d.code}: {d.text}"),
        _entry(
            ev.ArtifactRecorded,
            lambda d: f"Kept {d.name}, {d.bytes} bytes, as evidence ({d.sha256[:12]}).",
        ),
        _entry(ev.ReturnBegan, lambda d: f"Now everything is put back: {d.why}"),
        _entry(ev.RunClosed, _closed),
    )
)
