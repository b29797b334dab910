"""What a redacted copy says of itself, and the checks that it is what it says.

`REDACTED.txt` has one reading only, like a seal: fixed fields in a fixed order, printable ASCII.
It is not signed: the copy is worth what the word of its giver is worth, until somebody who holds
the original makes the copy again and compares.

Errors: Damaged for a statement that is not of its form.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import orjson

from dr.core.bundle import Answer, Bundle
from dr.core.canonical import canonical
from dr.core.seal import (
    EVIDENCE,
    MANIFEST_FILE,
    NOTHING,
    SEAL_FILE,
    SEAL_SIGNATURE,
    Damaged,
    live,
    parse_manifest,
    parse_seal,
)
from dr.core.sshsig import check as signed_with
from dr.core.sshsig import signers as signers_of
from dr.core.sshsig import who
from dr.core.verifying import Check
from dr.model.event import RunClosed, SamplesAnchored
from dr.model.plan import Plan
from dr.report.evidence import Evidence, read

REDACTED_FILE = "REDACTED.txt"
ORIGINAL = "original"
"""The folder with the seal of the original, as it is: it names nobody."""

_HEAD = "drill-redacted-copy v1"
_VALUE = re.compile(r"[ -~]+")


@dataclass(frozen=True, slots=True)
class Statement:
    """What `REDACTED.txt` says. renamed: how many things of each sort have another name."""

    run_id: str
    drill: str
    evidence: str  # real | SIMULATED
    overall: str
    objectives: str
    original_seal_sha256: str
    original_events_sha256: str
    renamed: str
    redacted_with: str


def text_of(one: Statement) -> bytes:
    """Return the file."""
    lines = [f"{field.name}: {getattr(one, field.name)}" for field in fields(one)]
    return "".join(f"{line}\n" for line in (_HEAD, *lines)).encode()


def parse_statement(data: bytes) -> Statement:
    """Return what a file says."""
    names = [field.name for field in fields(Statement)]
    lines = data.decode("ascii", errors="replace").split("\n")
    pairs = [line.partition(": ") for line in lines[1:-1]]
    if (
        lines[0] != _HEAD
        or lines[-1]
        or [name for name, _, _ in pairs] != names
        or not all(_VALUE.fullmatch(value) for _, _, value in pairs)
    ):
        raise Damaged(f"{REDACTED_FILE} is not of its form")
    return Statement(*(value for _, _, value in pairs))


def is_redacted(names: Mapping[str, object]) -> bool:
    """Say whether a bundle claims to be a redacted copy, and nothing more."""
    return REDACTED_FILE in names and SEAL_FILE not in names


def verify(
    bundle: Bundle, reported: Callable[[Plan], frozenset[str]], signers: bytes | None
) -> list[Check]:
    """Make every check of a redacted copy. Nothing in it is believed."""
    made: list[Check] = []
    for number, check in _Copy(bundle, reported, signers).checks().items():
        try:
            ok, text = check()
        except KeyError as error:
            ok, text = False, f"there is no {error.args[0]}"
        except Exception as error:  # noqa: BLE001 - hostile bytes must not end the checking
            ok, text = False, str(error) or type(error).__name__
        made.append(Check(number, ok, "".join(c if c.isprintable() else "?" for c in text)))
    return made


class _Copy:
    """The checks; each returns whether it holds, None where it could not be made, and a text."""

    def __init__(
        self,
        bundle: Bundle,
        reported: Callable[[Plan], frozenset[str]],
        signers: bytes | None,
    ) -> None:
        self.bundle, self.files = bundle, bundle.files
        self.reported, self.signers = reported, signers

    def _said(self) -> Statement:
        return parse_statement(self.files[REDACTED_FILE])

    def _read(self) -> Evidence:
        return read(self.files, self.reported)

    def checks(self) -> dict[int, Callable[[], Answer]]:
        """Return the checks, by the numbers that those of an original have."""
        return {
            4: self.listed,
            5: self.unlisted,
            6: self.chain,
            8: self.bound,
            15: self.figures,
            16: self.original,
            1: self.signed,
        }

    def listed(self) -> Answer:
        manifest = parse_manifest(self.files[MANIFEST_FILE])
        wrong = [n for n, sha in manifest.items() if _sha(self.files[n]) != sha]
        if wrong:
            return False, f"not as listed: {', '.join(wrong[:3])}"
        return True, f"every listed file is as it was ({len(manifest)})"

    def unlisted(self) -> Answer:
        known = {*parse_manifest(self.files[MANIFEST_FILE]), MANIFEST_FILE}
        extra = [n for n in (*self.files, *self.bundle.odd) if n not in known and not live(n)]
        if extra:
            return False, f"not listed: {', '.join(sorted(extra)[:3])}"
        return True, "nothing lies beside what is listed"

    def chain(self) -> Answer:
        count = len(self._read().events)
        return True, f"the chain of {count} events is whole, from the intent on"

    def bound(self) -> Answer:
        evidence, said = self._read(), self._said()
        plan, intent = evidence.plan, orjson.loads(self.files["intent.json"])
        ours = (evidence.result.run_id, plan.drill, "SIMULATED" if plan.simulated else "real")
        if ours != (said.run_id, said.drill, said.evidence):
            return False, "the files are those of another run"
        if intent["plan_sha256"] != _sha(self.files["plan.json"]):
            return False, "the plan is not the one that the intent names"
        for event in evidence.events:
            data = event.data
            if isinstance(data, SamplesAnchored):
                part = self.files[data.file][: data.bytes]
                if len(part) != data.bytes or _sha(part) != data.sha256:
                    return False, f"{data.file} is not what event {event.seq} saw of it"
            elif isinstance(data, RunClosed):
                wrong = [n for n, sha in data.digests.items() if _sha(self.files[n]) != sha]
                wrong += [] if "result.json" in data.digests else ["result.json"]
                if wrong:
                    return False, f"not what the closing event names: {', '.join(wrong[:3])}"
        told = (said.overall, said.objectives)
        if told != _told(evidence, complete="result.json" in self.files):
            return False, "the statement does not say what the copy holds"
        return True, f"it is a redacted copy of {said.run_id}, and says what it holds"

    def figures(self) -> Answer:
        if "result.json" not in self.files:
            return True, "nothing was concluded: the run is incomplete"
        if canonical(self._read().result.as_json()) != self.files["result.json"]:
            return False, "the figures, computed again, are others"
        return True, "every figure and verdict, computed again, is the same"

    def original(self) -> Answer:
        said = self._said()
        if said.original_seal_sha256 == NOTHING:
            return None, "the original was not sealed"
        seal = self.files[f"{ORIGINAL}/{SEAL_FILE}"]
        one = parse_seal(seal)
        if _sha(seal) != said.original_seal_sha256:
            return False, "the seal beside it is not that of the original it names"
        ours = (said.run_id, said.overall, said.objectives)
        if (one.run_id, one.overall, one.objectives) != ours:
            return False, "the seal of the original says something else"
        return True, f"the seal of the original says the same: {said.overall}"

    def signed(self) -> Answer:
        name = f"{ORIGINAL}/{SEAL_SIGNATURE}"
        if name not in self.files:
            return None, "the seal of the original is not signed"
        seal = self.files[f"{ORIGINAL}/{SEAL_FILE}"]
        signed_with(self.files[name], seal, EVIDENCE)
        if self.signers is None:
            return None, "the seal of the original is signed; without a signers file by nobody"
        at = parse_seal(seal).sealed_at
        by = who(self.files[name], seal, EVIDENCE, signers_of(self.signers), at)
        return True, f"the seal of the original is signed by {by}"


def _told(evidence: Evidence, *, complete: bool) -> tuple[str, str]:
    if not complete:
        return "incomplete", "none"
    objectives = " ".join(f"{o.id}={o.verdict.value}" for o in evidence.result.objectives)
    return evidence.result.verdict.value, objectives or "none"


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
