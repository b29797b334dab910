"""The sandbox's process, from outside: started, asked, ended."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from dr.cloud.supervisor import lives
from dr.model.errors import Failed, Refused

LOG = "sandbox.log"
SPEC = "spec.json"
READY = "ready.json"
TRUTH = "truth.jsonl"
_POLL_S = 0.02
_DOWN_S = 15.0
_children: "dict[int, subprocess.Popen[bytes]]" = {}  # that this process started


def call(base: str, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
    """Make one request of an admin API. Raises Failed with what it said."""
    import urllib.error
    import urllib.request

    request = urllib.request.Request(  # noqa: S310 - always our own http://127.… address
        f"{base}/{what}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Content-Type": "application/json"},
    )
    # No proxy from the environment may come between us and loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=300) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            raise Failed(f"sandbox: {error.read().decode(errors='replace')}") from error
    except OSError as error:
        raise Failed(f"the sandbox does not answer: {error}") from error


def start(
    home: Path,
    times: dict[str, float],
    database: str,
    owner_pid: int | None,
    wait_s: float,
) -> dict[str, Any]:
    """Start the process and wait until it answers. Raises Refused, Failed."""
    try:
        import moto.server  # noqa: F401
    except ImportError as error:
        raise Refused("the sandbox needs moto: pip install 'dr-drill[sandbox]'") from error
    spec = {"home": str(home), "times": times, "database": database, "owner_pid": owner_pid}
    write_private(home / SPEC, json.dumps(spec))
    for name in (READY, TRUTH):
        (home / name).unlink(missing_ok=True)
    with (home / LOG).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dr.sandbox.server", str(home / SPEC)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C for the drill is not Ctrl-C for the cloud
            env=_environment(),
        )
    _children[process.pid] = process  # waited for in `_there`, or never if we end before it
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        with suppress(FileNotFoundError, ValueError):
            return dict(json.loads((home / READY).read_text()))
        if process.poll() is not None:
            raise Failed(f"the sandbox ended at once: {_tail(home / LOG)}")
        time.sleep(_POLL_S)
    end(process.pid)
    raise Failed(f"the sandbox did not answer within {wait_s:.0f}s: {_tail(home / LOG)}")


def stop(state: dict[str, Any]) -> None:
    with suppress(Failed):
        call(f"{state['endpoint']}/dr-sandbox", "POST", "stop", {})
    end(int(state["pid"]))


def _environment() -> dict[str, str]:
    """Return an environment in which nothing can reach a real cloud."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_", "TF_"))}
    kept["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def end(pid: int) -> None:
    """Wait for a sandbox's process to end, asking ever more firmly. Raises Failed."""
    started = time.monotonic()
    asked = killed = False
    while _there(pid):
        waited = time.monotonic() - started
        if waited > 1.0 and not asked:
            os.kill(pid, signal.SIGTERM)
            asked = True
        if waited > _DOWN_S and not killed:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # its session: the database is in there, too
            killed = True
        if waited > _DOWN_S + 2:
            raise Failed(f"the sandbox (process {pid}) does not end")
        time.sleep(_POLL_S)


def _there(pid: int) -> bool:
    child = _children.get(pid)
    if child is not None:
        if child.poll() is None:
            return True
        del _children[pid]  # ours, and now waited for
        return False
    return lives(pid)


def write_private(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _tail(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return " | ".join(lines[-5:]) or "it said nothing"
