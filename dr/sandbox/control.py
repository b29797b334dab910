"""Starting, finding and stopping a sandbox, for the rest of the program.

A sandbox lives in a home directory: `sandbox.json` (0600) says how to reach it, `sandbox.log` is
its process's output, `cache/` holds recorded estates. A sandbox's home belongs to one sandbox.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dr.model.errors import Failed
from dr.sandbox.process import LOG, READY, SPEC, TRUTH, call, start, stop, write_private

if TYPE_CHECKING:
    from dr.sandbox.building import Built

__all__ = ["LOG", "STATE", "Database", "Sandbox", "down", "ephemeral", "find", "up"]

Database = Literal["auto", "postgresql", "memory", "none"]
STATE = "sandbox.json"
_LOCK = "up.lock"


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox and how to reach it.

    outputs: of each estate, by its resolved directory. workdirs: by the same, the copy of the
    configuration that has the sandbox's Terraform state (no entry: built without Terraform). The
    estate's own directory is never written to: it may hold the state of a real one.
    """

    endpoint: str
    resolver: tuple[str, int]
    pid: int
    home: Path
    outputs: dict[str, dict[str, str]]
    built_by: str
    database: str
    workdirs: dict[str, str] = field(default_factory=dict)
    how: str = ""  # one sentence on how it was built, for people

    @property
    def admin(self) -> str:
        """Base URL of the admin API."""
        return f"{self.endpoint}/dr-sandbox"

    def get(self, what: str) -> Any:
        """Ask the admin API. Raises Failed."""
        return call(self.admin, "GET", what)

    def post(self, what: str, body: dict[str, Any] | None = None) -> Any:
        """Tell the admin API. Raises Failed."""
        return call(self.admin, "POST", what, body or {})

    def delete(self, what: str) -> Any:
        """Clear something (`faults`, `calls`). Raises Failed."""
        return call(self.admin, "DELETE", what)


def up(
    home: Path,
    estate: Path,
    *,
    times: dict[str, float] | None = None,
    terraform: bool | None = None,
    database: Database = "auto",
    owner_pid: int | None = None,
    wait_s: float = 60.0,
) -> Sandbox:
    """Start a sandbox in `home` with the estate built in it, or return the one that is there.

    times: changes to `dr.sandbox.world.Times`. terraform: True insists on it, False uses boto3,
    None decides by what is installed. owner_pid: the sandbox ends with that process. wait_s: for
    the process to answer; building takes as long as it takes. Raises Refused, Failed.
    """
    estate = estate.resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    with _only_one(home):
        running = find(home)
        if running is not None:
            if times:
                running.post("times", dict(times))
            return running
        state, built = _start_built(
            home, estate, terraform, (times or {}, database, owner_pid, wait_s)
        )
        after = call(f"{state['endpoint']}/dr-sandbox", "GET", "state")
        sandbox = Sandbox(
            endpoint=state["endpoint"],
            resolver=(state["resolver"][0], state["resolver"][1]),
            pid=state["pid"],
            home=home,
            outputs={str(estate): built.outputs},
            built_by=built.built_by,
            database=after["database"] or "none",
            workdirs={str(estate): str(built.workdir)} if built.workdir else {},
            how=built.how,
        )
        _save(sandbox)
        return sandbox


def find(home: Path) -> Sandbox | None:
    """Return the sandbox that lives in `home`; None if there is none, stale files cleared away."""
    path = home / STATE
    try:
        saved = json.loads(path.read_text())
        sandbox = Sandbox(
            **{**saved, "home": home, "resolver": (saved["resolver"][0], saved["resolver"][1])}
        )
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        path.unlink(missing_ok=True)
        return None
    with suppress(Failed):
        # Another process may have the port, or another sandbox: only the same pid counts.
        if sandbox.get("state")["pid"] == sandbox.pid:
            return sandbox
    path.unlink(missing_ok=True)
    return None


def down(home: Path) -> bool:
    """End the sandbox in `home` and clear its files but the cache and the log.

    Returns whether there was one. Raises Failed if its process will not end.
    """
    sandbox = find(home)
    if sandbox is not None:
        stop({"endpoint": sandbox.endpoint, "pid": sandbox.pid})
    for name in (STATE, SPEC, READY, TRUTH):
        (home / name).unlink(missing_ok=True)
    for name in ("estate", "terraform"):
        shutil.rmtree(home / name, ignore_errors=True)
    return sandbox is not None


@contextmanager
def ephemeral(
    home: Path, estate: Path, *, times: dict[str, float] | None = None, **options: Any
) -> Iterator[Sandbox]:
    """Have a sandbox for as long as the block, and at most as long as this process."""
    sandbox = up(home, estate, times=times, owner_pid=os.getpid(), **options)
    try:
        yield sandbox
    finally:
        down(home)


def _start_built(
    home: Path,
    estate: Path,
    terraform: bool | None,  # noqa: FBT001 - handed on from `up`, where it has a name
    how: tuple[dict[str, float], Database, int | None, float],
) -> "tuple[dict[str, Any], Built]":
    """Start a process and build in it; once more if a recording turned out not to fit."""
    from dr.sandbox import building

    state = start(home, *how)
    try:
        return state, building.build(state, home, estate, terraform=terraform)
    except building.Unfit:
        stop(state)
    except BaseException:
        stop(state)
        raise
    state = start(home, *how)
    try:
        return state, building.build(state, home, estate, terraform=terraform)
    except BaseException:
        stop(state)
        raise


def _save(sandbox: Sandbox) -> None:
    values = {
        "endpoint": sandbox.endpoint,
        "resolver": list(sandbox.resolver),
        "pid": sandbox.pid,
        "outputs": sandbox.outputs,
        "built_by": sandbox.built_by,
        "database": sandbox.database,
        "workdirs": sandbox.workdirs,
        "how": sandbox.how,
    }
    write_private(sandbox.home / STATE, json.dumps(values, indent=1))


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Let one `up` at a time work in a home."""
    with (home / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
