"""What the register and the sealed runs say of past attempts at drills.

A pass counts only if its seal is the registered one: everything else is an attempt whose end is
not proved. Signatures are not checked here (`dr verify` does): a schedule is no evidence.

Errors: Refused for a register that is not whole.
"""

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from dr.core.canonical import canonical_sha256
from dr.core.decisions import instant_of
from dr.core.seal import SEAL_FILE, Damaged, Entry, Seal, parse_seal
from dr.model.due import Attempt
from dr.model.plan import Plan
from dr.stores.files import sha256_of
from dr.stores.occurrences import held, never_began

UNPROVED = "unproved"
"""The verdict of a run whose files do not bear out what the register says."""


def attempts(home: Path, entries: Sequence[Entry], drills: Collection[str]) -> list[Attempt]:
    """Return every registered run of the drills, in the order in which they were registered."""
    last = {one.run_id: one for one in entries if one.kind in ("seal", "abandoned")}
    return [
        _attempt(home, one, last.get(one.run_id))
        for one in entries
        if one.kind == "intent" and one.run_id[:-5] in drills
    ]


def identity(plan: Plan) -> str:
    """Return the digest of what a plan acts on and how, whatever the text it was made from."""
    body = {name: part for name, part in plan.as_json().items() if name != "definition_sha256"}
    return canonical_sha256(body)


def _attempt(home: Path, intent: Entry, outcome: Entry | None) -> Attempt:
    run = home / "runs" / intent.run_id
    said = _json(run / "intent.json", intent.sha256)
    seal = _seal(run, outcome)
    verdict = None if outcome is None else UNPROVED if seal is None or not said else seal.overall
    ended = None if outcome is None else instant_of(seal.ended if seal else outcome.t)
    return Attempt(
        run=intent.run_id,
        drill=intent.run_id[:-5],
        started=instant_of(intent.t),
        ended=ended,
        verdict=verdict,
        simulated=bool(said.get("simulated", False)),
        occurrence="" if _given_back(home, intent, outcome) else intent.note,
        dirty=_left(run),
        definition_sha256=str(said.get("definition_sha256", "")),
        plan=_identity(run, str(said.get("plan_sha256", ""))) if verdict == "pass" else "",
    )


def _given_back(home: Path, intent: Entry, outcome: Entry | None) -> bool:
    """Say whether a run never began and nobody is about to begin it."""
    run = home / "runs" / intent.run_id
    if not intent.note:
        return False
    if outcome is not None:
        return outcome.kind == "seal" and never_began(outcome, run)
    return run.is_dir() and not begun(run) and not held(home, intent.note)


def begun(run: Path) -> bool:
    """Say whether the journal of a run has an event."""
    path = run / "journal.db"
    if not path.is_file():
        return (run / "events.jsonl").is_file()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        try:
            return database.execute("SELECT 1 FROM event LIMIT 1").fetchone() is not None
        except sqlite3.OperationalError as error:
            return "no such table" not in str(error)  # what cannot be read may have begun


def _seal(run: Path, outcome: Entry | None) -> Seal | None:
    if outcome is None or outcome.kind != "seal":
        return None
    try:
        if sha256_of(run / SEAL_FILE) != outcome.sha256:
            return None
        return parse_seal((run / SEAL_FILE).read_bytes())
    except (OSError, Damaged):
        return None


def _json(path: Path, sha256: str) -> dict[str, Any]:
    """Return a file's JSON if it is the one with this digest; else nothing."""
    try:
        if sha256_of(path) != sha256:
            return {}
        found = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _left(run: Path) -> bool:
    try:
        return bool(orjson.loads((run / "result.json").read_bytes()).get("left"))
    except (OSError, ValueError, AttributeError):
        return False


def _identity(run: Path, sha256: str) -> str:
    body = _json(run / "plan.json", sha256)
    try:
        return identity(Plan.of_plain(body)) if body else ""
    except ValueError:
        return ""
