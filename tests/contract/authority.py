"""A timestamp authority on loopback: openssl answers, this only passes on."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[signer]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = config
[config]
serial = {place}/serial
crypto_device = builtin
signer_cert = {place}/signer.pem
signer_key = {place}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""
KEYS = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}


def _openssl(*words: str | Path, content: bytes = b"") -> bytes:
    done = subprocess.run(
        ["openssl", *map(str, words)], input=content, capture_output=True, check=True, timeout=60
    )
    return done.stdout


@dataclass(frozen=True)
class Authority:
    """Keys and certificates of an authority in a directory."""

    place: Path

    @classmethod
    def at(cls, place: Path, key: str = "ec") -> "Authority":
        """Make one: a root, and a signer under it."""
        place.mkdir(parents=True)
        (place / "serial").write_text("01\n")
        for name, section in (("root", "root"), ("signer", "signer")):
            config = place / f"{name}.cnf"
            config.write_text(_CONFIG.format(name=f"{place.name} {name}", place=place))
            root: list[str | Path] = ["-CA", place / "root.pem", "-CAkey", place / "root.key"]
            issuer = [] if name == "root" else root
            _openssl(
                "req", "-x509", "-new", "-newkey", *KEYS[key], "-nodes", "-keyout",
                place / f"{name}.key", "-out", place / f"{name}.pem", "-days", "4000", "-config",
                config, "-extensions", section, *issuer,
            )  # fmt: skip
        return cls(place)

    @property
    def roots(self) -> Path:
        return self.place / "root.pem"

    def reply(self, query: bytes) -> bytes:
        """Answer a query."""
        path = self.place / f"{threading.get_ident()}.tsq"
        path.write_bytes(query)
        config = self.place / "signer.cnf"
        return _openssl("ts", "-reply", "-queryfile", path, "-config", config, "-section", "config")

    def stamp(self, data: bytes) -> bytes:
        """Return a stamp over some bytes, as of now."""
        return self.reply(_openssl("ts", "-query", "-sha256", "-cert", "-data", "-", content=data))


@contextmanager
def serving(authority: Authority, kind: str = "application/timestamp-reply") -> Iterator[str]:
    """Have an authority answer at an address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            body = authority.reply(query)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
