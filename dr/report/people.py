"""Who was to take part, and who is seen in the journal to have done something.

The journal knows people as their machine or their credentials name them: "ada@laptop", an ARN. A
planned name meets such a name when it is the whole of it, or its part before the "@", or the last
part of the ARN. Who is not met is "not seen", which is not "was not there": a journal sees who
types, not who watches.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dr.model import event as ev
from dr.model.audited import Participant
from dr.model.event import Event
from dr.model.plan import Plan
from dr.report.untrusted import clean, shortened

_LONGEST = 300
_MOST = 12


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the list of participants."""

    role: str
    who: str
    team: str
    planned: bool
    independent: bool
    did: str  # what the journal says they did; "" if they are not seen


def people(plan: Plan, events: Sequence[Event]) -> tuple[Person, ...]:
    """Return the planned participants in their order, then whoever else is seen."""
    acts = _acts(events)
    met: set[str] = set()
    told = []
    for one in plan.participants:
        names = [who for who in acts if _is(one, who)]
        met.update(names)
        told.append(
            Person(
                role=shortened(one.role, _LONGEST),
                who=shortened(one.name or "nobody named", _LONGEST),
                team=shortened(one.team or "", _LONGEST),
                planned=True,
                independent=one.independent,
                did=_joined([act for name in names for act in acts[name]]),
            )
        )
    others = (
        Person("", shortened(who, _LONGEST), "", planned=False, independent=False, did=_joined(did))
        for who, did in acts.items()
        if who not in met
    )
    return (*told, *others)


def one_hand(events: Sequence[Event]) -> str:
    """Return who has approved a run that they started themselves, if anybody has."""
    starters = {clean(e.data.started_by) for e in events if isinstance(e.data, ev.RunCreated)}
    approved = {
        clean(e.data.who)
        for e in events
        if isinstance(e.data, ev.DecisionRecorded) and e.data.answer == "approve"
    }
    return ", ".join(sorted(starters & approved))


def _is(one: Participant, who: str) -> bool:
    if one.name is None:
        return False
    name, known = clean(one.name).casefold(), who.casefold()
    last = known.rsplit("/", 1)[-1]
    return name in {known, last, last.partition("@")[0]}


def _acts(events: Sequence[Event]) -> dict[str, list[str]]:
    """Return what each person is seen to have done, in the order in which they appear."""
    acts: dict[str, list[str]] = {}
    for event in events:
        act = _act(event.data)
        if act is not None and act[1] not in acts.setdefault(clean(act[0]), []):
            acts[clean(act[0])].append(act[1])
    return acts


def _act(data: ev.Data) -> tuple[str, str] | None:
    match data:
        case ev.RunCreated():
            return data.started_by, "started the run"
        case ev.DecisionRecorded():
            word = {"approve": "approved", "deny": "denied"}.get(data.answer, data.answer)
            return data.who, f"{word} {data.step}"
        case ev.StepResolved():
            return data.who, f"answered for {data.step}"
        case ev.StopRequested():
            return data.who, "stopped the run"
        case ev.NoteAdded():
            return data.who, "made notes"
        case _:
            return None


def _joined(acts: list[str]) -> str:
    more = f", and {len(acts) - _MOST} more" if len(acts) > _MOST else ""
    return shortened(", ".join(acts[:_MOST]), 2 * _LONGEST) + more
