"""A timestamp authority, asked over HTTP (RFC 3161, section 3.4).

Asking twice does no harm: each answer is a statement of its own.

Errors: Refused for an address that is none; Failed for an answer that is no timestamp reply.
Limits: no client certificates, no passwords.
"""

import urllib.request
from http.client import HTTPException
from typing import Final

from dr.model.errors import Failed, Refused

LARGEST: Final = 1 << 20
TIMEOUT_S: Final = 20.0


def ask(url: str, query: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
    """Send a query and return the reply, unread."""
    if not url.startswith(("http://", "https://")):
        raise Refused(f"a timestamp authority is asked at an http or https address, not at {url}")
    request = urllib.request.Request(  # noqa: S310 - the two schemes above
        url, data=query, headers={"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310 - as above
            kind = str(answer.headers.get_content_type())
            body = bytes(answer.read(LARGEST + 1))
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise Failed(f"{url} gave no timestamp: {reason}") from error
    if kind != "application/timestamp-reply" or len(body) > LARGEST:
        raise Failed(f"{url} answered with {kind}, not with a timestamp")
    return body
