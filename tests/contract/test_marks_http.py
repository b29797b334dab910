"""http.marks against a service that stores, refuses, breaks off and doubles."""

import asyncio
from pathlib import Path

import pytest

from dr.model.errors import Failed, Unclear
from dr.model.reading import MarkState
from dr.ports import Asking, Written
from dr.probes.http_marks import HttpMarks
from tests.contract.loopback import (
    Behaviour,
    MarksService,
    Server,
    answer,
    certificate,
    free_port,
    raw,
    reset,
)

ASKING = Asking(1.0, None, None, None, None, None)


def marks_at(url: str, run: str = "r1") -> HttpMarks:
    return HttpMarks({"url": f"{url}/marks"}, ASKING, run)


def write(marks: HttpMarks, seq: int) -> Written:
    return asyncio.run(marks.write(seq, 1_000 * seq))


def test_what_was_acknowledged_is_read_back_and_cleaned() -> None:
    with Server(MarksService()) as server:
        marks = marks_at(server.url)
        assert [write(marks, seq).state for seq in (1, 2, 3)] == [MarkState.ACKED] * 3
        assert marks.read() == {1: 1, 2: 1, 3: 1}
        assert marks_at(server.url, "r2").read() == {}
        marks.clean()
        assert marks.read() == {}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (400, MarkState.FAILED),
        (404, MarkState.FAILED),
        (429, MarkState.FAILED),
        (408, MarkState.INDETERMINATE),
        (409, MarkState.INDETERMINATE),
        (302, MarkState.INDETERMINATE),
        (500, MarkState.INDETERMINATE),
        (503, MarkState.INDETERMINATE),
    ],
)
def test_a_status_says_whether_the_write_certainly_failed(status: int, state: MarkState) -> None:
    service = MarksService()
    service.before = answer(status)
    with Server(service) as server:
        assert write(marks_at(server.url), 1) == Written(state, f"status {status}")


def test_a_write_that_never_left_has_failed() -> None:
    written = write(marks_at(f"http://127.0.0.1:{free_port()}"), 1)
    assert written == Written(MarkState.FAILED, "connection refused")


@pytest.mark.parametrize("breaking", [reset, raw(b""), raw(b"HTTP/1.1 201 Cre")])
def test_a_connection_lost_after_sending_is_indeterminate_for_the_write_may_be_there(
    breaking: Behaviour,
) -> None:
    service = MarksService()
    service.after = breaking
    with Server(service) as server:
        marks = marks_at(server.url)
        assert write(marks, 7).state is MarkState.INDETERMINATE
        assert marks.read() == {7: 1}


def test_duplicates_are_counted() -> None:
    with Server(MarksService()) as server:
        marks = marks_at(server.url)
        for seq in (1, 2, 2, 2):
            write(marks, seq)
        assert marks.read() == {1: 1, 2: 3}


def test_marks_that_cannot_be_read_are_an_error_and_not_none() -> None:
    with Server(answer(200, b"<html>")) as server, pytest.raises(Failed, match="not read"):
        marks_at(server.url).read()
    with Server(answer(404)) as server, pytest.raises(Failed, match="404"):
        marks_at(server.url).read()
    with pytest.raises(Unclear, match="refused"):
        marks_at(f"http://127.0.0.1:{free_port()}").read()


def test_over_tls_an_untrusted_service_is_never_sent_a_mark(tmp_path: Path) -> None:
    context, ca = certificate(tmp_path)
    service = MarksService()
    with Server(service, tls=context) as server:
        assert write(marks_at(server.url), 1).state is MarkState.FAILED
        trusting = HttpMarks({"url": f"{server.url}/marks", "ca": ca}, ASKING, "r1")
        assert write(trusting, 2).state is MarkState.ACKED
    assert service.stored == {"r1": [2]}
