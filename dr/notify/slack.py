"""A Slack incoming webhook: a message to the channel it was made for."""

import json
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from dr.core.canonical import canonical
from dr.model.base import Json, Record
from dr.model.notice import Notice
from dr.notify.http import post
from dr.notify.secret import Secret
from dr.ports import Notifier


class SlackParams(Record):
    """Where the address is."""

    url: Secret = Field(description="Where the webhook's address is; it is a secret.")


class Slack(Notifier):
    """Post a message.

    Units:  none.
    Errors: Failed for an answer that is not 2xx, Unclear for none, Refused without the address.
    Limits: at least once; Slack drops no doubles. Nothing can be read back.
    Source: Slack, "Sending messages using incoming webhooks"; &, < and > are escaped as there.
    """

    kind = "slack"
    params: ClassVar[type[Record]] = SlackParams

    def __init__(self, params: Json, home: Path) -> None:
        """Take the parameters."""
        self._given = SlackParams.model_validate_json(canonical(params))

    def send(self, notice: Notice) -> None:
        """Post it once."""
        said = f"[DRILL] {notice.text} (owner: {notice.owner})"
        for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            said = said.replace(sign, entity)
        body = json.dumps({"text": said}).encode()
        post(self._given.url.read(), body, {"content-type": "application/json"})
