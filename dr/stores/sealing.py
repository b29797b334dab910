"""Sealing a run: manifest, seal, signature, register, in this order and under the register's lock.

What is sealed is never changed. A run that was sealed as incomplete and then brought to its end is
sealed once more; the new seal names the old one, and the register keeps both.

Errors: Refused for a run that is sealed already, or whose files do not agree what it was.
"""

import os
from pathlib import Path

import orjson

from dr import __version__
from dr.cloud.clock import Clock
from dr.core.bundle import Bundle
from dr.core.lines import Broken, digest, verified
from dr.core.seal import (
    EVIDENCE,
    MANIFEST_FILE,
    NOBODY,
    NOTHING,
    SEAL_FILE,
    SEAL_SIGNATURE,
    Damaged,
    Seal,
    live,
    parse_seal,
    text_of,
)
from dr.model.errors import Refused
from dr.model.event import Event, RunClosed, RunCreated
from dr.stores.files import sha256_of, write_whole
from dr.stores.keys import RUNNER, Key, Keys
from dr.stores.register import FILE, Held, Register
from dr.stores.rundir import RunDir


def bundle_of(path: Path) -> Bundle:
    """Read a bundle. Links are never followed: a bundle is what lies in it."""
    files: dict[str, bytes] = {}
    odd: list[str] = []
    for folder, folders, names in os.walk(path):
        inside = Path(folder).relative_to(path)
        odd += [(inside / one).as_posix() for one in folders if (Path(folder) / one).is_symlink()]
        folders[:] = [one for one in folders if (inside / one).as_posix() != "children"]
        for one in names:
            name, file = (inside / one).as_posix(), Path(folder) / one
            if file.is_symlink() or not file.is_file():
                odd.append(name)
            elif not live(name):
                files[name] = file.read_bytes()
    return Bundle(files, tuple(odd))


def sealed(run: RunDir) -> Seal | None:
    """Return the seal of a run, if it has one. Raises Refused if it cannot be read."""
    try:
        return parse_seal((run.path / SEAL_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except Damaged as error:
        raise Refused(f"{run.id}: {error}") from error


def seal(run: RunDir, home: Path, clock: Clock) -> Seal:
    """Seal a run whose files are all there, and register it."""
    key = Keys(home / "keys").get(RUNNER)
    with Register(home / FILE).held() as register:
        older = _older(run, register)
        odd = [name for name in bundle_of(run.path).odd if not live(name)]
        if odd:
            raise Refused(f"{run.id} holds what is neither file nor directory: {', '.join(odd)}")
        try:
            run.manifest()
            made = _seal_of(run, register, key, older, clock)
            text = text_of(made)
        except (Damaged, Broken) as error:
            raise Refused(f"{run.id} cannot be sealed: {error}") from error
        if key is not None:
            # Before the seal: a seal without its signature would look as if that had been lost.
            write_whole(run.path / SEAL_SIGNATURE, key.sign(text, EVIDENCE))
        sha = run.write(SEAL_FILE, text)
        register.append("seal", (run.id, made.run_no), sha, made.sealed_at, made.status)
        return made


def _older(run: RunDir, register: Held) -> str:
    """Put the seal of an incomplete run aside; return its digest, or what stands for none."""
    before = register.of(run.id, "seal")
    if before and before[-1].note != "incomplete":
        raise Refused(f"{run.id} is sealed already; add to it with `dr addendum`")
    if not register.of(run.id, "intent"):
        raise Refused(f"{run.id} was never registered, so it cannot be sealed")
    if before and sha256_of(run.path / SEAL_FILE) == before[-1].sha256:
        aside = f"SEAL-{len(before):04d}.txt"
        (run.path / SEAL_FILE).rename(run.path / aside)
        if (run.path / SEAL_SIGNATURE).exists():
            (run.path / SEAL_SIGNATURE).rename(run.path / f"{aside}.sig")
    (run.path / SEAL_SIGNATURE).unlink(missing_ok=True)  # of a sealing that died half way
    return before[-1].sha256 if before else NOTHING


def _seal_of(run: RunDir, register: Held, key: Key | None, older: str, clock: Clock) -> Seal:
    intent, plan = run.intent(), run.plan()
    genesis = sha256_of(run.path / "intent.json")
    lines = (run.path / "events.jsonl").read_bytes().splitlines()
    events = list(verified(lines, genesis, run.id))
    complete = bool(events) and isinstance(events[-1].data, RunClosed)
    stamp = clock.stamp()
    overall, objectives = "incomplete", "none"
    started, ended = (events[0].t, events[-1].t) if events else (stamp, stamp)
    simulated = {plan.simulated, bool(intent["simulated"]), *_played(events)}
    if complete:
        result = orjson.loads((run.path / "result.json").read_bytes())
        simulated.add(result["simulated"])
        overall, started, ended = result["verdict"], result["started"], result["ended"]
        objectives = " ".join(f"{o['id']}={o['verdict']}" for o in result["objectives"]) or "none"
    stage = run.path / "stage.json"
    if stage.is_file():
        simulated.add(bool(orjson.loads(stage.read_bytes())["simulated"]))
    if len(simulated) != 1:
        raise Refused(f"{run.id}: the files do not agree whether it was simulated; not sealed")
    return Seal(
        run_id=run.id,
        run_no=int(intent["run_no"]),
        drill=plan.drill,
        evidence="SIMULATED" if simulated == {True} else "real",
        status="complete" if complete else "incomplete",
        started=started,
        ended=ended,
        overall=overall,
        objectives=objectives,
        plan_sha256=sha256_of(run.path / "plan.json"),
        intent_sha256=genesis,
        manifest_sha256=sha256_of(run.path / MANIFEST_FILE),
        events_count=len(lines),
        events_head_sha256=digest(lines[-1]) if lines else genesis,
        replaces_sha256=older,
        register_prev_sha256=register.head,
        sealed_at=stamp,
        sealed_with=f"dr {__version__}",
        signed_by=NOBODY if key is None else key.fingerprint,
    )


def _played(events: list[Event]) -> set[bool]:
    return {event.data.simulated for event in events if isinstance(event.data, RunCreated)}
