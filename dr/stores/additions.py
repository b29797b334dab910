"""What comes after the sealing: an approval, timestamps, addenda. The seal itself never changes.

Each is written, then registered. Who dies in between leaves a file that nobody registered, which
`dr verify` shows; asking for the same thing again registers it.

Errors: Refused for a run that is not sealed, and for what is there already.
"""

import shutil
from pathlib import Path

from dr.cloud.clock import Clock
from dr.core.seal import (
    ADDENDUM,
    ADDENDUM_FILE,
    APPROVAL,
    APPROVAL_SIGNATURE,
    NOBODY,
    SEAL_FILE,
    Addendum,
    Damaged,
    Seal,
    parse_addendum,
    safe_name,
    text_of,
)
from dr.model.errors import Refused
from dr.stores.files import sha256_of
from dr.stores.keys import Key
from dr.stores.register import FILE, Held, Register
from dr.stores.rundir import RunDir
from dr.stores.sealing import sealed


def approve(run: RunDir, home: Path, key: Key, clock: Clock) -> None:
    """Sign the seal as a second person, and register that. Raises Refused."""
    made = finished(run)
    if made.signed_by == key.fingerprint:
        raise Refused("the key that sealed a run cannot approve it: it is the same hand")
    signature = key.sign((run.path / SEAL_FILE).read_bytes(), APPROVAL)
    if not attach(run, home, APPROVAL_SIGNATURE, signature, clock):
        raise Refused(f"{run.id} is approved already")


def attach(run: RunDir, home: Path, name: str, content: bytes, clock: Clock) -> bool:
    """Put a file beside the seal and register it. False: it was registered there before."""
    made = finished(run)
    with Register(home / FILE).held() as register:
        if name in _since(run, register):
            return False
        sha = run.write(name, content)  # over one that nobody registered: we died before that
        register.append("addendum", (run.id, made.run_no), sha, clock.stamp(), name)
    return True


def attached(run: RunDir, home: Path, name: str) -> bool:
    """Say whether a file stands beside the seal and is registered."""
    with Register(home / FILE).held() as register:
        return _since(run, register).get(name) is not None


def add(
    run: RunDir, home: Path, file: str, content: bytes, title: str, key: Key | None, clock: Clock
) -> Addendum:
    """Add a file to a sealed run, as an addendum of its own. Raises Refused."""
    made = finished(run)
    if file.startswith(ADDENDUM_FILE) or "/" in file or not safe_name(file):
        raise Refused(f"a file that is added may not be called {file}")
    with Register(home / FILE).held() as register:
        _caught_up(run, made, register, key)
        number = _count(run) + 1
        place = f"addenda/{number:04d}"
        if (run.path / place).exists():  # of an addendum that died before it had a text
            shutil.rmtree(run.path / place)
        before = f"addenda/{number - 1:04d}/{ADDENDUM_FILE}" if number > 1 else SEAL_FILE
        one = Addendum(
            run_id=run.id,
            number=number,
            parent_seal_sha256=sha256_of(run.path / SEAL_FILE),
            prev_sha256=sha256_of(run.path / before),
            file=file,
            file_sha256=run.write(f"{place}/{file}", content),
            title=title,
            added_at=clock.stamp(),
            added_by=NOBODY if key is None else key.comment,
            signed_by=NOBODY if key is None else key.fingerprint,
        )
        try:
            text = text_of(one)
            parse_addendum(text)
        except Damaged as error:
            shutil.rmtree(run.path / place)
            raise Refused(f"{file} cannot be added: {error}") from error
        if key is not None:
            run.write(f"{place}/{ADDENDUM_FILE}.sig", key.sign(text, ADDENDUM))
        name = f"{place}/{ADDENDUM_FILE}"
        sha = run.write(name, text)
        register.append("addendum", (run.id, made.run_no), sha, one.added_at, name)
    return one


def finished(run: RunDir) -> Seal:
    """Return the seal of a run. Raises Refused for one that has none."""
    made = sealed(run)
    if made is None:
        raise Refused(f"{run.id} is not sealed yet; `dr seal {run.id}` seals what there is")
    return made


def _since(run: RunDir, register: Held) -> dict[str, str]:
    """Return what was registered of a run after its last seal: digest by name."""
    seals = register.of(run.id, "seal")
    if not seals or seals[-1].sha256 != sha256_of(run.path / SEAL_FILE):
        raise Refused(f"the seal of {run.id} is not the registered one")
    return {e.note: e.sha256 for e in register.of(run.id, "addendum") if e.n > seals[-1].n}


def _count(run: RunDir) -> int:
    return len(list((run.path / "addenda").glob(f"*/{ADDENDUM_FILE}")))


def _caught_up(run: RunDir, made: Seal, register: Held, key: Key | None) -> None:
    """Register a last addendum that the same hand had written when it died."""
    known, number = _since(run, register), _count(run)
    for at in range(1, number + 1):
        name = f"addenda/{at:04d}/{ADDENDUM_FILE}"
        if name in known:
            continue
        try:
            last = parse_addendum((run.path / name).read_bytes())
        except (OSError, Damaged) as error:
            raise Refused(f"{run.id}: {name} cannot be read: {error}") from error
        if at < number or last.signed_by != (NOBODY if key is None else key.fingerprint):
            raise Refused(f"{run.id}: {name} was never registered; see `dr verify {run.id}`")
        sha = sha256_of(run.path / name)
        register.append("addendum", (run.id, made.run_no), sha, last.added_at, name)
