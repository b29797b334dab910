"""The WSGI layers before moto: our admin API, identification, faults, recording, counting."""

import io
import socket
import struct
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from dr.sandbox.asked import Answer, Asked, identify
from dr.sandbox.calls import Calls
from dr.sandbox.faults import BEFORE, Fault, FaultKind, Faults, error_answer
from dr.sandbox.memory import Memory
from dr.sandbox.partial import halved, told
from dr.sandbox.recording import Recorder, headers_of
from dr.sandbox.sim import Sim

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Service = Callable[[Asked, str, bytes], Answer]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

ADMIN = "/dr-sandbox/"
SIMULATED = ("x-dr-simulated", "1")
_ERROR = 400
# The shape by which `dr.cloud.errors` knows a simulator that does not know a call.
_UNSUPPORTED: Answer = (
    "500 Internal Server Error",
    [("Content-Type", "text/html; charset=utf-8")],
    b"<!doctype html>\n<title>500 Internal Server Error</title>\n",
)


class Front:
    """The application a client of the sandbox talks to."""

    def __init__(
        self,
        sim: Sim,
        moto: App,
        admin: Callable[[Environ, bytes], Answer],
        ours: Mapping[str, Service] | None = None,
    ) -> None:
        """Stand before moto's application. ours: services that it has not, by name."""
        self._ours = ours or {}
        self._sim = sim
        self._moto = moto
        self._admin = admin
        self.faults = Faults()
        self._memory = Memory()
        self.calls = Calls()
        self.recorder = Recorder()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = _take_body(environ)
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(ADMIN):
            answer = self._admin(environ, body)
        elif path.startswith("/moto-api"):
            # Whoever resets or reseeds moto behind our back makes everything here a lie.
            answer = f"404 {HTTPStatus.NOT_FOUND.phrase}", [], b"<!doctype html>not here"
        else:
            answer = self._aws(environ, body)
        status, headers, content = answer
        kept = [(k, v) for k, v in headers if k.lower() != SIMULATED[0]]
        start_response(status, [*kept, SIMULATED])
        return [content]

    def carry(self, environ: Environ) -> Answer:
        """Let moto carry a request out and return its whole answer."""
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told[:] = [status, headers]
            return lambda data: None

        try:
            result = self._moto(environ, start)
            content = b"".join(result)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            _complain(error)
            return _UNSUPPORTED
        close = getattr(result, "close", None)
        if close is not None:
            close()
        return told[0], told[1], content

    def _aws(self, environ: Environ, body: bytes) -> Answer:
        asked = identify(
            str(environ["REQUEST_METHOD"]), str(environ["REQUEST_URI"]), headers_of(environ), body
        )
        if asked.mutating:
            self._sim.stir()
            self.calls.arrived(asked)
        fault = self.faults.strike(asked)
        if fault is not None and fault.kind in BEFORE:
            return self._before(environ, asked, fault)
        if fault is not None and fault.kind is FaultKind.SLOW:
            self._sim.pause(fault.seconds)
        if fault is not None and fault.kind is FaultKind.STALE and not asked.mutating:
            return self._memory.older(
                (asked, str(environ["REQUEST_URI"]), body),
                fault.seconds,
                lambda: self._carried(environ, asked, body),
            )
        rest = None
        if fault is not None and fault.kind is FaultKind.PARTIAL:
            body, rest = halved(asked, environ, body)
        answer = self._carried(environ, asked, body)
        if rest is not None and int(answer[0][:3]) < _ERROR:
            return told(asked, rest, answer)
        return self._after(environ, asked, fault, answer) if fault is not None else answer

    def _carried(self, environ: Environ, asked: Asked, body: bytes) -> Answer:
        if asked.service in self._ours:
            answer = self._by_us(asked, environ, body)
        else:
            answer = self.recorder.carry(asked, environ, body, self.carry)
        if asked.mutating and int(answer[0][:3]) < _ERROR:
            self.calls.carried_out(asked)
        return answer

    def _by_us(self, asked: Asked, environ: Environ, body: bytes) -> Answer:
        try:
            return self._ours[asked.service](asked, str(environ["REQUEST_URI"]), body)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            _complain(error)
            return _UNSUPPORTED

    def _before(self, environ: Environ, asked: Asked, fault: Fault) -> Answer:
        if fault.kind is FaultKind.RESET_BEFORE:
            reset(environ)
        return _answer(fault.kind, asked)

    def _after(self, environ: Environ, asked: Asked, fault: Fault, answer: Answer) -> Answer:
        if fault.kind is FaultKind.HANG:
            self._sim.pause(fault.seconds)
            reset(environ)
        if fault.kind is FaultKind.RESET_AFTER:
            reset(environ)
        return _answer(fault.kind, asked) if fault.kind is FaultKind.ERROR_AFTER else answer


def _complain(error: Exception) -> None:
    """Put into the sandbox's log what moto could not do: that, or a mistake of ours."""
    if isinstance(error, NotImplementedError):
        sys.stderr.write(f"not implemented: {error}\n")
    else:
        traceback.print_exception(error)
    sys.stderr.flush()


def reset(environ: Environ) -> None:
    """Break the client's connection, hard. Always raises ConnectionResetError."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        # No lingering: the kernel sends RST. A plain close() waits for the server's own files on
        # the socket, and by then the server has sent a polite FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection._real_close()  # type: ignore[attr-defined]
    raise ConnectionResetError("the sandbox broke the connection")


def _answer(kind: FaultKind, asked: Asked) -> Answer:
    status, content_type, body = error_answer(kind, asked.service)
    return status, [("Content-Type", content_type), ("Content-Length", str(len(body)))], body


def _take_body(environ: Environ) -> bytes:
    """Read the request's body and put it back for whoever reads next."""
    stream = environ["wsgi.input"]
    if environ.get("CONTENT_LENGTH"):
        body = bytes(stream.read(int(environ["CONTENT_LENGTH"])))
    elif environ.get("wsgi.input_terminated"):
        body = bytes(stream.read())
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    else:
        body = b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body
