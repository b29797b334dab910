"""Writing a run's evidence: result, events, report, seal. And reading it again."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dr.cloud.clock import Clock
from dr.core.canonical import canonical
from dr.core.conclude import RAW, Concluded, Raw, conclude
from dr.core.lines import Broken, digest, verified
from dr.core.seal import SEAL_FILE
from dr.model.errors import Refused
from dr.model.event import Event
from dr.model.plan import Plan
from dr.stores.files import sha256_of
from dr.stores.rundir import RunDir

if TYPE_CHECKING:
    from dr.core.seal import Seal
    from dr.report.parts import Page


def concluded(run: RunDir, events: Sequence[Event]) -> Concluded:
    """Compute the result from what lies in the run's directory. Raises Refused if it cannot be."""
    from dr.core.samples import Damaged

    if not events:
        raise Refused(f"{run.id} has no events: it never began")
    plan = run.plan()
    raw = Raw(**{name: _bytes(run.path / "samples" / f"{name}.csv") for name in RAW})
    try:
        return conclude(plan, events, raw, provider_reported(plan))
    except Damaged as error:
        raise Refused(f"{run.id}: the samples are damaged: {error}") from error


def provider_reported(plan: Plan) -> frozenset[str]:
    """Return the ids of the probes that only repeat what the provider says.

    Of a kind of another package the plan says it: who verifies need not have installed that.
    """
    from dr.cli.kinds import probe_class

    said = plan.packages
    return frozenset(
        probe.id
        for probe in plan.probes
        if (said.get(probe.kind) or probe_class(probe.kind)).provider_reported
    )


def events_of(run: RunDir) -> list[Event]:
    """Return the events of a run, from its journal or, in a bundle, from events.jsonl.

    Raises Refused for a broken chain.
    """
    try:
        if (run.path / "journal.db").is_file():
            return run.journal(Clock()).events()
        lines = (run.path / "events.jsonl").read_bytes().splitlines()
        genesis = sha256_of(run.path / "intent.json")
        return list(verified(lines, genesis, str(run.intent()["run_id"])))
    except Broken as error:
        raise Refused(f"{run.id}: the journal is not what was written: {error}") from error


def write_result(run: RunDir, events: Sequence[Event]) -> dict[str, str]:
    """Write result.json; return the digests that bind it and the samples into the journal."""
    found = concluded(run, events)
    digests = {"result.json": run.write("result.json", canonical(found.result.as_json()))}
    for path in sorted((run.path / "samples").glob("*.csv")):
        digests[f"samples/{path.name}"] = sha256_of(path)
    return digests


def write_rest(run: RunDir) -> None:
    """Write events.jsonl and the report of a closed run, and seal it."""
    from dr.stores.sealing import seal

    home = run.path.parent.parent
    made = sealed_already(run)
    if made is not None and made.status == "complete":
        return  # a resumed run that had died after its sealing
    write_events(run)
    run.write("report.html", report_of(run).encode())
    seal(run, home, Clock())


def write_events(run: RunDir) -> None:
    """Write the journal out, byte for byte, and how to verify it."""
    from dr.report.verifier import tool

    run.write("events.jsonl", b"".join(line + b"\n" for line in lines_of(run)))
    run.write("VERIFY.md", tool("VERIFY.md"))


def sealed_already(run: RunDir) -> "Seal | None":
    """Return the registered seal of a run, if there is one."""
    from dr.stores.register import FILE, Register
    from dr.stores.sealing import sealed

    entries = Register(run.path.parent.parent / FILE).entries()
    known = {e.sha256 for e in entries if e.run_id == run.id and e.kind == "seal"}
    path = run.path / SEAL_FILE
    return sealed(run) if path.is_file() and sha256_of(path) in known else None


def lines_of(run: RunDir) -> list[bytes]:
    """Return the lines of a run's journal, from the journal or the exported file."""
    if (run.path / "journal.db").is_file():
        return run.journal(Clock()).lines()
    return (run.path / "events.jsonl").read_bytes().splitlines()


def report_of(run: RunDir) -> str:
    """Render the report from the evidence."""
    from dr.report.html import render

    return render(page_of(run))


def page_of(run: RunDir) -> "Page":
    """Work out what a report of the run says, from the evidence."""
    from dr.report.page import page
    from dr.report.parts import Digests

    lines, events = lines_of(run), events_of(run)
    found = concluded(run, events)
    return page(
        run.plan(),
        found.result,
        found.story(events),
        found.shown.samples,
        found.shown.marks,
        digests=Digests(
            result=hashlib.sha256(canonical(found.result.as_json())).hexdigest(),
            journal_head=digest(lines[-1]),
            events=len(lines),
            plan=sha256_of(run.path / "plan.json"),
        ),
        found=found.found,
        clocks=found.clocks,
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
