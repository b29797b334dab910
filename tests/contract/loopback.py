"""Servers on 127.0.0.1 that behave well or badly, on command."""

import contextlib
import datetime as dt
import ipaddress
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import dns.message
import dns.rcode
import dns.rrset

Behaviour = Callable[[socket.socket, bytes], None]


def answer(status: int = 200, body: bytes = b"ok", **headers: str) -> Behaviour:
    def behave(peer: socket.socket, request: bytes) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
        peer.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return behave


def raw(data: bytes) -> Behaviour:
    return lambda peer, request: peer.sendall(data)


def reset(peer: socket.socket, request: bytes) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(peer: socket.socket, request: bytes) -> None:
    peer.settimeout(20)
    while peer.recv(1024):
        pass


class Server:
    """Takes connections, reads one request each, and behaves as told at that moment."""

    def __init__(
        self, behave: Behaviour, *, tls: ssl.SSLContext | None = None, keep: bool = False
    ) -> None:
        self.behave = behave
        self.requests: list[bytes] = []
        self.connections = 0
        self._tls = tls
        self._keep = keep
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for peer in tuple(self._open):
            peer.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        self.connections += 1
        self._open.add(peer)
        try:
            if self._tls is not None:
                peer = self._tls.wrap_socket(peer, server_side=True)
                self._open.add(peer)
            while request := _request(peer):
                self.requests.append(request)
                self.behave(peer, request)
                if not self._keep:
                    break
        except (OSError, ValueError):
            pass
        finally:
            peer.close()
            self._open.discard(peer)


def _request(peer: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = peer.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


class MarksService:
    """The service that http.marks speaks to, with faults to order."""

    def __init__(self) -> None:
        self.stored: dict[str, list[int]] = {}
        self.before: Behaviour | None = None  # instead of storing
        self.after: Behaviour | None = None  # having stored, instead of answering

    def __call__(self, peer: socket.socket, request: bytes) -> None:
        method, path, _ = request.split(b"\r\n")[0].decode().split(" ")
        _, _, run, *rest = path.split("/")
        if method == "PUT":
            if self.before is not None:
                self.before(peer, request)
                return
            assert json.loads(request.partition(b"\r\n\r\n")[2])["sent_us"] >= 0
            self.stored.setdefault(run, []).append(int(rest[0]))
            (self.after or answer(201))(peer, request)
        elif method == "GET":
            body = json.dumps({"seqs": self.stored.get(run, [])}).encode()
            answer(200, body)(peer, request)
        else:
            self.stored.pop(run, None)
            answer(204, b"")(peer, request)


class Resolver:
    """A DNS server with a few records. A name that is not there is NXDOMAIN."""

    def __init__(self, **records: list[str]) -> None:
        self.records = {name.replace("_", "."): texts for name, texts in records.items()}
        self.questions: list[tuple[str, str]] = []
        self.deaf = 0  # so many questions are not answered
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = ("127.0.0.1", self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, peer = self._socket.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            asked = query.question[0]
            name, kind = asked.name.to_text(omit_final_dot=True), asked.rdtype.name
            self.questions.append((name, kind))
            if self.deaf:
                self.deaf -= 1
                continue
            reply = dns.message.make_response(query)
            texts = self.records.get(name)
            if texts is None:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            elif kind == "A":
                reply.answer.append(dns.rrset.from_text(asked.name, 0, "IN", "A", *texts))
            self._socket.sendto(reply.to_wire(), peer)


def certificate(place: Path) -> tuple[ssl.SSLContext, str]:
    """Return a server's TLS settings for 127.0.0.1, and the file of the authority behind it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    ca, private = place / "ca.pem", place / "key.pem"
    ca.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, private)
    return context, str(ca)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def hang_at_once() -> Iterator[int]:
    """Yield a port that takes connections and says nothing, whatever it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])  # the backlog takes them
