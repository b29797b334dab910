"""E-mail by SMTP."""

import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar, Final, Literal

from pydantic import Field

from dr.core.canonical import canonical
from dr.model.base import Json, Record
from dr.model.errors import Failed, Unclear
from dr.model.notice import Notice
from dr.notify.secret import Secret
from dr.ports import Notifier

WITHIN_S: Final = 5


class SmtpParams(Record):
    """Which server, from whom and to whom."""

    host: str = Field(min_length=1, description="The mail server.")
    port: int = Field(default=587, ge=1, le=65_535, description="Its port.")
    tls: Literal["starttls", "implicit", "none"] = Field(
        default="starttls", description="How the connection is protected."
    )
    from_: str = Field(alias="from", min_length=3, description="The sender's address.")
    to: tuple[str, ...] = Field(min_length=1, description="The addresses of those who are told.")
    user: str | None = Field(default=None, description="Name to log in with, if any.")
    password: Secret | None = Field(default=None, description="Where its password is.")


class Smtp(Notifier):
    """Send a mail.

    Units:  none.
    Errors: Failed if the server refuses it, Unclear if the connection breaks.
    Limits: at least once; the Message-ID is made of the notice's id, by which mail programs drop
            doubles. A server that takes the mail may still lose it.
    Source: RFC 5321, RFC 5322.
    """

    kind = "smtp"
    params: ClassVar[type[Record]] = SmtpParams

    def __init__(self, params: Json, home: Path) -> None:
        """Take the parameters."""
        self._given = SmtpParams.model_validate_json(canonical(params))

    def send(self, notice: Notice) -> None:
        """Send it once."""
        mail, given = message(notice, self._given), self._given
        try:
            with self._connected() as server:
                if given.user is not None and given.password is not None:
                    server.login(given.user, given.password.read())
                refused = server.send_message(mail)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
            raise Failed(f"{given.host} refused the mail: {error}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unclear(f"{given.host}: {type(error).__name__}") from error
        if refused:
            raise Failed(f"{given.host} refused {', '.join(sorted(refused))}")

    def _connected(self) -> smtplib.SMTP:
        given, context = self._given, ssl.create_default_context()
        if given.tls == "implicit":
            return smtplib.SMTP_SSL(given.host, given.port, timeout=WITHIN_S, context=context)
        server = smtplib.SMTP(given.host, given.port, timeout=WITHIN_S)
        if given.tls == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server


def message(notice: Notice, given: SmtpParams) -> EmailMessage:
    """Return the mail of a notice. Line ends in a text would be headers: there are none."""
    mail = EmailMessage()
    mail["Subject"] = f"[DRILL] {' '.join(notice.text.split())}"
    mail["From"] = given.from_
    mail["To"] = ", ".join(given.to)
    mail["Message-ID"] = f"<{hashlib.sha256(notice.id.encode()).hexdigest()[:40]}@dr.invalid>"
    lines = [
        notice.text,
        "",
        f"drill:        {notice.drill}",
        f"schedule:     {notice.schedule}",
        f"owner:        {notice.owner}",
        f"participants: {', '.join(notice.participants) or 'none named'}",
        f"since:        {notice.at}",
    ]
    mail.set_content("\n".join(lines))
    return mail
