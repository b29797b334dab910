"""The evidence of one run, read from its files: what every report and export is made from.

Nothing else goes in, no clock and no environment, so that the same files give the same bytes.

Errors: Broken for a journal that is not what was written, Damaged for samples; KeyError for a file
that is not there, ValueError for one that is not of its form.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson

from dr.core.boots import Recorded
from dr.core.canonical import canonical
from dr.core.conclude import RAW as NAMES
from dr.core.conclude import Raw, conclude
from dr.core.lines import Broken, digest, verified
from dr.core.seal import (
    ADDENDUM_FILE,
    APPROVAL,
    APPROVAL_SIGNATURE,
    SEAL_FILE,
    Damaged,
    parse_addendum,
    parse_seal,
)
from dr.core.sshsig import check as signed_with
from dr.core.sshsig import fingerprint
from dr.core.tracking import changes_in, owed, tracked
from dr.model.event import Event
from dr.model.plan import Plan
from dr.model.reading import Mark, Sample
from dr.model.result import Result
from dr.report.facts import Later
from dr.report.page import page
from dr.report.parts import Digests, Page

RAW = tuple(f"samples/{name}.csv" for name in NAMES)
NEEDED = ("plan.json", "intent.json", "events.jsonl")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run has left. files: of what it was read from and of the result, by name, SHA-256."""

    plan: Plan
    result: Result
    events: Sequence[Event]
    samples: Sequence[Sample]
    marks: Sequence[Mark]
    found: Mapping[str, Mapping[int, int]]
    digests: Digests
    files: Mapping[str, str]
    later: Later
    shown: Recorded  # events, samples and marks on one axis, for people to look at
    clocks: int = 1  # or the number of boots that cannot be put on one

    def page(self) -> Page:
        """Work out what a report says."""
        return page(
            self.plan,
            self.result,
            self.shown.events,
            self.shown.samples,
            self.shown.marks,
            digests=self.digests,
            found=self.found,
            later=self.later,
            clocks=self.clocks,
        )


def read(
    files: Mapping[str, bytes],
    provider_reported: Callable[[Plan], frozenset[str]],
    *,
    copy_of: str = "",
) -> Evidence:
    """Read the evidence of a run, and compute its result again. copy_of: of a redacted copy."""
    plan = Plan.model_validate_json(files["plan.json"])
    lines = files["events.jsonl"].splitlines()
    run_id = str(orjson.loads(files["intent.json"])["run_id"])
    events = list(verified(lines, _sha(files["intent.json"]), run_id))
    if not events:
        raise Broken("it has no events: it never began")
    raw = Raw(*(files.get(name, b"") for name in RAW))
    found = conclude(plan, events, raw, provider_reported(plan))
    result = canonical(found.result.as_json())
    shas = {name: _sha(files[name]) for name in (*NEEDED, *RAW) if name in files}
    return Evidence(
        plan=plan,
        result=found.result,
        events=events,
        samples=found.samples,
        marks=found.marks,
        found=found.found,
        digests=Digests(_sha(result), digest(lines[-1]), len(lines), shas["plan.json"], copy_of),
        files=dict(sorted({**shas, "result.json": _sha(result)}.items())),
        later=_later(files, run_id, found.result),
        shown=Recorded(found.story(events), found.shown.samples, found.shown.marks),
        clocks=found.clocks,
    )


def _later(files: Mapping[str, bytes], run_id: str, result: Result) -> Later:
    """Return what came after the seal, and belongs to it. Whose keys those are, nobody says here.

    A file that only bears the name of an approval or of an addendum is none.
    """
    if SEAL_FILE not in files:
        return Later()
    titles, told = [], {}
    for name in sorted(files):
        if name.startswith("addenda/") and name.endswith(f"/{ADDENDUM_FILE}"):
            with suppress(Damaged):
                one = parse_addendum(files[name])
                if one.parent_seal_sha256 == _sha(files[SEAL_FILE]):
                    titles.append(one.title)
                    added = f"{name.removesuffix(ADDENDUM_FILE)}{one.file}"
                    if _sha(files.get(added, b"")) == one.file_sha256:
                        told[added] = files[added]
    changes, _ = changes_in(run_id, told)
    return Later(_second_key(files), tuple(titles), tracked(run_id, owed(result), changes))


def _second_key(files: Mapping[str, bytes]) -> str:
    """Return the fingerprint of the key that approved the seal; "" if no second key did."""
    if APPROVAL_SIGNATURE not in files:
        return ""
    try:
        seal = files[SEAL_FILE]
        key = fingerprint(signed_with(files[APPROVAL_SIGNATURE], seal, APPROVAL))
        return "" if key == parse_seal(seal).signed_by else key
    except ValueError:  # a signature or a seal that is none
        return ""


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
