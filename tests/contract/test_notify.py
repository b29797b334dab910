"""Telling people: the outbox keeps it until somebody took it; each channel speaks its protocol."""

import base64
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from dr.cli.catalogue import load
from dr.cloud.clock import Clock
from dr.model.base import Json
from dr.model.errors import Failed, Refused, Unclear
from dr.model.notice import Notice
from dr.notify import NOTIFIERS
from dr.ports import Notifier
from dr.stores.locks import FileLock
from dr.stores.outbox import MOST_TRIES, Outbox

NOTICE = Notice(
    id="payments/rds-failover/drill.overdue/2026Q4/0s/chat",
    type="drill.overdue",
    channel="chat",
    schedule="payments",
    drill="rds-failover",
    at="2026-11-10T12:00:00Z",
    text="rds-failover is overdue & <late>",
    owner="team-payments",
)


def way(kind: str, params: Json, home: Path) -> Notifier:
    made: Notifier = load(NOTIFIERS[kind])(params, home)
    return made


# The outbox ------------------------------------------------------------------------------------


class Sky(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 10, 12, tzinfo=UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.at

    def ticks(self) -> float:
        return self.seconds


class Mouth(Notifier):
    """A channel that says what it is told to, and remembers what it told."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.told: list[str] = []

    def send(self, notice: Notice) -> None:
        self.told.append(notice.id)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer


@pytest.fixture
def sky() -> Sky:
    return Sky()


@pytest.fixture
def box(tmp_path: Path, sky: Sky) -> Outbox:
    return Outbox(tmp_path, sky)


def test_what_is_put_twice_is_told_once(box: Outbox, tmp_path: Path, sky: Sky) -> None:
    mouth = Mouth()
    assert box.put(NOTICE)
    assert not box.put(NOTICE)
    assert box.deliver(lambda notice: mouth).sent == 1
    assert not box.put(NOTICE)
    assert not Outbox(tmp_path, sky).put(NOTICE)
    assert box.deliver(lambda notice: mouth).sent == 0
    assert mouth.told == [NOTICE.id]


@pytest.mark.parametrize(
    "error", [Failed("no"), Unclear("?"), Refused("no key"), RuntimeError("x")]
)
def test_what_was_not_taken_waits_longer_each_time(box: Outbox, sky: Sky, error: Exception) -> None:
    mouth = Mouth(error, error)
    box.put(NOTICE)
    assert "chat" in box.deliver(lambda notice: mouth).wrong[0]
    assert box.deliver(lambda notice: mouth).wrong == (), "not yet"
    sky.at += timedelta(seconds=61)
    assert box.deliver(lambda notice: mouth).wrong
    sky.at += timedelta(seconds=61)
    assert box.deliver(lambda notice: mouth) == box.deliver(lambda notice: mouth), "two minutes now"
    assert [one.tries for one in box.waiting()] == [2]
    sky.at += timedelta(seconds=61)
    assert box.deliver(lambda notice: mouth).sent == 1
    assert mouth.told == [NOTICE.id] * 3, "with the same id each time"


def test_it_is_given_up_in_the_end_and_kept(box: Outbox, sky: Sky, tmp_path: Path) -> None:
    box.put(NOTICE)
    for _ in range(MOST_TRIES):
        assert box.deliver(lambda notice: None).wrong
        sky.at += timedelta(hours=7)
    assert box.waiting() == []
    dead = json.loads(next((tmp_path / "outbox/dead").iterdir()).read_text())
    assert "no such channel" in dead["why"]
    assert not box.put(NOTICE)


def test_channels_that_hang_do_not_hold_a_heartbeat_up(box: Outbox, sky: Sky) -> None:
    for n in range(9):
        box.put(NOTICE.model_copy(update={"id": f"n{n}"}))

    class Slow(Mouth):
        def send(self, notice: Notice) -> None:
            sky.seconds += 12
            super().send(notice)

    mouth = Slow()
    told = box.deliver(lambda notice: mouth)
    assert told.sent == 3
    assert "too long" in told.wrong[-1]
    assert len(box.waiting()) == 6


def test_two_heartbeats_do_not_tell_at_once(box: Outbox, tmp_path: Path) -> None:
    box.put(NOTICE)
    with FileLock(tmp_path / "locks" / "outbox", "the outbox").take("another"):
        assert box.deliver(lambda notice: Mouth()).sent == 0
    assert box.deliver(lambda notice: Mouth()).sent == 1


def test_of_many_that_put_the_same_at_once_one_has_put_it(tmp_path: Path, sky: Sky) -> None:
    for number in range(20):
        notice = NOTICE.model_copy(update={"id": f"{NOTICE.id}-{number}"})
        together = threading.Barrier(4)

        def put(notice: Notice = notice, together: threading.Barrier = together) -> bool:
            box = Outbox(tmp_path, sky)
            together.wait()
            return box.put(notice)

        with ThreadPoolExecutor(4) as pool:
            new = [asked.result() for asked in [pool.submit(put) for _ in range(4)]]

        assert sorted(new) == [False, False, False, True]


def test_a_file_that_cannot_be_read_is_in_nobodys_way(box: Outbox, tmp_path: Path) -> None:
    box.put(NOTICE)
    (tmp_path / "outbox/pending/bad.json").write_text("{")
    assert box.deliver(lambda notice: Mouth()).sent == 1
    assert (tmp_path / "outbox/pending/bad.unreadable").read_text() == "{"


# The channels ----------------------------------------------------------------------------------


class Web:
    """A web server on loopback that remembers what it was sent."""

    def __init__(self) -> None:
        self.answer, self.got = 200, list[tuple[dict[str, str], bytes]]()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                web.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(web.answer)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "4")
                self.end_headers()
                self.wfile.write(b"said")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook/s3cret"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    made = Web()
    monkeypatch.setenv("HOOK", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize("key", ["plain", "whsec_" + base64.b64encode(b"plain").decode()])
def test_a_webhook_is_a_signed_cloudevent(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    (tmp_path / "key").write_text(f"{key}\n")
    params: Json = {"url": {"env": "HOOK"}, "key": {"file": str(tmp_path / "key")}}
    way("webhook", params, tmp_path).send(NOTICE)

    headers, body = web.got[0]
    event = json.loads(body)
    assert headers["content-type"] == "application/cloudevents+json"
    assert {k: event[k] for k in ("specversion", "id", "source", "type", "subject", "time")} == {
        "specversion": "1.0", "id": NOTICE.id, "source": "dr/payments",
        "type": "dr.drill.overdue", "subject": "rds-failover", "time": "2026-11-10T12:00:00Z",
    }  # fmt: skip
    assert Notice.model_validate_json(json.dumps(event["data"])) == NOTICE
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = base64.b64encode(hmac.new(b"plain", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{made}"
    assert headers["webhook-id"] == NOTICE.id


def test_a_slack_message_is_marked_as_a_drill_and_escaped(web: Web, tmp_path: Path) -> None:
    way("slack", {"url": {"env": "HOOK"}}, tmp_path).send(NOTICE)
    assert json.loads(web.got[0][1]) == {
        "text": "[DRILL] rds-failover is overdue &amp; &lt;late&gt; (owner: team-payments)"
    }


@pytest.mark.parametrize("answer", [302, 404, 500])
def test_another_answer_than_yes_is_a_failure_that_tells_no_secret(
    web: Web, tmp_path: Path, answer: int
) -> None:
    web.answer = answer
    with pytest.raises(Failed, match=f"127.0.0.1 answered {answer}: said") as caught:
        way("slack", {"url": {"env": "HOOK"}}, tmp_path).send(NOTICE)
    assert "s3cret" not in str(caught.value)
    assert len(web.got) == 1, "no redirect is followed"


@pytest.mark.parametrize(
    ("url", "error"),
    [("http://127.0.0.1:1/s3cret", Unclear), ("file:///s3cret", Refused), ("", Refused)],
)
def test_no_answer_is_unclear_and_no_address_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, error: type[Exception]
) -> None:
    monkeypatch.setenv("HOOK", url)
    with pytest.raises(error) as caught:
        way("slack", {"url": {"env": "HOOK"}}, tmp_path).send(NOTICE)
    assert "s3cret" not in str(caught.value)


def test_a_key_that_is_not_there_or_no_base64_is_refused(web: Web, tmp_path: Path) -> None:
    for text in ("whsec_%%%", ""):
        (tmp_path / "key").write_text(text)
        params: Json = {"url": {"env": "HOOK"}, "key": {"file": str(tmp_path / "key")}}
        with pytest.raises(Refused):
            way("webhook", params, tmp_path).send(NOTICE)
    gone: Json = {"url": {"env": "HOOK"}, "key": {"file": str(tmp_path / "gone")}}
    with pytest.raises(Refused, match="cannot be read"):
        way("webhook", gone, tmp_path).send(NOTICE)


def test_the_log_is_a_line_of_json(tmp_path: Path) -> None:
    log = way("log", {}, tmp_path)
    log.send(NOTICE)
    log.send(NOTICE)
    lines = (tmp_path / "logs/notices.jsonl").read_text().splitlines()
    assert [Notice.model_validate_json(line) for line in lines] == [NOTICE, NOTICE]
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed):
        way("log", {}, tmp_path / "file").send(NOTICE)


def test_a_command_gets_it_on_its_standard_input(tmp_path: Path) -> None:
    way("command", {"argv": ["tee", str(tmp_path / "got")]}, tmp_path).send(NOTICE)
    assert Notice.model_validate_json((tmp_path / "got").read_text()) == NOTICE


@pytest.mark.parametrize(
    ("argv", "error"),
    [(["false"], Failed), (["sleep", "60"], Unclear), (["no-such-program"], Refused)],
)
def test_a_command_that_fails_hangs_or_is_not_there(
    tmp_path: Path, argv: list[str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        way("command", {"argv": list[JsonValue](argv), "within": "300ms"}, tmp_path).send(NOTICE)


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one mail needs."""

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "RCPT" and "nobody" in line:
                self._say("550 no such user")
            elif word == "DATA":
                self._say("354 go on")
                mail = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    mail += part
                self.server.mails.append(mail.decode())  # type: ignore[attr-defined]
                self._say("250 taken")
            else:
                self._say("221 bye" if word == "QUIT" else "250 yes")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def post_office() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.daemon_threads = True
        server.mails = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def mail_params(server: socketserver.ThreadingTCPServer, *to: str) -> Json:
    return {
        "host": "127.0.0.1", "port": server.server_address[1], "tls": "none",
        "from": "dr@example.com", "to": list(to),
    }  # fmt: skip


def test_a_mail_says_whose_drill_it_is(
    post_office: socketserver.ThreadingTCPServer, tmp_path: Path
) -> None:
    params = mail_params(post_office, "a@example.com", "b@example.com")
    for _ in range(2):
        way("smtp", params, tmp_path).send(NOTICE)
    first, second = (message_from_string(text) for text in post_office.mails)  # type: ignore[attr-defined]
    assert first["Subject"] == "[DRILL] rds-failover is overdue & <late>"
    assert first["To"] == "a@example.com, b@example.com"
    assert first["Message-ID"] == second["Message-ID"], "mail programs drop doubles by it"
    assert "owner:        team-payments" in first.get_payload()


def test_a_mail_that_is_refused_failed_and_no_server_is_unclear(
    post_office: socketserver.ThreadingTCPServer, tmp_path: Path
) -> None:
    for to in (["nobody@example.com"], ["a@example.com", "nobody@example.com"]):
        with pytest.raises(Failed):
            way("smtp", mail_params(post_office, *to), tmp_path).send(NOTICE)
    params = {**mail_params(post_office, "a@example.com"), "port": 1}
    with pytest.raises(Unclear):
        way("smtp", params, tmp_path).send(NOTICE)
    params = {**mail_params(post_office, "a@example.com"), "tls": "starttls"}
    with pytest.raises(Unclear):
        way("smtp", params, tmp_path).send(NOTICE)
