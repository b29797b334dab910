"""The orders service as such: what a healthy instance answers."""

import json
import secrets
import threading
from dataclasses import dataclass
from urllib.parse import unquote

from dr.sandbox.data.rules import STAND_ALONE, Fate, PipelineState, Rules, WriterState
from dr.sandbox.world import Writes

_ASKED_TIMEOUT_S = 1.0
_JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    kind: str = _JSON


def as_json(status: int, value: object) -> Answer:
    """Answer with JSON; values JSON does not know are written as text."""
    return Answer(status, json.dumps(value, default=str).encode())


NOT_FOUND = as_json(404, {"error": "not found"})


@dataclass(frozen=True)
class Orders:
    """The service in one Region. stopping: ends its waiting for a database out of reach."""

    rules: Rules
    region: str
    stopping: threading.Event

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Answer one request."""
        parts = [unquote(part) for part in path.partition("?")[0].removeprefix("/").split("/")]
        part = parts.pop(0) if parts[0] in STAND_ALONE else ""
        match method, *parts:
            case "GET", "health":
                return self._health(part)
            case "GET", "pipeline", "health":
                return self._pipeline()
            case _, "marks", run, *rest:
                return self._marks(part, method, run, rest, body)
            case "GET", kind, *names if names and not part:
                return self._read(kind, "/".join(names))
            case _:
                return NOT_FOUND

    def _read(self, kind: str, name: str) -> Answer:
        """Answer with what needs no database of marks."""
        readers = {
            "items": self._item,
            "terms": self._terms,
            "docs": self._document,
            "sealed": self._sealed,
            "payments": self._payments,
            "archive": self._archive,
            "quotes": self._quotes,
        }
        return readers[kind](name) if kind in readers else NOT_FOUND

    def _marks(self, part: str, method: str, run: str, rest: list[str], body: bytes) -> Answer:
        match method, *rest:
            case "PUT", seq if seq.isdecimal():
                return self._put(part, run, int(seq), body)
            case ("GET",):
                return self._seqs(part, run)
            case ("DELETE",):
                return self._delete(part, run)
            case _:
                return NOT_FOUND

    def _writer(self, part: str) -> tuple[Writes, str]:
        """Return the database of a part of the service ("": of orders itself), and its writer.

        Raises OSError, after a while if it is out of reach.
        """
        rules = self.rules
        state, instance = rules.instance(self.region, part) if part else rules.writer(self.region)
        if state is WriterState.UNREACHABLE:
            self.stopping.wait(_ASKED_TIMEOUT_S)
            raise TimeoutError(f"{instance} does not answer")
        database = rules.behind(part)
        if state is WriterState.NONE or database is None:
            raise ConnectionRefusedError("there is no database that takes writes")
        return database, instance

    def _health(self, part: str) -> Answer:
        try:
            database, writer = self._writer(part)
            database.ping(writer)
        except OSError as error:
            return _no_database(error)
        return as_json(200, {"status": "ok", "region": self.region})

    def _pipeline(self) -> Answer:
        state = self.rules.pipeline(self.region)
        return as_json(200 if state is PipelineState.FINE else 503, {"state": state.value})

    def _item(self, key: str) -> Answer:
        item = self.rules.item(self.region, key)
        return as_json(200, item) if item is not None else NOT_FOUND

    def _archive(self, name: str) -> Answer:
        """Read a block of the archive's disk; the first is its table of contents."""
        number = name.removeprefix("entries/") if name != "health" else "0"
        if not number.isdecimal():
            return NOT_FOUND
        found = self.rules.page(self.region, int(number))
        disk = self.rules.disk(self.region)
        if disk is None or (found is None and name == "health"):
            return as_json(503, {"status": "unavailable", "error": "the disk cannot be read"})
        if found is None:
            return NOT_FOUND
        self.stopping.wait(disk.read(int(number)))
        return as_json(200, found)

    def _quotes(self, name: str) -> Answer:
        """Ask a server of the quotes, through their own load balancer."""
        if name != "health":
            return NOT_FOUND
        fate = secrets.choice(self.rules.fates(self.region, "quotes"))
        if fate is Fate.SERVED:
            return as_json(200, {"status": "ok"})
        if fate is Fate.HANGS:
            self.stopping.wait(_ASKED_TIMEOUT_S)
        return as_json(503, {"status": "unavailable", "error": "no quotes are to be had"})

    def _document(self, name: str) -> Answer:
        found = self.rules.document(self.region, name)
        return Answer(200, found, "application/octet-stream") if found is not None else NOT_FOUND

    def _terms(self, clause: str) -> Answer:
        found = self.rules.terms(self.region, clause)
        if found is not None:
            return as_json(200, found)
        there = self.rules.document(self.region, f"terms/{clause}.json") is not None
        return as_json(500, {"error": "the terms are unreadable"}) if there else NOT_FOUND

    def _sealed(self, name: str) -> Answer:
        if self.rules.control.get_object(self.region, f"sealed/{name}") is None:
            return NOT_FOUND
        found = self.rules.sealed(self.region, name)
        if found is None:
            return as_json(503, {"error": "the document cannot be opened"})
        return Answer(200, found, "application/octet-stream")

    def _payments(self, page: str) -> Answer:
        if page != "health":
            return NOT_FOUND
        if self.rules.secret(self.region, "payments") is None:
            return as_json(503, {"error": "there are no credentials for payments"})
        return as_json(200, {"status": "ok", "region": self.region})

    def _put(self, part: str, run: str, seq: int, body: bytes) -> Answer:
        try:
            sent_us = json.loads(body)["sent_us"]
        except (ValueError, KeyError, TypeError):
            sent_us = None
        if not isinstance(sent_us, int) or isinstance(sent_us, bool):
            return as_json(400, {"error": 'the body must be {"sent_us": whole microseconds}'})
        try:
            database, writer = self._writer(part)
            database.write(writer, run, seq, sent_us)
        except OSError as error:
            return _no_database(error)
        return as_json(201, {"run": run, "seq": seq})

    def _seqs(self, part: str, run: str) -> Answer:
        try:
            database, writer = self._writer(part)
            return as_json(200, {"seqs": database.read(writer, run)})
        except OSError as error:
            return _no_database(error)

    def _delete(self, part: str, run: str) -> Answer:
        try:
            database, writer = self._writer(part)
            database.delete(writer, run)
        except OSError as error:
            return _no_database(error)
        return as_json(200, {"run": run})


def _no_database(error: OSError) -> Answer:
    return as_json(503, {"status": "unavailable", "error": str(error)})
