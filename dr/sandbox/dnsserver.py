"""A DNS server over UDP on the sandbox's loopback address."""

import socket
import threading
from collections.abc import Callable

Resolve = Callable[[str], list[str] | None]


class DnsServer:
    """Answers A questions with what `resolve` says; everything else exists or does not."""

    def __init__(self, address: str, resolve: Resolve, ttl: Callable[[], float]) -> None:
        """Bind a free port. Raises OSError."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self._resolve = resolve
        self._ttl = ttl
        host, port = self._socket.getsockname()
        self.address: tuple[str, int] = (str(host), int(port))

    def start(self) -> None:
        """Serve from a thread of its own until the process ends."""
        threading.Thread(target=self._serve, name="dns", daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                wire, client = self._socket.recvfrom(4096)
            except OSError:
                return  # closed
            answer = self.answer(wire)
            if answer is not None:
                try:
                    self._socket.sendto(answer, client)
                except OSError:
                    continue  # the client is gone; the next one is not

    def answer(self, wire: bytes) -> bytes | None:
        """Return the answer to a question; None for what is not a question."""
        import dns.exception
        import dns.flags
        import dns.message
        import dns.rcode
        import dns.rdatatype
        import dns.rrset

        try:
            question = dns.message.from_wire(wire)
            response = dns.message.make_response(question)
        except dns.exception.DNSException:
            return None
        response.flags |= dns.flags.AA | dns.flags.RA
        for asked in question.question:
            try:
                found = self._resolve(asked.name.to_text(omit_final_dot=True))
            except Exception:  # noqa: BLE001 - a thread has nobody above it to tell
                response.set_rcode(dns.rcode.SERVFAIL)
                break
            if found is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
            elif found and asked.rdtype == dns.rdatatype.A:
                ttl = int(self._ttl())
                response.answer.append(dns.rrset.from_text(asked.name, ttl, "IN", "A", *found))
        return response.to_wire()
