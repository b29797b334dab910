"""The home of `dr` and the directory of one run, which is its evidence.

Home (0700, $DR_HOME or the user's state directory):
    runs/RUN_ID/    one directory per run
    locks/          one file per service and run
    sandbox/        the sandbox's own files

Run directory:
    plan.json intent.json drill.yaml     written before anything else, never again
    journal.db                           the truth while the run lives
    samples/ children/ artifacts/        written by the observer, by child processes, by us
    events.jsonl result.json report.html VERIFY.md           written at the end
    MANIFEST.sha256 SEAL.txt SEAL.txt.sig                    written last (dr.stores.sealing)

Beside the runs: `keys/`, and `register.jsonl`, which knows of every run that was ever meant.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from dr.cloud.clock import Clock
from dr.core.canonical import canonical
from dr.core.seal import INTENT, INTENT_SIGNATURE, MANIFEST_FILE, listed, manifest_text
from dr.model.errors import Refused
from dr.model.plan import Plan
from dr.stores.files import flush_directory, sha256_of, write_whole
from dr.stores.journal import SqliteJournal
from dr.stores.keys import RUNNER, Keys
from dr.stores.occurrences import begun_by
from dr.stores.register import FILE as REGISTER_FILE
from dr.stores.register import Register


@dataclass(frozen=True, slots=True)
class RunDir:
    """The directory of one run."""

    path: Path

    @property
    def id(self) -> str:
        """Id of the run."""
        return self.path.name

    @property
    def unique_id(self) -> str:
        """Id with a part of the nonce: unique beyond this home, for what is left in the world."""
        return f"{self.id}.{str(self.intent()['nonce'])[:8]}"

    def plan(self) -> Plan:
        """Return the frozen plan."""
        return Plan.model_validate_json((self.path / "plan.json").read_bytes())

    def intent(self) -> dict[str, Any]:
        """Return what was written down before the run began."""
        found: dict[str, Any] = orjson.loads((self.path / "intent.json").read_bytes())
        return found

    def journal(self, clock: Clock) -> SqliteJournal:
        """Open the journal."""
        genesis = sha256_of(self.path / "intent.json")
        return SqliteJournal(self.path / "journal.db", self.id, genesis, clock)

    def write(self, name: str, content: bytes) -> str:
        """Write a file of the run; return its SHA-256."""
        path = self.path / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, content)
        return sha256_of(path)

    def names(self) -> list[str]:
        """Return the files that belong into the manifest; a link is no file of a run."""
        found = (
            path.relative_to(self.path).as_posix()
            for path in self.path.rglob("*")
            if path.is_file() and not path.is_symlink()
        )
        return sorted(name for name in found if listed(name))

    def manifest(self) -> str:
        """List every file with its digest, in the form `sha256sum -c` reads; return its digest."""
        digests = {name: sha256_of(self.path / name) for name in self.names()}
        return self.write(MANIFEST_FILE, manifest_text(digests))


@dataclass(frozen=True, slots=True)
class Home:
    """Where `dr` keeps its runs."""

    path: Path

    @classmethod
    def of(cls, environment: dict[str, str]) -> "Home":
        """Return the home the environment names."""
        named = environment.get("DR_HOME")
        if named:
            return cls(Path(named).expanduser().absolute())
        state = environment.get("XDG_STATE_HOME") or "~/.local/state"
        return cls(Path(state).expanduser().absolute() / "dr")

    def ready(self) -> "Home":
        """Make the directories; only their owner may enter. Raises Refused if that cannot be.

        From here on what this process and its children write is its owner's alone, and readable for
        that one, whatever the mask was before.
        """
        os.umask(0o077)
        try:
            for name in ("runs", "locks"):
                (self.path / name).mkdir(mode=0o700, parents=True, exist_ok=True)
                (self.path / name).chmod(0o700)
            self.path.chmod(0o700)
        except OSError as error:
            raise Refused(f"{self.path} cannot be the home of runs: {error.strerror}") from error
        return self

    def runs(self) -> list[RunDir]:
        """Return every run, oldest first."""
        base = self.path / "runs"
        if not base.is_dir():
            return []
        found = [RunDir(p) for p in base.iterdir() if (p / "intent.json").is_file()]
        return sorted(found, key=lambda run: (run.intent()["planned_start"], run.id))

    def run(self, name: str) -> RunDir:
        """Return one run by id, by a prefix that fits one run only, or `last`.

        Raises Refused if there is none.
        """
        runs = self.runs()
        if name == "last" and runs:
            return runs[-1]
        fits = [run for run in runs if run.id == name] or [
            run for run in runs if run.id.startswith(name)
        ]
        if len(fits) != 1:
            what = "no run" if not fits else f"{len(fits)} runs"
            raise Refused(f"{what} called {name!r}; `dr list` names them")
        return fits[0]

    def create(
        self, plan: Plan, definition: bytes, *, started_by: str, clock: Clock, occurrence: str = ""
    ) -> RunDir:
        """Make the directory of a new run, with everything that is fixed before it begins.

        The intent is signed, if there is a key of the runner, and registered: from here on the
        run must have an outcome. Raises Refused if the key or the register cannot be used, or if
        the occurrence was begun before: its entry in the register is what begins it, once.
        """
        key = Keys(self.path / "keys").get(RUNNER)
        with Register(self.path / REGISTER_FILE).held() as register:
            if occurrence and (by := begun_by(register.entries, occurrence, self.path / "runs")):
                raise Refused(f"{occurrence} was begun as {by}")
            gone = [int(e.run_id[-4:]) for e in register.entries if e.run_id[:-5] == plan.drill]
            run = RunDir(self._number(plan.drill, max(gone, default=0)))
            run.write("drill.yaml", definition)
            intent = {
                "schema": "dr.intent/1",
                "run_id": run.id,
                "run_no": register.next_run,
                "drill": plan.drill,
                "plan_sha256": run.write("plan.json", canonical(plan.as_json())),
                "definition_sha256": plan.definition_sha256,
                "planned_start": clock.stamp(),
                "started_by": started_by,
                "simulated": plan.simulated,
                "nonce": secrets.token_hex(16),
                **({"occurrence": occurrence} if occurrence else {}),
            }
            body = canonical(intent)
            if key is not None:
                run.write(INTENT_SIGNATURE, key.sign(body, INTENT))
            digest = run.write("intent.json", body)
            flush_directory(run.path.parent)
            no = register.next_run
            register.append(
                "intent", (run.id, no), digest, str(intent["planned_start"]), occurrence
            )
        return run

    def _number(self, drill: str, registered: int) -> Path:
        """Take the next number of a drill; making the directory is what takes it.

        The register remembers numbers whose directories are gone: none is used twice.
        """
        base = self.path / "runs"
        taken = [int(p.name[-4:]) for p in base.glob(f"{drill}-[0-9][0-9][0-9][0-9]")]
        number = max([registered, *taken]) + 1
        while True:
            path = base / f"{drill}-{number:04d}"
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                number += 1
            else:
                return path


def whoami() -> str:
    """Name the person or machine account that runs this process."""
    import pwd
    import socket

    try:
        user = pwd.getpwuid(os.getuid()).pw_name  # not LOGNAME, which anybody may set
    except KeyError:
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
