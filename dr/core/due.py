"""Where a scheduled drill stands: a pure function of its rule, what happened, and now.

Time may jump: what was begun is known by the key of its occurrence, never by comparing times, so
that no clock can make it be begun again. What is over counts by time: three ages are kept apart,
because a failed drill is a test and an aborted one an attempt, but neither is a pass.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from dr.core.occurrences import Rule, instant, makeups
from dr.model.due import Ages, Attempt, Decision, Occurrence, Present, Standing, State

SOON: Final = timedelta(days=14)


@dataclass(frozen=True)
class Owed:
    """A rule beside what happened: the attempts at its drill, and what people decided."""

    rule: Rule
    attempts: tuple[Attempt, ...]
    decisions: tuple[Decision, ...]
    present: Present
    soon: timedelta = SOON

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.present.now

    @cached_property
    def begun(self) -> frozenset[str]:
        """Keys of the occurrences that were begun, whatever the clocks say."""
        return frozenset(one.occurrence for one in self.attempts if one.occurrence)

    @cached_property
    def counting(self) -> tuple[Attempt, ...]:
        """The attempts that count: a rehearsal proves nothing of what is live, nor the reverse."""
        own = (one for one in self.attempts if one.simulated == self.rule.entry.sandbox)
        return tuple(sorted(own, key=lambda one: (one.started, one.run)))

    @cached_property
    def ages(self) -> Ages:
        """When it was last attempted, last conclusive, last passed."""
        ended = [one for one in self.counting if one.ended is not None]
        return Ages(
            attempted=max((one.started for one in self.counting), default=None),
            conclusive=_last(ended, lambda one: one.conclusive),
            passed=_last(ended, lambda one: one.passed),
        )

    @cached_property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Every occurrence up to now, with what was decided about it."""
        last = (self.now + timedelta(days=1)).astimezone(self.rule.zone).date()
        return tuple(map(self.decided, self.rule.between(self.rule.starts, last)))

    @cached_property
    def next(self) -> Occurrence | None:
        """The first occurrence after now that is held and was not begun."""
        day = self.now.astimezone(self.rule.zone).date()
        for one in self.rule.between(day, day + timedelta(days=2_000)):
            here = self.decided(one)
            if here.start > self.now and not here.skipped and not self.taken(here):
                return here
        return None

    def decided(self, one: Occurrence) -> Occurrence:
        """Return an occurrence as it is after what people decided; the last decision holds."""
        for said in self.decisions:
            if said.key != one.key:
                continue
            if said.what == "skip":
                one = replace(one, skipped=f"{said.why} ({said.by})")
            elif said.what == "reschedule" and said.start is not None:
                until = said.start + (one.until - one.start)
                moved = f"moved: {said.why} ({said.by})"
                one = replace(one, start=said.start, until=until, moved=moved, skipped="")
        return one

    def taken(self, one: Occurrence) -> bool:
        """Say whether an occurrence was begun by its key, or its drill was concluded meanwhile."""
        return one.key in self.begun or bool(self.concluded(one))

    def concluded(self, one: Occurrence) -> str:
        """Return the run by which the drill came to a conclusion in the period; "" if none."""
        begins = instant(one.begins, "00:00", self.rule.zone)
        ends = instant(one.ends, "00:00", self.rule.zone) if one.ends.year < 9000 else None  # noqa: PLR2004 - the last one of a rule has no end
        for run in self.counting:
            inside = begins <= run.started and (ends is None or run.started < ends)
            if run.conclusive and (run.occurrence == one.key or inside):
                return run.run
        return ""

    def approved(self, one: Occurrence) -> Decision | None:
        """Return who approved an occurrence, if anybody did."""
        found = [d for d in self.decisions if d.what == "approve" and d.key == one.key]
        return found[-1] if found else None

    def window(self, one: Occurrence) -> Occurrence | None:
        """Return an occurrence with the window that is open now; None if there is none."""
        windows: Iterable[tuple[datetime, datetime]] = [(one.start, one.until)]
        if self.rule.entry.missed == "run-if-in-window":
            windows = [
                *windows,
                *makeups(one, self.rule, self.now.astimezone(self.rule.zone).date()),
            ]
        for start, until in windows:
            if start <= self.now < until:
                return replace(one, start=start, until=until)
        return None

    @cached_property
    def open(self) -> Occurrence | None:
        """The occurrence that may begin now."""
        today = self.now.astimezone(self.rule.zone).date()
        # It never leaves its period, so it is in that of today, or (past midnight) of yesterday.
        near = self.rule.between(today - timedelta(days=1), today + timedelta(days=1))
        for one in map(self.decided, near):
            if one.skipped or one.start > self.now or self.taken(one):
                continue
            found = self.window(one)
            if found is not None:
                return found
        return None

    @cached_property
    def missed(self) -> Occurrence | None:
        """The last occurrence whose window has passed, if nobody began it."""
        closed = [one for one in self.occurrences if one.until <= self.now]
        last = closed[-1] if closed else None
        if last is None or last.skipped or self.taken(last):
            return None
        # A later conclusion makes up for it: what is owed now is the next one.
        later = any(run.conclusive and run.started >= last.until for run in self.counting)
        return None if later else last

    @cached_property
    def waiver(self) -> Decision | None:
        """Who answers for not drilling now, if anybody does."""
        day = self.now.astimezone(self.rule.zone).date()
        waivers = [d for d in self.decisions if d.what == "waive" and d.drill == self.rule.drill]
        last = waivers[-1] if waivers else None
        return last if last is not None and last.until is not None and day < last.until else None

    @cached_property
    def stale(self) -> str:
        """Why the last pass does not speak of what there is now; "" if it does."""
        passes = [one for one in self.counting if one.passed and one.ended is not None]
        if not passes:
            return ""
        last = max(passes, key=lambda one: one.ended or one.started)
        if last.definition_sha256 != self.present.definition_sha256:
            return f"the drill was edited after {last.run} passed"
        if self.present.plan is not None and last.plan and last.plan != self.present.plan:
            return f"the infrastructure is another than when {last.run} passed"
        if self.present.drifted:
            return "the infrastructure is not what Terraform last made of it"
        return ""


def standing(owed: Owed) -> Standing:
    """Return where a scheduled drill stands."""
    state, why, since = _state(owed)
    ended = [one for one in owed.counting if one.conclusive]
    last = owed.attempts[-1] if owed.attempts else None
    return Standing(
        drill=owed.rule.drill,
        state=state,
        why=why,
        ages=owed.ages,
        open=None if owed.waiver is not None else owed.open,
        missed=owed.missed,
        next=owed.next,
        since=since,
        stale=owed.stale,
        dirty=last.run if last is not None and last.dirty else "",
        failed=ended[-1].run if ended and not ended[-1].passed else "",
    )


def _state(owed: Owed) -> tuple[State, str, datetime | None]:
    return next(_states(owed))


def _states(owed: Owed) -> Iterator[tuple[State, str, datetime | None]]:
    """Return what could be said of it, what matters most first."""
    if owed.waiver is not None:
        said = owed.waiver
        yield State.WAIVED, f"until {said.until}, by {said.by}: {said.why}", None
    passed = owed.ages.passed
    begin = passed or instant(owed.rule.starts, "00:00", owed.rule.zone)
    age = owed.now - begin
    if age > owed.rule.max_age:
        what = "its last pass is" if passed else "it never passed; it has been owed for"
        old = f"{days(age)} old" if passed else days(age)
        why = f"{what} {old}, {days(owed.rule.max_age)} are allowed"
        yield State.OVERDUE, why, begin + owed.rule.max_age
    if owed.open is not None:
        until = _said(owed.open.until, owed.rule)
        yield State.IN_WINDOW, f"{owed.open.period} may begin until {until}", None
    if owed.missed is not None:
        yield State.MISSED, f"nobody began {owed.missed.period}", owed.missed.until
    if unproved := _unproved(owed):
        yield State.DUE, unproved, None
    if owed.next is not None and owed.next.start - owed.now <= owed.soon:
        start = _said(owed.next.start, owed.rule)
        yield State.UPCOMING, f"{owed.next.period} begins {start}", None
    if passed is None:
        yield State.NEVER, "it was never attempted", None
    yield State.FRESH, f"passed {days(age)} ago", None


def _unproved(owed: Owed) -> str:
    """Say why the last attempt, or the last pass, proves nothing; "" if it does."""
    if not owed.counting:
        return ""
    last = owed.counting[-1]
    if last.ended is None:
        return f"{last.run} has no outcome yet"
    if not last.passed:
        return f"{last.run} ended as {last.verdict}"
    return owed.stale


def _last(attempts: Sequence[Attempt], wanted: Callable[[Attempt], bool]) -> datetime | None:
    return max((one.ended for one in attempts if one.ended and wanted(one)), default=None)


def days(age: timedelta) -> str:
    """Return an age in whole days for people: a part of a day is none."""
    whole = age // timedelta(days=1)
    return "1 day" if whole == 1 else f"{whole} days"


def _said(at: datetime, rule: Rule) -> str:
    return at.astimezone(rule.zone).strftime("%Y-%m-%d %H:%M %Z")
