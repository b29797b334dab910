"""The texts that make evidence checkable: manifest, seal, addendum, register lines.

Each is plain text with one reading only, so that three verifiers in three languages cannot
disagree about it: fixed fields in a fixed order, printable ASCII, one line end. What is signed is
the seal, because a person can read it before signing; it names everything else by digest.

Errors: Damaged for a text that is not exactly of its form.
Source: `sha256sum -c` for the manifest; the reasoning of DSSE for hashing stored bytes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final, TypeVar

import orjson

from dr.core.canonical import canonical
from dr.core.lines import digest

EVIDENCE: Final = "drill-evidence@v1"
INTENT: Final = "drill-intent@v1"
APPROVAL: Final = "drill-approval@v1"
ADDENDUM: Final = "drill-addendum@v1"
"""Namespaces: a signature made for one purpose is worth nothing for another."""

NOBODY: Final = "nobody"
NOTHING: Final = "0" * 64
"""What comes before the first entry of a register."""

MANIFEST_FILE, SEAL_FILE = "MANIFEST.sha256", "SEAL.txt"
SEAL_SIGNATURE, APPROVAL_SIGNATURE = "SEAL.txt.sig", "SEAL.txt.approval.sig"
INTENT_SIGNATURE, ADDENDUM_FILE = "intent.json.sig", "ADDENDUM.txt"
INTENT_STAMP, SEAL_STAMP = "intent.json.tsr", "SEAL.txt.tsr"
P256_SIGNATURE = "SEAL.txt.p256.sig"

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9._@+=,:-]+(/[A-Za-z0-9._@+=,:-]+)*")
_MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")
_VALUE = re.compile(r"[ -~]+")
_KINDS = frozenset({"intent", "seal", "abandoned", "addendum", "schedule"})
_LIVE = re.compile(
    r"journal\.db(-wal|-shm|-journal)?|owner\.lock|children/.*|samples/(stop|observer(-apart)?\.json)"
)
_OWN = re.compile(
    r"MANIFEST\.sha256|SEAL\.txt(\.sig|\.approval\.sig|\.tsr|\.p256\.sig)?|addenda/.*"
)
_LATER = re.compile(r"SEAL\.txt\.(approval\.sig|tsr|p256\.sig)|addenda/.*/ADDENDUM\.txt")

TextT = TypeVar("TextT", "Seal", "Addendum")


class Damaged(ValueError):
    """A text is not of the form it must have."""


def safe_name(name: str) -> bool:
    """Say whether a path stays inside the bundle and is the only way to write it."""
    return bool(_NAME.fullmatch(name)) and not {".", ".."} & set(name.split("/"))


def live(name: str) -> bool:
    """Say whether a file only serves the running program. It is no evidence; nobody reads it."""
    return bool(_LIVE.fullmatch(name))


def listed(name: str) -> bool:
    """Say whether a file of a run belongs into the manifest."""
    return not live(name) and not _OWN.fullmatch(name)


def later(name: str) -> bool:
    """Say whether a file came after the seal and is registered by itself."""
    return bool(_LATER.fullmatch(name))


def manifest_text(digests: Mapping[str, str]) -> bytes:
    """Return the manifest, in the form and order that `sha256sum -c` and `sort` know."""
    for name in digests:
        if not safe_name(name):
            raise Damaged(f"a file of the run has a name that no manifest may hold: {name!r}")
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()


def parse_manifest(data: bytes) -> dict[str, str]:
    """Return {name: digest}. Names that leave the bundle, repeat or are out of order: Damaged."""
    text = _ascii(data, "the manifest")
    rows = _MANIFEST_LINE.findall(text)
    if not rows or "".join(f"{sha}  {name}\n" for sha, name in rows) != text:
        raise Damaged("the manifest has a line that is not a digest and a name")
    names = [name for _, name in rows]
    for name in names:
        if not safe_name(name):
            raise Damaged(f"the manifest has an unsafe path: {name!r}")
        if not listed(name):
            raise Damaged(f"the manifest may not list {name}")
    if names != sorted(set(names)):
        raise Damaged("the manifest is not in order, or lists a file twice")
    return {name: sha for sha, name in rows}


@dataclass(frozen=True, slots=True)
class Seal:
    """What a seal says. `overall` of an incomplete run is "incomplete"; digests are hex."""

    run_id: str
    run_no: int  # of all runs in the register, counted without gaps
    drill: str
    evidence: str  # real | SIMULATED
    status: str  # complete | incomplete
    started: str
    ended: str
    overall: str
    objectives: str  # "rto=pass rpo=fail", or "none"
    plan_sha256: str
    intent_sha256: str
    manifest_sha256: str
    events_count: int
    events_head_sha256: str
    replaces_sha256: str  # of an older seal of the same run, from before it was resumed
    register_prev_sha256: str
    sealed_at: str
    sealed_with: str
    signed_by: str  # fingerprint of the key, or "nobody"


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was added to a sealed run, later: one file, chained to the seal."""

    run_id: str
    number: int
    parent_seal_sha256: str
    prev_sha256: str  # of the addendum before, of the seal for the first
    file: str
    file_sha256: str
    title: str
    added_at: str
    added_by: str
    signed_by: str


_HEADS: Final = {Seal: "drill-evidence-seal v1", Addendum: "drill-addendum v1"}


def text_of(one: Seal | Addendum) -> bytes:
    """Return the text that is signed."""
    lines = [_HEADS[type(one)]]
    for field in fields(one):
        value = str(getattr(one, field.name))
        if not _VALUE.fullmatch(value):
            raise Damaged(f"{field.name} cannot be written in a seal: {value!r}")
        lines.append(f"{field.name}: {value}")
    return "".join(f"{line}\n" for line in lines).encode()


def parse_seal(data: bytes) -> Seal:
    """Return what a seal says."""
    return _parse(data, Seal)


def parse_addendum(data: bytes) -> Addendum:
    """Return what an addendum says."""
    return _parse(data, Addendum)


def _parse(data: bytes, kind: type[TextT]) -> TextT:
    what = kind.__name__.lower()
    values: dict[str, str | int] = {}
    lines = _ascii(data, f"the {what}").split("\n")
    names = [field.name for field in fields(kind)]
    if lines[0] != _HEADS[kind] or len(lines) != len(names) + 2 or lines[-1]:
        raise Damaged(f"the {what} is not of its form")
    for name, line in zip(names, lines[1:], strict=False):
        key, _, value = line.partition(": ")
        if key != name or not _VALUE.fullmatch(value):
            raise Damaged(f"the {what} has no proper line {name!r}")
        values[name] = value
    for field in fields(kind):
        text = str(values[field.name])
        if field.type is int:
            if not re.fullmatch(r"0|[1-9][0-9]{0,14}", text):
                raise Damaged(f"{field.name} is not a number")
            values[field.name] = int(text)
        elif field.name.endswith("_sha256") and not _DIGEST.fullmatch(text):
            raise Damaged(f"{field.name} is not a digest")
    return kind(**values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a register.

    sha256: of intent.json, SEAL.txt, ADDENDUM.txt, an approval's signature or what else came after
    the seal; of an abandoned run that of its intent; of a decision about a schedule that of the
    schedule's file. note: status of a seal, path of what came later, why it was abandoned; of an
    intent the occurrence it was begun for (or nothing); the decision itself, as JSON. A decision is
    about an occurrence: `run_id` is its key, and its `run_no` is 0.
    """

    n: int
    prev: str
    kind: str
    run_id: str
    run_no: int
    sha256: str
    t: str
    note: str = ""


def entry_line(entry: Entry) -> bytes:
    """Return the line of an entry, without its line end."""
    return canonical(
        {"v": 1, **{field.name: getattr(entry, field.name) for field in fields(entry)}}
    )


def parse_register(data: bytes) -> list[Entry]:
    """Return the entries of a register; a chain that breaks, or a gap in the runs, is Damaged."""
    lines = data.split(b"\n")
    if lines.pop():
        raise Damaged("the last line of the register is torn")
    prev, runs, found = NOTHING, 0, list[Entry]()
    for n, line in enumerate(lines, start=1):
        entry = _entry(line, n)
        if entry.n != n or entry.prev != prev:
            raise Damaged(f"the register's chain breaks at entry {n}")
        if entry.kind == "intent":
            runs += 1
            if entry.run_no != runs:
                raise Damaged(f"the register's runs have a gap before run {entry.run_no}")
        prev = digest(line)
        found.append(entry)
    return found


def _entry(line: bytes, n: int) -> Entry:
    try:
        raw = orjson.loads(line)
        if raw.pop("v") != 1 or raw["kind"] not in _KINDS:
            raise Damaged(f"entry {n} of the register is of an unknown kind")
        entry = Entry(**raw)
        exact = entry_line(entry) == line
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"entry {n} of the register is not one") from error
    if not exact or type(entry.n) is not int or type(entry.run_no) is not int:
        raise Damaged(f"entry {n} of the register is not in its canonical form")
    return entry


def head_of(entries: Iterable[Entry]) -> str:
    """Return the digest that the next entry will name."""
    last = list(entries)[-1:]
    return digest(entry_line(last[0])) if last else NOTHING


def _ascii(data: bytes, what: str) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as error:
        raise Damaged(f"{what} is not plain ASCII") from error
