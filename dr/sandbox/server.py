"""The sandbox's process: moto with our patches, the admin API, the DNS, the data plane.

Run as `python -m dr.sandbox.server SPEC`, SPEC being a JSON file:
{home, times: {…}, database: auto|postgresql|memory|none, owner_pid: int|null}. Writes
`ready.json` beside SPEC when it answers. Ends on SIGTERM, on POST /dr-sandbox/stop, or when its
owner is gone.
"""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dr.cloud.supervisor import lives
from dr.sandbox import alarms, fleet, patches, recording, zonal_shift
from dr.sandbox.addresses import Addresses, claim, must_be_loopback
from dr.sandbox.admin import Admin
from dr.sandbox.data.truth import TruthLog, read_truth
from dr.sandbox.dnsserver import DnsServer
from dr.sandbox.front import Front
from dr.sandbox.names import Names
from dr.sandbox.plane import Plane
from dr.sandbox.sim import Sim, set_times
from dr.sandbox.world import Times
from dr.sandbox.zonal_shift import ZonalShifts

READY = "ready.json"
TRUTH = "truth.jsonl"
_OWNER_LOOK_S = 0.5


class Server:
    """Everything of one sandbox, in one process."""

    def __init__(self, spec: dict[str, Any], addresses: Addresses) -> None:
        """Patch moto and bind the ports; serve nothing yet. Raises ValueError, OSError."""
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server

        def loud(service: Any) -> Any:
            app = create_backend_app(service)
            app.config["PROPAGATE_EXCEPTIONS"] = True  # to us, who put them into the log
            return app

        must_be_loopback(addresses.api)
        self.spec = spec
        self.addresses = addresses
        self.truth = TruthLog(Path(spec["home"]) / TRUTH)
        times = Times()
        set_times(times, spec.get("times") or {})
        self.sim = Sim(times, self.truth)
        patches.apply(self.sim)
        recording.warm()
        shifts = ZonalShifts(self.sim)
        self.plane = Plane(self.sim, shifts)
        self.names = Names(self.plane, addresses)
        ours = {zonal_shift.SERVICE: shifts.answer}
        self.front = Front(self.sim, DomainDispatcherApplication(loud), Admin(self), ours)
        self.dns = DnsServer(addresses.api, self.names.resolve, lambda: self.sim.times.dns_ttl)
        self.data: Any = None
        self.built_by: str | None = None

        class Quiet(MotoRequestHandler):
            def log_request(self, *args: object) -> None:
                """Say nothing: a drill makes thousands of requests."""

        self.http = make_server(addresses.api, 0, self.front, threaded=True, request_handler=Quiet)
        self.http.daemon_threads = True  # type: ignore[attr-defined]
        self.endpoint = f"http://{addresses.api}:{self.http.port}"

    def state(self) -> dict[str, Any]:
        """Return what others need to know to use the sandbox."""
        database = self.sim.database
        return {
            "pid": os.getpid(),
            "endpoint": self.endpoint,
            "resolver": list(self.dns.address),
            "service_port": self.addresses.service_port,
            "shared_address": self.addresses.shared,
            "built_by": self.built_by,
            "database": None if database is None else ("postgresql" if database.real else "memory"),
            "outputs": self.plane.outputs,
            "busy": self.sim.busy(),
        }

    def truth_lines(self) -> list[dict[str, object]]:
        """Return the record of what really happened."""
        return [asdict(line) for line in read_truth(self.truth.path)]

    def take_estate(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take the outputs of the estate that was built, and start its data plane."""
        self.plane.know(body["outputs"])
        self.built_by = str(body["built_by"])
        self.sim.built = True
        if self.data is None and self.spec.get("database") != "none":
            from dr.sandbox.dataplane import start

            self.data = start(
                self.sim,
                self.plane,
                self.truth,
                self.addresses,
                wanted=self.spec.get("database", "auto"),
                home=Path(self.spec["home"]) / "cache" / "postgresql",
            )
        self.front.calls.reset()
        return self.state()

    def replay(self, body: dict[str, Any]) -> dict[str, Any]:
        """Carry out a recording."""
        recording.replay(body["requests"], self.endpoint, self.front.carry)
        return {"replayed": len(body["requests"])}

    def stop_soon(self) -> dict[str, Any]:
        """Begin to end; the answer still goes out."""
        threading.Timer(0.05, self.stop).start()
        return {}

    def stop(self) -> None:
        """End serving; `run` then takes everything down."""
        self.sim.stopping.set()
        self.http.shutdown()

    def run(self) -> None:
        """Serve until stopped; leave no process behind."""
        self.dns.start()
        threading.Thread(target=fleet.run, args=(self.sim,), name="fleet", daemon=True).start()
        threading.Thread(target=alarms.run, args=(self.sim,), name="alarms", daemon=True).start()
        owner = self.spec.get("owner_pid")
        if owner:
            threading.Thread(target=self._mind, args=(int(owner),), daemon=True).start()
        _write(Path(self.spec["home"]) / READY, self.state())
        try:
            self.http.serve_forever(poll_interval=0.05)
        finally:
            self.sim.stopping.set()
            self.dns.close()
            if self.data is not None:
                self.data.stop()
            self.truth.close()
            with suppress(OSError):
                (Path(self.spec["home"]) / READY).unlink()

    def _mind(self, owner: int) -> None:
        """End when the owner is gone: a test that was killed leaves nothing behind."""
        while not self.sim.stopping.wait(_OWNER_LOOK_S):
            if not lives(owner):
                self.stop()
                return


def _write(path: Path, value: dict[str, Any]) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(value))
    draft.chmod(0o600)
    draft.replace(path)


def main(argv: list[str]) -> int:
    """Run a sandbox until it is told to end."""
    spec = json.loads(Path(argv[0]).read_text())
    held = claim()
    server = Server(spec, held.addresses)

    def on_signal(*_: object) -> None:
        # Not here: shutdown() waits for the very loop that this handler interrupts.
        threading.Thread(target=server.stop, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, on_signal)
    server.run()
    held.holder.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
