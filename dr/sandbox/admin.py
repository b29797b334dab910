"""The admin API under /dr-sandbox/: what is going on, and what is to go wrong.

GET state, times, truth, calls, faults, dns · POST times, faults, estate, recording, replay, stop ·
DELETE faults, calls. Bodies are JSON objects; an error is {"error": …} with status 400 or 404.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from dr.sandbox.asked import Answer
from dr.sandbox.front import Front
from dr.sandbox.names import Names
from dr.sandbox.sim import Sim, set_times

_JSON = [("Content-Type", "application/json")]


class Served(Protocol):
    """The sandbox's server, as far as the admin API acts on it."""

    sim: Sim
    front: Front
    names: Names

    def state(self) -> object:
        """Return what there is to know of the sandbox."""

    def truth_lines(self) -> object:
        """Return the record of what really happened."""

    def take_estate(self, body: dict[str, Any]) -> object:
        """Take the estate's outputs and start serving it."""

    def replay(self, body: dict[str, Any]) -> object:
        """Do recorded requests again."""

    def stop_soon(self) -> object:
        """End after this answer."""


class Admin:
    """Routes of the admin API."""

    def __init__(self, server: Served) -> None:
        """Act on the server."""
        self._server = server
        self._routes: dict[tuple[str, str], Callable[[dict[str, Any]], object]] = {
            ("GET", "state"): lambda _: server.state(),
            ("GET", "times"): lambda _: asdict(server.sim.times),
            ("POST", "times"): self._set_times,
            ("GET", "truth"): lambda _: server.truth_lines(),
            ("GET", "calls"): lambda _: server.front.calls.listed(),
            ("DELETE", "calls"): lambda _: server.front.calls.reset(),
            ("GET", "faults"): lambda _: server.front.faults.listed(),
            ("POST", "faults"): lambda body: asdict(server.front.faults.add(body)),
            ("DELETE", "faults"): lambda _: server.front.faults.clear(),
            ("GET", "dns"): lambda _: server.names.known(),
            ("POST", "estate"): server.take_estate,
            ("POST", "recording"): self._recording,
            ("POST", "replay"): server.replay,
            ("POST", "stop"): lambda _: server.stop_soon(),
        }

    def __call__(self, environ: dict[str, Any], body: bytes) -> Answer:
        """Answer one request of the admin API."""
        name = str(environ["PATH_INFO"]).removeprefix("/dr-sandbox/").strip("/")
        route = self._routes.get((str(environ["REQUEST_METHOD"]), name))
        if route is None:
            return _answer("404 Not Found", {"error": f"no such thing here: {name}"})
        try:
            given = json.loads(body or b"{}")
            if not isinstance(given, dict):
                raise TypeError("the body must be a JSON object")  # noqa: TRY301
            return _answer("200 OK", route(given))
        except (TypeError, ValueError, KeyError) as error:
            return _answer("400 Bad Request", {"error": f"{type(error).__name__}: {error}"})
        except Exception as error:  # noqa: BLE001 - said to the client, whole
            return _answer("500 Server Error", {"error": f"{type(error).__name__}: {error}"})

    def _set_times(self, body: dict[str, Any]) -> object:
        set_times(self._server.sim.times, body)
        return asdict(self._server.sim.times)

    def _recording(self, body: dict[str, Any]) -> object:
        recorder = self._server.front.recorder
        if body.get("mode") == "start":
            recorder.start()
            return {}
        return {"requests": recorder.stop()}


def _answer(status: str, value: object) -> Answer:
    content = json.dumps(value).encode()
    return status, [*_JSON, ("Content-Length", str(len(content)))], content
