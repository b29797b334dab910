"""What a report says, ready to be set: every field is text for people, already clean.

A renderer only lays these values out. HTML, terminal text and whatever comes later say the same
because they are handed the same `Page`.
"""

from dataclasses import dataclass

from dr.report.bar import Bar
from dr.report.controls import Support
from dr.report.people import Person
from dr.report.svg import Figure


@dataclass(frozen=True, slots=True)
class Digests:
    """Which bytes the report speaks of. The seal's digest cannot be here: it covers the report."""

    result: str  # sha256 of result.json
    journal_head: str  # sha256 of the last line of events.jsonl, without its line feed
    events: int
    plan: str = ""  # sha256 of plan.json
    copy_of: str = ""  # of a redacted copy: sha256 of the seal of what it was made from


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Card:
    """One objective: target, what was achieved, and the two drawn against each other."""

    id: str
    title: str
    metric: str  # "RTO" or "RPO": the target's name
    target: str
    achieved: str
    basis: str
    measured_by: str
    verdict: str
    why: str
    bar: Bar | None


@dataclass(frozen=True, slots=True)
class Table:
    """A small table; every row has as many cells as there are heads."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    numbers: bool = False  # all cells but a row's first are figures


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a change: `name: old → new`, or `name: new` where nothing changes."""

    name: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the run."""

    id: str
    kind: str
    phase: str
    site: str
    state: str  # a word: settled, failed, not reached, ...
    bad: bool
    asked: str  # T+…
    asked_at: str  # UTC
    took: str
    change: tuple[FieldChange, ...]
    requests: tuple[str, ...]
    remark: str
    undone: str
    undone_why: str
    undone_bad: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's or a guard's word, and when."""

    when: str
    at: str
    who: str
    what: str
    message: str


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding or deviation."""

    severity: str  # error | warning | info
    text: str
    about: str
    code: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    title: str
    drill: str
    run: str
    simulated: bool
    verdict: str
    dirty: bool
    sentence: str
    facts: tuple[Fact, ...]
    cards: tuple[Card, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]
    steps: tuple[StepRow, ...]
    decisions: tuple[Decision, ...]
    deviations: tuple[Remark, ...]
    findings: tuple[Remark, ...]
    left: tuple[str, ...]
    kept: tuple[str, ...]
    rules: tuple[Fact, ...]
    limits: tuple[str, ...]
    digests: Digests
    tool: str
    went: str  # where the time went, in a sentence; "" if no phase is known
    people: tuple[Person, ...]
    people_note: str
    success: tuple[str, ...]  # the conditions in words
    controls: tuple[Support, ...]
    later: tuple[str, ...]  # what was added after the seal

    @property
    def supported(self) -> tuple[Support, ...]:
        """The controls that the run supports."""
        return tuple(one for one in self.controls if not one.missing)

    @property
    def unsupported(self) -> tuple[Support, ...]:
        """The others, each with what is missing."""
        return tuple(one for one in self.controls if one.missing)
