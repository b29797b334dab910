"""A signed webhook: a CloudEvent 1.0 in structured JSON, with the headers of Standard Webhooks."""

import base64
import binascii
import hashlib
import hmac
from pathlib import Path
from typing import ClassVar, Final

from pydantic import Field

from dr.cloud.clock import Clock
from dr.core.canonical import canonical
from dr.model.base import Json, Record
from dr.model.errors import Refused
from dr.model.notice import Notice
from dr.notify.http import post
from dr.notify.secret import Secret
from dr.ports import Notifier

PREFIX: Final = "whsec_"


class WebhookParams(Record):
    """Where to, and the key that signs."""

    url: Secret = Field(description="Where the address is: it often holds a token.")
    key: Secret = Field(description="Where the signing key is: text, or whsec_ and base64.")


class Webhook(Notifier):
    """Post a signed CloudEvent.

    Units:  the time stamp is in whole seconds of Unix time.
    Errors: Failed for an answer that is not 2xx, Unclear for none, Refused without key or address.
    Limits: at least once; `id` (and `webhook-id`) is the same at every attempt. No redirects.
    Source: CloudEvents 1.0.2, JSON format; Standard Webhooks 1.0 (v1: HMAC-SHA256 over
            id.timestamp.body).
    """

    kind = "webhook"
    params: ClassVar[type[Record]] = WebhookParams

    def __init__(self, params: Json, home: Path) -> None:
        """Take the parameters."""
        self._given = WebhookParams.model_validate_json(canonical(params))
        self._clock = Clock()

    def send(self, notice: Notice) -> None:
        """Post it once."""
        body = canonical(event(notice))
        at = int(self._clock.now().timestamp())
        headers = {
            "content-type": "application/cloudevents+json",
            "webhook-id": notice.id,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(key_of(self._given.key.read()), notice.id, at, body),
        }
        post(self._given.url.read(), body, headers)


def event(notice: Notice) -> Json:
    """Return the CloudEvent of a notice."""
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": f"dr/{notice.schedule}",
        "type": f"dr.{notice.type}",
        "subject": notice.drill,
        "time": notice.at,
        "datacontenttype": "application/json",
        "data": notice.as_json(),
    }


def key_of(text: str) -> bytes:
    """Return the bytes of a key. Raises Refused if it is not base64 although it says so."""
    if not text.startswith(PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise Refused("the signing key begins with whsec_ and is not base64") from error


def signature(key: bytes, id_: str, at: int, body: bytes) -> str:
    """Return the value of the header `webhook-signature`."""
    signed = f"{id_}.{at}.".encode() + body
    made = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"
