"""Two runs side by side. A difference is claimed only where the intervals do not touch."""

from dr.model.base import Record
from dr.model.portfolio import Outcome
from dr.model.result import Achieved, ObjectiveResult


class Difference(Record):
    """One objective of two runs."""

    objective: str
    before: ObjectiveResult | None
    after: ObjectiveResult | None
    said: str  # faster, slower, or why neither can be said


class Comparison(Record):
    """Two runs. reservations: why the comparison is worth less than it seems."""

    before: Outcome
    after: Outcome
    reservations: tuple[str, ...]
    objectives: tuple[Difference, ...]


def compare(before: Outcome, after: Outcome) -> Comparison:
    """Return what differs between an older run and a newer one."""
    first, second = ({one.id: one for one in run.objectives} for run in (before, after))
    ids = [*first, *(id_ for id_ in second if id_ not in first)]
    rows = (_difference(id_, first.get(id_), second.get(id_)) for id_ in ids)
    return Comparison(
        before=before,
        after=after,
        reservations=_reservations(before, after),
        objectives=tuple(rows),
    )


def _difference(id_: str, one: ObjectiveResult | None, two: ObjectiveResult | None) -> Difference:
    if one is None or two is None:
        said = "only one of them has this objective"
    elif one.achieved is None or two.achieved is None:
        said = "not measured in both"
    else:
        said = _moved(one.achieved, two.achieved)
    return Difference(objective=id_, before=one, after=two, said=said)


def _moved(one: Achieved, two: Achieved) -> str:
    if two.upper_ms is not None and two.upper_ms < one.lower_ms:
        return "better"
    if one.upper_ms is not None and two.lower_ms > one.upper_ms:
        return "worse"
    return "no difference can be shown: the intervals touch"


def _reservations(before: Outcome, after: Outcome) -> tuple[str, ...]:
    found = []
    if before.drill != after.drill:
        found.append(f"they are runs of two drills: {before.drill} and {after.drill}")
    elif before.definition != after.definition:
        found.append("the drill was edited in between: they belong to two series")
    if before.simulated != after.simulated:
        found.append("one was a rehearsal in a sandbox, the other was real")
    if before.environment != after.environment:
        found.append(f"one was in {before.environment}, the other in {after.environment}")
    return tuple(found)
