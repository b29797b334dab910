"""A drill in the making: what could be taken over, and the gaps."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from dr.core.positions import Path
from dr.core.yaml_nodes import FORBIDDEN
from dr.model.base import Json
from dr.model.units import SECOND_US, Duration

UNKNOWN: Final = "fill-me-in"
"""Stands where a name is not known: nothing is called that, so that a run refuses."""

ALARM: Final = re.compile(r"arn:[a-z-]+:cloudwatch:([a-z0-9-]+):([0-9]{12}):alarm:(.+)")
_ARN: Final = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:([a-z0-9-]*):([0-9]{12}):(.+)", re.DOTALL)
_ISO: Final = re.compile(
    r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?"
)
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_LONGEST: Final = 40


class Inexpressible(Exception):
    """No drill can say this; the text says why."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a person must look at. section: of the drill, in which it is marked."""

    section: str
    text: str
    path: Path = ()  # in the foreign file


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a section, and what is to be said above it."""

    data: Json
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What the person has said beside the file; None and empty: nothing."""

    name: str | None = None
    service: str | None = None
    owner: str | None = None
    account: str | None = None
    region: str | None = None
    url: str | None = None
    rto: Duration | None = None
    targets: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Outline:
    """What is known of the drill so far."""

    origin: str
    title: str = ""
    account: str | None = None
    region: str | None = None
    role: str | None = None
    probes: list[Entry] = field(default_factory=list)
    detect: list[Entry] = field(default_factory=list)
    guards: list[Entry] = field(default_factory=list)
    disrupt: list[Entry] = field(default_factory=list)
    back: list[Entry] = field(default_factory=list)  # empty: return: undo
    gaps: list[Gap] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)

    def gap(self, section: str, text: str, path: Path = ()) -> None:
        """Note what a person must look at."""
        self.gaps.append(Gap(section, text, path))

    def id(self, wanted: object) -> str:
        """Return an id like this that nothing else has."""
        first = chosen = slug(wanted)
        number = 2
        while chosen in self._ids:
            chosen, number = f"{first}-{number}", number + 1
        self._ids.add(chosen)
        return chosen

    def place(self, arn: object) -> bool:
        """Take account and Region from an ARN; say whether it is where the others are."""
        match = _ARN.fullmatch(arn) if isinstance(arn, str) else None
        if match is None:
            return True
        self.region = self.region or region(match[1])
        self.account = self.account or match[2]
        return match[1] in {"", self.region} and match[2] == self.account

    def changes(self) -> int:
        """Return how many steps change something."""
        return sum(one.data["kind"] != "wait" for one in (*self.disrupt, *self.back))


def region(value: str | None) -> str | None:
    """Return a text if it has the form of a Region's name."""
    return value if value is not None and _REGION.fullmatch(value) else None


def slug(text: object) -> str:
    """Return a text as a name: lower case, digits, dashes."""
    lower = re.sub(r"[^a-z0-9]+", "-", str(text).lower()[:200]).strip("-")
    if not lower or not "a" <= lower[0] <= "z" or lower.startswith("dr-"):
        lower = f"x-{lower}".rstrip("-")
    whole_words = lower[: _LONGEST + 1].rpartition("-")[0] if len(lower) > _LONGEST else lower
    return whole_words or lower[:_LONGEST]


def resource(arn: str) -> str:
    """Return the name at the end of an ARN; what is no ARN is the name itself."""
    match = _ARN.fullmatch(arn)
    return re.split(r"[:/]", match[3])[-1] if match else arn


def iso_length(value: object) -> Duration | None:
    """Return a length such as PT10M; None if it is none, or of no length."""
    match = _ISO.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return Duration(total * SECOND_US) if total else None


def mapping(value: object) -> dict[str, JsonValue]:
    """Return a value if it is a mapping with text as keys, else an empty one."""
    return value if isinstance(value, dict) and all(isinstance(k, str) for k in value) else {}


def listing(value: object) -> list[JsonValue]:
    """Return a value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object, what: str) -> str:
    """Return a text that a drill can hold. Raises Inexpressible."""
    if not isinstance(value, str) or not value:
        raise Inexpressible(f"{what} is not given as text")
    if FORBIDDEN.search(value):
        raise Inexpressible(f"{what} has an invisible character")
    return value


def texts_of(values: Iterable[object], what: str) -> list[JsonValue]:
    """Return texts that a drill can hold. Raises Inexpressible."""
    return [text(str(v) if type(v) is int else v, what) for v in values]


def wait_step(id_: str, length: Duration) -> Json:
    """Return a step that waits."""
    within = Duration(length + 60 * SECOND_US)
    return {"id": id_, "kind": "wait", "within": str(within), "with": {"for": str(length)}}
