"""One POST, whose answer matters only as far as it was taken."""

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Final
from urllib.parse import urlsplit

from dr.model.errors import Failed, Refused, Unclear

WITHIN_S: Final = 5
_ANSWERS: Final = 200  # characters of an answer that a message may quote


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: urllib would go on with a GET, and nobody would be told."""

    def redirect_request(self, *_: object) -> None:
        return None


def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Send a body. Raises Refused, Failed or Unclear; no message holds the URL: it may be secret.

    Units: seconds. Errors: Failed for an answer that is not 2xx, Unclear for none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("the address of the channel is not an http(s) URL")
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - http(s) only, checked above
    try:
        with urllib.request.build_opener(_Straight()).open(request, timeout=WITHIN_S):
            return
    except urllib.error.HTTPError as error:
        said = error.read(_ANSWERS).decode(errors="replace").strip()
        raise Failed(f"{parts.hostname} answered {error.code}: {said}") from error
    except (OSError, HTTPException, ValueError) as error:
        why = type(error).__name__
        raise Unclear(f"{parts.hostname} did not answer ({why})") from error
