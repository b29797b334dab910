"""Terraform, driven thinly: saved plans, JSON, time limits, children that outlive us.

A command that starts the provider takes 4 s or more, so there are few of them. An apply runs as a
child (`dr.cloud.child`), which a resumed run finds again. Interrupting one taints the resource in
flight (the next apply would destroy it); killing one leaves it out of the state: both are told.

Units:   seconds.
Errors:  Refused - no terraform, a wrong configuration, a plan that fails, a stale plan or a locked
         state: nothing was changed. Forbidden - credentials. Failed - an apply that ended with an
         error; what it had done by then is said. Unclear - an apply whose end is not known.
Source:  Terraform CLI documentation, "Automating Terraform".
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dr.cloud import terraform_json as tj
from dr.cloud.child import Child, Children, ChildState
from dr.cloud.terraform_binary import Answer, Binary, IsFlagged
from dr.cloud.terraform_env import environment
from dr.cloud.terraform_outcome import outcome, stream
from dr.model.base import Json, Record
from dr.model.errors import Refused

GRACE_S = 300.0  # Terraform waits for the call in flight; a database takes minutes
LOCK_TIMEOUT = "20s"
NOTHING = 0
CHANGES = 2  # of -detailed-exitcode


class SavedPlan(Record):
    """A plan in a file, and what it would do."""

    path: str
    sha256: str
    summary: tj.PlanSummary


class Terraform:
    """One configuration.

    directory: where it is. work: a private directory of the run, for what Terraform keeps beside
    it and for saved plans (they contain every value in the clear). env: laid over the inherited
    environment; an empty value removes a variable. children: where applies run. state: a file
    instead of the one a local backend would use.
    """

    def __init__(
        self,
        directory: Path,
        work: Path,
        env: Mapping[str, str],
        children: Children | None = None,
        *,
        state: Path | None = None,
    ) -> None:
        """Run nothing yet."""
        if not directory.is_dir():
            raise Refused(f"{directory} is no directory with a Terraform configuration")
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.directory = directory
        self.work = work.absolute()
        self.children = children or Children(self.work / "children")
        self.state = state.absolute() if state is not None else None
        self.env = environment(os.environ, env, self.work)
        self._binary = Binary(directory, self.env)

    def init(self) -> None:
        """Install providers and modules. A lock file that is there is obeyed, not changed."""
        locked = (self.directory / ".terraform.lock.hcl").is_file()
        lockfile = "readonly" if locked else None  # None: the option is left out
        self._run("init", input=False, no_color=IsFlagged, lockfile=lockfile)

    def initialise_once(self) -> None:
        """Initialise unless this work directory has been, by whichever step came first."""
        done = self.work / "initialised"
        with (self.work / "init.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.is_file():
                self.init()
                done.touch()

    def validate(self) -> None:
        """Check the configuration. Raises Refused with what is wrong."""
        self._run("validate", json=IsFlagged)

    def plan(
        self,
        variables: Mapping[str, Any] | None = None,
        *,
        destroy: bool = False,
        lock: bool = True,
    ) -> SavedPlan:
        """Plan, and keep the plan in a file that is named by its digest.

        lock: False only looks, at a state that a dead apply has left locked.
        """
        making = self.work / f"making-{secrets.token_hex(4)}.tfplan"
        with self._variables(variables) as var_file:
            self._plan(making, var_file=var_file, lock=lock, destroy=IsFlagged if destroy else None)
        sha256 = hashlib.sha256(making.read_bytes()).hexdigest()
        path = self.plan_file(sha256)
        making.rename(path)
        return SavedPlan(path=str(path), sha256=sha256, summary=tj.summary(self._show(path)))

    def plan_file(self, sha256: str) -> Path:
        """Return where the saved plan of this digest is."""
        return self.work / f"{sha256}.tfplan"

    def begin_apply(self, plan: Path, name: str, timeout_s: float | None = None) -> Child:
        """Start applying a saved plan as a child of this name, or attach to it.

        Terraform refuses a plan that was made for another state, so nothing is applied twice.
        """
        said: dict[str, Any] = {"input": False, "json": IsFlagged, "lock_timeout": LOCK_TIMEOUT}
        argv = self._binary.argv("apply", str(plan), **said, **self._where())
        return self.children.start(
            name, argv, cwd=self.directory, env=self.env, timeout_s=timeout_s, grace_s=GRACE_S
        )

    def apply(
        self,
        plan: SavedPlan,
        on_event: Callable[[Json], None] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> None:
        """Apply a saved plan and wait for its end. Raises Failed or Unclear.

        on_event: gets each event of Terraform's stream as it comes.
        """
        child = self.begin_apply(Path(plan.path), f"apply-{plan.sha256[:12]}", timeout_s)
        for event in stream(child):
            if on_event is not None:
                on_event(event)
        error = outcome(child)
        if error is not None:
            raise error

    def destroy(self, variables: Mapping[str, Any] | None = None) -> None:
        """Destroy everything in the state; for sandboxes and tests."""
        self.apply(self.plan(variables, destroy=True))

    def outputs(self) -> Json:
        """Return the outputs that are no secrets; starts no provider."""
        shown: dict[str, Any] = json.loads(
            self._run("output", json=IsFlagged, **self._where()).out or "{}"
        )
        return {name: about["value"] for name, about in shown.items() if not about["sensitive"]}

    def drift(self, variables: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Return the addresses where reality differs from what was asked for."""
        with self._variables(variables) as var_file:
            return tj.drifted(self._glance(refresh_only=IsFlagged, var_file=var_file))

    def next_apply(self) -> tuple[tj.PlanSummary, tuple[str, ...]]:
        """Return what an apply would do now, and the drift; a held lock is no obstacle."""
        shown = self._glance(always=True, lock=False)
        return tj.summary(shown), tj.drifted(shown)

    def _glance(self, *, always: bool = False, **options: Any) -> dict[str, Any]:
        """Plan, and keep no plan; return its JSON form, {} for nothing to do unless `always`."""
        path = self.work / f"glance-{secrets.token_hex(4)}.tfplan"
        try:
            code = self._plan(path, **options)
            return self._show(path) if always or code == CHANGES else {}
        finally:
            path.unlink(missing_ok=True)

    def state_info(self) -> tj.StateInfo:
        """Say which state this is and where it and its lock live; starts no provider."""
        # `state pull` knows no -state.
        pulled = self._run("state pull").out if self.state is None else _text(self.state)
        found = json.loads(pulled.strip() or "{}")
        lineage, serial = found.get("lineage", ""), found.get("serial", 0)
        try:
            text = (self.work / "data" / "terraform.tfstate").read_text()
        except FileNotFoundError:
            place = self.state or self.directory / "terraform.tfstate"
            return tj.StateInfo(
                lineage=lineage, serial=serial, backend="local", place=str(place), lock="flock"
            )
        return tj.remote_state(json.loads(text)["backend"], lineage, serial)

    def lock(self) -> str | None:
        """Return the id of the lock on the state, if somebody holds it; changes nothing.

        A command that takes the lock, finds nothing to do and starts no provider.
        """
        answer = self._binary.cmd(
            "untaint",
            "dr_none.none",
            allow_missing=IsFlagged,
            lock_timeout="0s",
            no_color=IsFlagged,
            **self._where(),
        )
        return tj.lock_id(answer.err + answer.out) if answer.code else None

    def note_lock(self, child: Child) -> str | None:
        """Record the id of the lock that a running apply holds, as ours; return it.

        It is ours for certain only if the apply had begun to change things before we looked (it has
        the lock by then) and is still running after.
        """
        for id_, attempt in self._noted():
            if attempt == child.path.absolute():
                return id_
        if '"type":"apply_start"' not in _text(child.stdout):
            return None
        held = self.lock()
        if held is None or child.state().state is not ChildState.RUNNING:
            return None
        folder = self.work / "locks"
        folder.mkdir(exist_ok=True)
        (folder / held).write_text(str(child.path.absolute()))
        return held

    def release_lock(self) -> str | None:
        """Release the lock that a dead apply of ours left behind, if there is one; return its id.

        Never anybody else's: only an id recorded while our apply held it, only when nothing of that
        apply lives, and only if it is still the one that is held.
        """
        noted = list(self._noted())
        held = self.lock() if noted else None
        for id_, attempt in noted:
            status = Child(attempt).state()
            dead = status.state is not ChildState.RUNNING and status.survivor is None
            if id_ == held and dead:
                self._run("force-unlock", id_, force=IsFlagged)
                return id_
        return None

    def _noted(self) -> Iterator[tuple[str, Path]]:
        # Beside ours, too: another step or the way back has a work directory of its own.
        for note in sorted(self.work.parent.glob("*/locks/*")):
            yield note.name, Path(note.read_text())

    def _plan(self, out: Path, **options: Any) -> int:
        """Plan into a file; return the exit code. Unknown variables are refused."""
        answer = self._run(
            "plan",
            ok=(NOTHING, CHANGES),
            input=False,
            json=IsFlagged,
            detailed_exitcode=IsFlagged,
            lock_timeout=LOCK_TIMEOUT,
            out=str(out),
            **options,
            **self._where(),
        )
        for event in tj.events(answer.out):
            if "undeclared variable" in str(event.get("@message", "")):
                raise Refused(f"terraform plan: {tj.sentence(event['diagnostic'])}")
        return answer.code

    def _show(self, plan: Path) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(self._run("show", str(plan), json=IsFlagged).out)
        return shown

    def _where(self) -> dict[str, Any]:
        return {} if self.state is None else {"state": str(self.state)}

    def _run(self, command: str, *args: str, ok: tuple[int, ...] = (0,), **options: Any) -> Answer:
        answer = self._binary.cmd(command, *args, **options)
        if answer.code not in ok:
            raise tj.refusal(command, tj.complaints(answer.out, answer.err))
        return answer

    @contextlib.contextmanager
    def _variables(self, variables: Mapping[str, Any] | None) -> Iterator[str | None]:
        """Hand variables over in a file: nobody reads them in a list of processes or a log."""
        if not variables:
            yield None
            return
        path = self.work / f"{secrets.token_hex(4)}.tfvars.json"
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            json.dump(variables, file)
        try:
            yield str(path)
        finally:
            path.unlink()


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""
