"""Where findings stand: the findings of a sealed result, and the addenda since, folded in order.

Nothing sealed is ever edited: what is known of a finding today is a function of what was sealed
and what was added.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from dr.model.result import Result
from dr.model.tracked import FILE, FindingChange, FindingState, TrackedFinding
from dr.model.verdict import Finding, Severity, Verdict

_KEPT = ("run_id", "finding", "at", "by", "schema_")


MISSED, UNFINISHED = "objective", "incomplete"
"""Codes of what is a finding although no rule of measuring has found it."""


def owed(result: Result | None) -> tuple[Finding, ...]:
    """Return what a run has found: its findings, then each objective that it did not meet."""
    if result is None:
        text = "the run died before its end, and nothing was concluded"
        return (Finding(code=UNFINISHED, severity=Severity.ERROR, text=text),)
    missed = (
        Finding(
            code=MISSED,
            severity=Severity.ERROR if one.verdict is Verdict.FAIL else Severity.WARNING,
            text=f"{one.id}: {one.verdict.value}: {one.why}",
            about=one.id,
        )
        for one in result.objectives
        if one.verdict is not Verdict.PASS
    )
    return (*result.findings, *missed)


def tracked(
    run_id: str, findings: Iterable[Finding], changes: Iterable[FindingChange]
) -> tuple[TrackedFinding, ...]:
    """Return every finding of a run (see `owed`) as it stands."""
    found = {f"F{n}": _fresh(run_id, f"F{n}", one) for n, one in enumerate(findings, start=1)}
    for change in changes:
        before = found.get(change.finding)
        if before is None:
            made = Finding(code="", severity=change.severity or Severity.WARNING, text="")
            before = _fresh(run_id, change.finding, made)
        found[change.finding] = _changed(before, change)
    return tuple(found.values())


def _fresh(run_id: str, id_: str, one: Finding) -> TrackedFinding:
    state = FindingState.NOTED if one.severity is Severity.INFO else FindingState.OPEN
    return TrackedFinding(
        id=id_, run_id=run_id, code=one.code, severity=one.severity, text=one.text,
        about=one.about, state=state,
    )  # fmt: skip


def _changed(before: TrackedFinding, change: FindingChange) -> TrackedFinding:
    said = {
        name: getattr(change, name)
        for name in type(change).model_fields
        if name not in _KEPT and getattr(change, name) is not None
    }
    if before.code:  # what the run found out is sealed: no addendum words it anew
        said = {k: v for k, v in said.items() if k not in {"text", "severity"}}
    if before.state is FindingState.NOTED and said.keys() & {"action", "owner", "due"}:
        said.setdefault("state", FindingState.OPEN)  # somebody owes something after all
    said.update(changes=before.changes + 1, changed_at=change.at)
    return before.model_copy(update=said)


def changes_in(run_id: str, files: Mapping[str, bytes]) -> tuple[list[FindingChange], list[str]]:
    """Return the changes in the addenda of a run, in order, and what is wrong with others.

    files: name → content, of a whole bundle.
    """
    found, wrong = list[FindingChange](), list[str]()
    for name in sorted(n for n in files if n.startswith("addenda/") and n.endswith(f"/{FILE}")):
        try:
            change = FindingChange.model_validate_json(files[name])
        except ValueError:
            wrong.append(f"{name} is no change to a finding")
            continue
        if change.run_id == run_id:
            found.append(change)
        else:
            wrong.append(f"{name} speaks of {change.run_id}, not of {run_id}")
    return found, wrong


def next_id(known: Sequence[TrackedFinding]) -> str:
    """Return the id of the next finding that somebody makes."""
    return f"F{max((int(one.id[1:]) for one in known), default=0) + 1}"


def cannot_close(one: TrackedFinding, retest: str | None, why: str | None) -> str:
    """Say why a finding cannot be closed so; "" if it can."""
    if one.state is FindingState.CLOSED:
        return f"{one.id} is closed already"
    if one.severity is Severity.ERROR and retest is None:
        return f"{one.id} is an error: only a retest that passed, or an accepted risk, ends it"
    if retest is None and not why:
        return f"{one.id} is closed by a retest, or with a reason (-m)"
    return ""


def is_day(text: str) -> bool:
    """Say whether a text is a day of the calendar, YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
