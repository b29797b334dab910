"""What `dr doctor` finds out about the machine: programs, home, disk, clock.

Source:  proc(5), mountinfo; SQLite, "Write-Ahead Logging" (no network file systems).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OK: Final = "ok"
WARN: Final = "warn"
FAIL: Final = "FAIL"
NOT_CHECKED: Final = "not checked"

PYTHON: Final = (3, 11)
TERRAFORM: Final = (1, 11)
DISK_FAIL: Final = 100 * 2**20  # bytes; a long drill's samples take about as much
DISK_WARN: Final = 2**30
_NETWORK: Final = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph"}
_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: its state, what was looked at, what was found, and what to do about it."""

    state: str
    what: str
    says: str
    do: str = ""


def machine(home: Path, *, needs_terraform: bool) -> Iterator[Finding]:
    """Examine everything that needs no drill."""
    yield _python()
    yield _terraform(needed=needs_terraform)
    yield _postgres()
    yield from _home(home)
    yield _clock()
    yield _lever(home)
    yield _watchdog()
    yield _locks()


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= PYTHON:
        return Finding(OK, "Python", found)
    return Finding(FAIL, "Python", found, f"use {'.'.join(map(str, PYTHON))} or newer")


def _terraform(*, needed: bool) -> Finding:
    lacking = FAIL if needed else WARN
    advice = "install Terraform 1.11 or newer: developer.hashicorp.com/terraform/install"
    path = shutil.which("terraform")
    if path is None:
        return Finding(lacking, "terraform", "not on the PATH", advice)
    try:
        said = subprocess.run(
            [path, "version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
            env={**os.environ, "CHECKPOINT_DISABLE": "1"},
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(lacking, "terraform", f"{path} does not run: {error}", advice)
    version = said.partition("\n")[0].removeprefix("Terraform v").strip()
    try:
        numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
    except ValueError:
        return Finding(WARN, "terraform", f"{path} says {version!r}", advice)
    if numbers < TERRAFORM:
        return Finding(lacking, "terraform", f"{version} at {path}", advice)
    return Finding(OK, "terraform", f"{version} at {path}")


def _postgres() -> Finding:
    try:
        from dr.sandbox.data.pgtemplate import programs

        found = programs()
    except ImportError:
        advice = "pip install 'dr-drill[sandbox]', if you want to rehearse"
        return Finding(WARN, "sandbox", "its libraries are not installed", advice)
    if found is None:
        advice = "install PostgreSQL's server, for databases that really fail over"
        return Finding(
            WARN, "PostgreSQL", "not found: the sandbox keeps its data in memory", advice
        )
    return Finding(OK, "PostgreSQL", f"for the sandbox, at {found.directory}")


def _home(home: Path) -> Iterator[Finding]:
    there = next(path for path in (home, *home.parents) if path.exists())
    if there != home:
        yield Finding(OK, "home", f"{home} will be made")
    else:
        yield from _private(home)
    if not os.access(there, os.W_OK | os.X_OK):
        yield Finding(FAIL, "home", f"{there} cannot be written", "set DR_HOME, or its owner")
    yield _disk(there)
    kind = _file_system(there)
    if kind in _NETWORK:
        yield Finding(
            WARN,
            "home",
            f"{there} is on {kind}: SQLite's write-ahead log is not safe there",
            "set DR_HOME to a local disk",
        )


def _private(home: Path) -> Iterator[Finding]:
    about = home.stat()
    mode = about.st_mode & 0o777
    if about.st_uid != os.geteuid():
        yield Finding(FAIL, "home", f"{home} belongs to another user", "set DR_HOME to your own")
    elif mode & _OTHERS:
        yield Finding(FAIL, "home", f"{home} is open to others ({mode:04o})", f"chmod 700 {home}")
    else:
        yield Finding(OK, "home", f"{home}, {mode:04o}")


def _disk(there: Path) -> Finding:
    free = shutil.disk_usage(there).free
    says = f"{free // 2**20} MiB free at {there}"
    if free < DISK_FAIL:
        return Finding(FAIL, "disk", says, f"make room: at least {DISK_FAIL // 2**20} MiB")
    if free < DISK_WARN:
        return Finding(WARN, "disk", says, "make room, or set DR_HOME to another disk")
    return Finding(OK, "disk", says)


def _file_system(path: Path) -> str:
    """Return the type of the file system that a path is on; empty where nothing tells."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return ""
    real, best, kind = path.resolve(), Path(), ""
    for line in lines:
        before, _, after = line.partition(" - ")
        place = Path(before.split()[4].replace("\\040", " "))
        if real.is_relative_to(place) and len(place.parts) >= len(best.parts):
            best, kind = place, after.split()[0]
    return kind


def _clock() -> Finding:
    from dr.cloud.clock import Clock
    from dr.observer.clockstate import look

    state = look(Clock())
    if state.synchronised:
        return Finding(OK, "clock", f"synchronised, within {state.maxerror_us / 1000:.0f} ms")
    return Finding(
        WARN,
        "clock",
        "not known to be synchronised: the records of others cannot be joined to a run's",
        "run chrony or systemd-timesyncd (durations are measured by another clock, and hold)",
    )


def _lever(home: Path) -> Finding:
    from dr.cli.safety import lever

    why = lever(home).engaged()
    if why is None:
        return Finding(OK, "safety lever", "released")
    return Finding(FAIL, "safety lever", why, "dr lever release, once it is safe to")


def _watchdog() -> Finding:
    import tempfile

    from dr.cli.watchdog import trial

    with tempfile.TemporaryDirectory(prefix="dr-") as scratch:
        why = trial(Path(scratch))
    if why is None:
        return Finding(OK, "watchdog", "one can be armed, and ended")
    return Finding(FAIL, "watchdog", why, "see to it that processes may outlive this one")


def _locks() -> Finding:
    from dr.cli.locking import VARIABLE
    from dr.cloud.lease import NEEDS, leases
    from dr.model.errors import Refused

    address = os.environ.get(VARIABLE)
    if not address:
        return Finding(OK, "locks", f"of this home only; with {VARIABLE}, shared with others")
    try:
        leases(address)
    except Refused as error:
        return Finding(FAIL, "locks", str(error), f"correct {VARIABLE}")
    says = f"shared at {address}; needs {', '.join(NEEDS)}"
    return Finding(NOT_CHECKED, "locks", says, "a run refuses to begin if it cannot take one")
