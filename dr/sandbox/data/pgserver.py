"""One PostgreSQL server process: made from a template, started, crashed, stopped."""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from dr.cloud.supervisor import lives
from dr.sandbox.data.pgtemplate import Programs

USER = "dr"
DATABASE = "postgres"
_IPC_RMID = 0
_SEGMENT = 24  # the length of a WAL segment's name
_STOP_S = 3.0


@dataclass
class Server:
    """A data directory and, while it runs, its postmaster.

    source: conninfo of what a follower replicates from.
    """

    programs: Programs
    directory: Path
    host: str
    port: int
    source: str
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def alive(self) -> bool:
        """Say whether the postmaster runs; costs one system call."""
        return self.process is not None and self.process.poll() is None

    def start(self, *, follow: bool) -> None:
        """Start the postmaster; `wait` on it with a connection. follow: as a standby."""
        marker = self.directory / "standby.signal"
        if follow:
            marker.touch()
            self.programs.give(marker)
        else:
            marker.unlink(missing_ok=True)
        settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "primary_conninfo": self.source,
        }
        argv = [self.programs.path("postgres"), "-D", str(self.directory)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=self.programs.environment(),
                cwd="/",
                user=self.programs.user,
                group=self.programs.group,
                extra_groups=None if self.programs.user is None else [],
            )

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.directory.with_suffix(".log")

    def last_words(self) -> str:
        """Return the end of the server's log, for an error message."""
        with contextlib.suppress(OSError):
            return self.log.read_text(errors="replace")[-800:]
        return ""

    def kill(self) -> None:
        """Crash: SIGKILL to the postmaster and its children, without any goodbye."""
        process = self.process
        if process is None:
            return
        children = _kill_family(process.pid)
        process.wait()
        deadline = time.monotonic() + _STOP_S
        while any(lives(pid) for pid in children) and time.monotonic() < deadline:
            time.sleep(0.001)
        self._forget_shared_memory()
        self.process = None

    def stop(self) -> None:
        """Stop at once; the data is not kept. Ends in `kill` if it does not stop."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            self._forget_shared_memory()
            self.process = None

    def remove(self) -> None:
        """Delete the data directory."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def copy_from(self, template: Path) -> None:
        """Begin with a copy of a cleanly stopped data directory."""
        self.remove()
        subprocess.run(["cp", "-a", str(template), str(self.directory)], check=True)

    def clone(self, source: "Server") -> None:
        """Begin with a base backup of a running server, and the WAL it still keeps.

        A base backup brings no WAL older than itself. Followers that are further behind would
        find nothing to go on from when this server becomes the writer one day.
        """
        self.remove()
        self.programs.run(
            "pg_basebackup", "-h", source.host, "-p", str(source.port), "-U", USER,
            "-D", str(self.directory), "-X", "stream", "-c", "fast", "--no-sync", "--no-manifest",
        )  # fmt: skip
        mine, theirs = self.directory / "pg_wal", source.directory / "pg_wal"
        # Within a segment's name, the timeline comes first and the position after it.
        oldest = min(
            (file.name[8:] for file in mine.iterdir() if len(file.name) == _SEGMENT), default=""
        )
        for file in theirs.iterdir():
            kept = len(file.name) == _SEGMENT and file.name[8:] < oldest
            if kept or file.suffix == ".history":
                with contextlib.suppress(FileNotFoundError):  # recycled meanwhile
                    self.programs.give(Path(shutil.copy(file, mine)))

    def _forget_shared_memory(self) -> None:
        """Free the small System V segment that a killed postmaster leaves behind for ever."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            words = (self.directory / "postmaster.pid").read_text().splitlines()[6].split()
            ctypes.CDLL(None).shmctl(int(words[1]), _IPC_RMID, None)


_GUARD = """read _
for file in "$1"/*/postmaster.pid; do
  [ -f "$file" ] && kill -QUIT "$(head -n 1 "$file")"
done"""


def guard(nodes: Path) -> "subprocess.Popen[bytes]":
    """Start a process that ends the servers when this one dies, however it dies.

    It waits on a pipe that the kernel closes with us. Close its stdin to let it go.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "sh", str(nodes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


def claim(file: Path) -> int:
    """Lock a file for as long as this process lives; close the number to let go.

    Raises RuntimeError if another process has it: its servers are not leftovers.
    """
    number = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(number)
        raise RuntimeError(f"another sandbox is running on {file.with_suffix('')}") from None
    return number


def sweep(programs: Programs, nodes: Path) -> None:
    """End servers that a killed sandbox left running on these data directories."""
    for file in nodes.glob("*/postmaster.pid"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(file.read_text().splitlines()[0])
            if str(file.parent) in _command(pid):
                _kill_family(pid)
    shutil.rmtree(nodes, ignore_errors=True)


def _kill_family(pid: int) -> list[int]:
    """Kill a postmaster and its children; return the children.

    It is stopped first, so that it starts no child while they are listed. Each child has a session
    of its own: a signal to the process group would miss them.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    children = _children(pid)
    for one in [*children, pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    return children


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if listed.exists():
        return [int(child) for child in listed.read_text().split()]
    found = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = [line.split() for line in found.stdout.splitlines()]
    return [int(child) for child, parent in pairs if parent == str(pid)]


def _command(pid: int) -> str:
    found = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout
