"""Names in a drill that point at other things in it: whether they exist and make sense.

These checks read the data as written, so that they also speak when a field elsewhere is wrong.
What has the wrong shape is passed over here: `shapes` has said so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

from pydantic import JsonValue

from dr.core import codes
from dr.core.positions import Path, Problems, shown
from dr.model.gates import APPROVE, NOTE
from dr.model.units import Duration

RESERVED: Final = "dr-"
SHORTEST_PERIOD: Final = Duration(10_000)
"""A new connection every 10 ms is what one process can do beside others without being late."""

PHASES: Final = ("disrupt", "recover", "verify", "return")
Object = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapping of a list (or of `sites`), and its place."""

    path: Path
    data: Object

    def text(self, field: str) -> str | None:
        """Return a field's text, or None if it is absent or something else."""
        value = self.data.get(field)
        return value if isinstance(value, str) else None

    def at(self, field: str) -> Path:
        """Return the place of a field."""
        return (*self.path, field)


def check_references(data: Object, problems: Problems) -> None:
    """Note every name that points at nothing, and every value that makes no sense."""
    probes, marks = list(_entries(data, "probes")), list(_entries(data, "marks"))
    detectors = list(_entries(data, "detect"))
    steps = {phase: list(_entries(data, phase)) for phase in PHASES}
    every_step = [step for phase in PHASES for step in steps[phase]]
    for kind, entries in (("probe", [*probes, *detectors]), ("marks", marks), ("step", every_step)):
        _check_ids(kind, entries, problems)
    _check_objectives(data, _ids(probes), _ids(marks), problems)
    _check_guards(data, _ids(probes), problems)
    users = [*probes, *marks, *detectors, *every_step, *_entries(data, "guards")]
    _check_sites(data, users, problems)
    for entry in [*probes, *marks, *detectors]:
        _check_timing(entry, problems)
    for phase in PHASES:
        _check_order(phase, steps, problems)
    for step in every_step:
        _check_step(step, problems)


def _entries(data: Object, field: str) -> Iterator[Entry]:
    listed = data.get(field)
    if isinstance(listed, list):
        for index, item in enumerate(listed):
            if isinstance(item, dict):
                yield Entry((field, index), item)


def _ids(entries: list[Entry]) -> dict[str, Entry]:
    return {name: entry for entry in entries if (name := entry.text("id"))}


def _object(data: Object, *fields: str) -> Object:
    for field in fields:
        inner = data.get(field)
        data = inner if isinstance(inner, dict) else {}
    return data


def _check_ids(kind: str, entries: list[Entry], problems: Problems) -> None:
    first: dict[str, Path] = {}
    for entry in entries:
        name, place = entry.text("id"), entry.at("id")
        if name is None:
            continue
        if name.startswith(RESERVED):
            message = f"the id `{shown(name)}` is reserved"
            label = f"`{RESERVED}` marks the steps that `dr` adds by itself"
            problems.at(codes.RESERVED_ID, place, message, label)
        if name in first:
            before = problems.positions.value(first[name])
            label = f"first on line {before.line}" if before else ""
            message = f"two of the {kind} ids are `{shown(name)}`"
            problems.at(codes.DUPLICATE_ID, place, message, label)
        first.setdefault(name, place)


def _check_objectives(
    data: Object, probes: Mapping[str, Entry], marks: Mapping[str, Entry], problems: Problems
) -> None:
    rto, rpo = (
        Entry(("objectives", "rto"), _object(data, "objectives", "rto")),
        Entry(("objectives", "rpo"), _object(data, "objectives", "rpo")),
    )
    _check_probe(rto, probes, problems)
    judged = probes.get(rto.text("probe") or "")
    if judged and judged.data.get("control") is True:
        message = "a control probe cannot measure an objective"
        label = "it asks what the drill must not touch"
        problems.at(codes.CONTROL_JUDGED, rto.at("probe"), message, label)
    name = rpo.text("marks")
    if name is not None and name not in marks:
        message = f"there are no marks `{shown(name)}`"
        help_ = problems.suggest(name, marks, "declare them under `marks:`")
        problems.at(codes.UNKNOWN_MARKS, rpo.at("marks"), message, help_=help_)
    _check_give_up(rto, problems)


def _check_give_up(rto: Entry, problems: Problems) -> None:
    target, give_up = _duration(rto, "target"), _duration(rto, "give_up")
    if target is not None and give_up is not None and give_up <= target:
        message = f"`give_up` ({give_up}) ends the wait before the target ({target}) is missed"
        problems.at(codes.GIVE_UP, rto.at("give_up"), message, help_="wait longer than the target")


def _check_probe(entry: Entry, probes: Mapping[str, Entry], problems: Problems) -> None:
    name = entry.text("probe")
    if name is not None and name not in probes:
        message = f"there is no probe `{shown(name)}`"
        help_ = problems.suggest(name, probes, "declare it under `probes:`")
        problems.at(codes.UNKNOWN_PROBE, entry.at("probe"), message, help_=help_)


def _check_guards(data: Object, probes: Mapping[str, Entry], problems: Problems) -> None:
    sites = _object(data, "sites")
    for guard in _entries(data, "guards"):
        _check_probe(guard, probes, problems)
        if guard.text("alarm") is not None and "site" not in guard.data and len(sites) != 1:
            message = "a guard with an alarm needs a site"
            help_ = problems.suggest("", sites, "declare one under `sites:`")
            problems.at(codes.SITE_NEEDED, guard.at("alarm"), message, help_=help_)


def _check_sites(data: Object, users: list[Entry], problems: Problems) -> None:
    sites = _object(data, "sites")
    for user in users:
        name = user.text("site")
        if name is not None and name not in sites:
            help_ = problems.suggest(name, sites, "declare it under `sites:`")
            message = f"there is no site `{shown(name)}`"
            problems.at(codes.UNKNOWN_SITE, user.at("site"), message, help_=help_)
    blast = _object(data, "blast_radius")
    for name in sites:
        site = Entry(("sites", name), _object(data, "sites", name))
        for field, allowed, code in (
            ("account", "accounts", codes.OUTSIDE_ACCOUNTS),
            ("region", "regions", codes.OUTSIDE_REGIONS),
        ):
            value, listed = site.text(field), _texts(blast.get(allowed))
            if value is not None and listed is not None and value not in listed:
                message = f"`{shown(value)}` of site `{shown(name)}` is outside the blast radius"
                label = f"not one of `blast_radius.{allowed}`"
                problems.at(code, site.at(field), message, label)


def _texts(value: JsonValue) -> list[JsonValue] | None:
    """Return a list of texts, or None if it is something else."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    return None


def _duration(entry: Entry, field: str) -> Duration | None:
    text = entry.text(field)
    try:
        return None if text is None else Duration.parse(text)
    except ValueError:
        return None


def _check_timing(entry: Entry, problems: Problems) -> None:
    every = _duration(entry, "every")
    if every is not None and every < SHORTEST_PERIOD:
        message = f"`every` is {every}; the shortest period is {SHORTEST_PERIOD}"
        problems.at(codes.PERIOD, entry.at("every"), message)
    within = _duration(entry, "within")
    if within is not None and within == 0:
        problems.at(codes.TIME_LIMIT, entry.at("within"), "a time limit of nothing")


def _check_step(step: Entry, problems: Problems) -> None:
    if _duration(step, "within") == 0:
        problems.at(codes.NO_TIME, step.at("within"), "a step needs time", "its deadline is zero")
    kind = step.text("kind")
    if kind is None:
        return
    if "prompt" in step.data and not kind.startswith("human."):
        message = f"`prompt` is for people, and `{shown(kind)}` asks nobody"
        problems.at_key(codes.PROMPT_MISPLACED, step.at("prompt"), message)
    if kind in {APPROVE, NOTE} and not (step.text("prompt") or "").strip():
        message = f"`{kind}` needs a `prompt`"
        problems.at(codes.PROMPT_MISSING, step.at("kind"), message, "what is the person told?")


def _check_order(phase: str, steps: Mapping[str, list[Entry]], problems: Problems) -> None:
    elsewhere = {name: other for other in PHASES for name in _ids(steps[other])}
    here = _ids(steps[phase])
    for step in steps[phase]:
        after = step.data.get("after")
        for index, name in enumerate(after if isinstance(after, list) else []):
            if not isinstance(name, str) or name in here:
                continue
            message = f"there is no step `{shown(name)}` in `{phase}`"
            label = f"it is in `{elsewhere[name]}`" if name in elsewhere else ""
            help_ = (
                "phases follow each other by themselves; name steps of this one"
                if name in elsewhere
                else problems.suggest(name, here)
            )
            problems.at(codes.UNKNOWN_AFTER, (*step.at("after"), index), message, label, help_)
    circle = _circle(steps[phase])
    for step in steps[phase]:
        if circle and step.text("id") in circle:
            message = f"these steps wait for each other: {shown(' → '.join(circle))}"
            problems.at_key(codes.AFTER_CYCLE, step.at("after"), message)
            break


def after_of(steps: list[Entry]) -> dict[str, list[str]]:
    """Return what each step of a phase waits for: what it says, or else the step above."""
    waits: dict[str, list[str]] = {}
    above: list[str] = []
    for step in steps:
        name = step.text("id")
        if name is None:
            continue
        after = step.data.get("after")
        waits[name] = [str(n) for n in after] if isinstance(after, list) else above
        above = [name]
    return waits


def _circle(steps: list[Entry]) -> list[str]:
    """Return the ids of steps that wait for each other, or nothing."""
    try:
        TopologicalSorter(after_of(steps)).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []
