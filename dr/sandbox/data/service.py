"""The orders service of a Region behind its load balancer, and the status page beside it."""

import itertools
import threading
from http import HTTPStatus

from dr.sandbox.data.app import Answer, Orders, as_json
from dr.sandbox.data.rules import Fate, Rules
from dr.sandbox.data.server import Server
from dr.sandbox.world import ELB_5XX, TARGET_5XX


class RegionService:
    """A load balancer that passes each request to the next target in rotation."""

    def __init__(self, rules: Rules, region: str, host: str, port: int) -> None:
        """Listen; serve from `start` on. port: 0 for any. Raises OSError."""
        self._rules = rules
        self._region = region
        self._turn = itertools.count()
        self._stopping = threading.Event()
        self._orders = Orders(rules, region, self._stopping)
        self._server = Server(host, port, self._respond)
        self.address = self._server.address

    def start(self) -> None:
        """Begin to serve."""
        self._server.start()

    def stop(self) -> None:
        """Close everything; returns when the threads are gone."""
        self._stopping.set()
        self._server.stop()

    def _respond(self, method: str, path: str, body: bytes) -> Answer | None:
        fates = self._rules.fates(self._region)
        fate = fates[next(self._turn) % len(fates)]
        answer = self._answer(fate, method, path, body)
        if answer is not None and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            metric = TARGET_5XX if fate is Fate.SERVED else ELB_5XX
            self._rules.control.failed(self._region, metric)
        return answer

    def _answer(self, fate: Fate, method: str, path: str, body: bytes) -> Answer | None:
        match fate:
            case Fate.HANGS:
                return None
            case Fate.BAD_GATEWAY:
                return as_json(502, {"error": "bad gateway"})
            case Fate.NO_TARGET:
                return as_json(503, {"error": "no healthy target"})
            case Fate.SERVED:
                return self._orders.answer(method, path, body)


def status_page(host: str, port: int) -> Server:
    """Return the page that is always there: control probes ask it whether the prober is blind."""
    return Server(host, port, lambda method, path, body: as_json(200, {"status": "ok"}))
