"""Commands as forked children of one warm process, which can be made to die at any port.

    python -m tests.e2e.nursery          one JSON job per line on stdin, its answer on stdout

A port is crossed just before and just after each commit to the journal, each request that changes
something at the API, and each file or register entry of the evidence. A child that is to die there
ends with `os._exit`: no `finally`, no `except` and no buffer of the product sees it, its locks are
released by the kernel, and what it had started lives on; as after a SIGKILL, but at a chosen line.
Starting and importing, nine tenths of a short command, is paid for once.
"""

import contextlib
import functools
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.rehearsing import COMMAND_S, ROOT, Done, Rehearsal

DIED = 99  # no exit code of the product


class Ports:
    """Counts crossings; ends the process at number `at` (-1: never)."""

    def __init__(self, at: int, trace: Path) -> None:
        self._at = at
        self._count = 0
        self._lock = threading.Lock()
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def cross(self, name: str) -> None:
        """Cross a port; nobody else crosses one meanwhile."""
        with self._lock:
            self.note(name)
            if self._count == self._at:
                os._exit(DIED)
            self._count += 1

    def note(self, what: str) -> None:
        """Write down what happens between the ports."""
        os.write(self._trace, f"{what}\n".encode())

    def around(self, owner: Any, method: str, name: Callable[..., str]) -> None:
        """Put a port before and behind a method; none where there is no name."""
        inner = getattr(owner, method)

        @functools.wraps(inner)
        def outer(*args: Any, **named: Any) -> Any:
            said = name(*args, **named)
            if not said:
                return inner(*args, **named)
            self.cross(f"before {said}")
            found = inner(*args, **named)
            self.cross(f"after {said}")
            return found

        setattr(owner, method, outer)


def _install(ports: Ports) -> None:
    """Put the ports where the product touches the disk and the world."""
    from botocore.endpoint import Endpoint

    from dr.sandbox.asked import Asked
    from dr.stores.journal import SqliteJournal
    from dr.stores.register import Held
    from dr.stores.rundir import RunDir

    def effect(endpoint: Any, model: Any, *_: Any) -> str:
        service = str(model.service_model.service_name)
        if Asked(service, str(model.name), "", "").mutating:
            return f"{service}:{model.name}"
        ports.note(f"look {service}:{model.name}")
        return ""

    ports.around(SqliteJournal, "commit", lambda self: "commit" if self._staged else "")
    ports.around(Endpoint, "make_request", effect)
    ports.around(RunDir, "write", lambda self, name, content: f"write {name}")
    ports.around(Held, "append", lambda self, kind, *_, **__: f"register {kind}")


def _live(job: dict[str, Any]) -> None:
    """Be one command, to its end. Never returns."""
    os.setsid()
    for number, name in ((0, "/dev/null"), (1, job["out"]), (2, job["err"])):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(name, flags, 0o600), number)
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(ROOT)
    from dr.cli.frame import run

    _install(Ports(job["at"], Path(job["trace"])))
    code = 70
    with contextlib.suppress(BaseException):
        code = run(job["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _warm() -> None:
    """Import and read whatever every command would: a model of an AWS API is megabytes of JSON."""
    from importlib import import_module

    import botocore.loaders

    from dr.cli.frame import COMMANDS
    from dr.cloud.aws import Aws

    botocore.loaders.JSONFileLoader.load_file = functools.cache(  # type: ignore[method-assign]
        botocore.loaders.JSONFileLoader.load_file
    )
    botocore.loaders.Loader.load_service_model = functools.cache(  # type: ignore[method-assign]
        _shared(botocore.loaders.Loader().load_service_model)
    )
    for name in ("run", "resume", "seal", "verify"):
        import_module(COMMANDS[name][0])
    for name in ("dr.report.html", "dr.report.page", "dr.stores.sealing", "tenacity", "rfc8785"):
        import_module(name)
    aws = Aws("123456789012", "us-east-1", endpoint="http://127.0.0.1:9")
    for service in (
        "autoscaling",
        "arc_zonal_shift",
        "backup",
        "dynamodb",
        "ec2",
        "elasticache",
        "elbv2",
        "kms",
        "rds",
        "route53",
        "s3",
        "secretsmanager",
        "ssm",
        "sts",
    ):
        getattr(aws, service)


def _shared(load: Callable[..., Any]) -> Callable[..., Any]:
    """Return a loader of models that all sessions share; each has one of its own otherwise."""

    def loaded(_: Any, *args: Any, **named: Any) -> Any:
        return load(*args, **named)

    return loaded


def main() -> None:
    """See the module."""
    _warm()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _live(json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


@dataclass
class Nursery:
    """The warm process, from outside; for one thread at a time."""

    process: "subprocess.Popen[str]"
    place: Path

    def live(
        self, rehearsal: Rehearsal, *arguments: object, at: int = -1
    ) -> tuple[Done, list[str]]:
        """Run a command to its end or its death; return what it said, and the ports it crossed."""
        out, err, trace = (self.place / name for name in ("out", "err", "trace"))
        trace.unlink(missing_ok=True)
        job = {
            "arguments": [str(one) for one in arguments],
            "env": rehearsal.environment(),
            "at": at,
            "out": str(out),
            "err": str(err),
            "trace": str(trace),
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(job), file=self.process.stdin, flush=True)
        timer = threading.Timer(COMMAND_S, self.process.kill)
        timer.start()
        said = self.process.stdout.readline()
        timer.cancel()
        assert said, f"{arguments} did not end: {err.read_text()[-2000:]}"
        crossed = trace.read_text().splitlines() if trace.exists() else []
        return Done(int(said), out.read_text(), err.read_text()), crossed


@contextlib.contextmanager
def nursery(place: Path) -> Iterator[Nursery]:
    """Have a warm process for as long as the block."""
    place.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.nursery"],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield Nursery(process, place)
        finally:
            process.kill()


class Nurseries:
    """The warm processes of a session: made when first needed, lent to one user at a time."""

    def __init__(self, stack: contextlib.ExitStack, root: Path) -> None:
        self._stack = stack
        self._root = root
        self._free: queue.SimpleQueue[Nursery] = queue.SimpleQueue()
        self._made = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def nursery(self) -> Iterator[Nursery]:
        """Have one."""
        try:
            lent = self._free.get_nowait()
        except queue.Empty:
            with self._lock:
                self._made += 1
                lent = self._stack.enter_context(nursery(self._root / str(self._made)))
        yield lent
        self._free.put(lent)  # not one that a failed test left in the middle of something


if __name__ == "__main__":
    main()
