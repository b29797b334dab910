"""Threads for what may hang."""

import os
import signal
import threading
import time
from collections.abc import Iterator

from dr.engine.answers import Arrival, Died
from dr.engine.arrivals import Arrivals
from dr.engine.workers import LIMIT, Workers
from dr.model import event as ev

PATIENCE_S = 60.0


def note(text: str) -> ev.NoteAdded:
    return ev.NoteAdded(who="ada", text=text)


class Mail(Arrivals[Arrival]):
    """Arrivals that are read one by one."""

    def __init__(self) -> None:
        super().__init__()
        self._read: list[Arrival] = []

    def next(self) -> Arrival:
        until = time.monotonic() + PATIENCE_S
        while not self._read:
            assert time.monotonic() < until, "nothing arrives"
            self.wait(PATIENCE_S)
            self._read = self.take()
        return self._read.pop(0)


def test_what_hangs_holds_up_nothing_else() -> None:
    arrived = Mail()
    go = threading.Event()

    def hang() -> Iterator[Arrival]:
        go.wait(PATIENCE_S)
        yield note("late")

    with Workers(arrived) as workers:
        workers.submit(hang)
        workers.submit(lambda: iter([note("soon")]))
        first = arrived.next()
        go.set()

        assert (first, arrived.next()) == (note("soon"), note("late"))


def test_more_calls_than_threads_are_all_made_and_none_begins_after_the_end() -> None:
    arrived = Mail()
    go = threading.Event()

    def one() -> Iterator[Arrival]:
        yield note("begun")
        go.wait(PATIENCE_S)
        yield note("done")

    with Workers(arrived) as workers:
        for _ in range(LIMIT):
            workers.submit(one)
        begun = [arrived.next() for _ in range(LIMIT)]
        workers.submit(lambda: iter([note("never")]))
    go.set()
    done = [arrived.next() for _ in range(LIMIT)]

    assert set(begun) == {note("begun")}
    assert set(done) == {note("done")}
    assert not arrived.take()


def test_threads_are_used_again() -> None:
    arrived = Mail()
    names = set()

    def whoami() -> Iterator[Arrival]:
        yield note(str(threading.get_ident()))

    with Workers(arrived) as workers:
        for _ in range(50):
            workers.submit(whoami)
            names.add(str(arrived.next()))

    assert len(names) <= 10


def test_an_end_that_nobody_provides_for_arrives() -> None:
    arrived = Mail()

    def die() -> Iterator[Arrival]:
        yield note("first")
        raise SystemExit(3)

    with Workers(arrived) as workers:
        workers.submit(die)

        assert arrived.next() == note("first")
        died = arrived.next()

    assert isinstance(died, Died)
    assert isinstance(died.error, SystemExit)


def test_a_wait_ends_with_its_time_though_a_signal_came_at_the_very_end() -> None:
    arrived = Mail()
    told: list[int] = []

    def handle(number: int, frame: object) -> None:
        told.append(number)
        time.sleep(0.2)  # the wait's time is up when this returns

    before = signal.signal(signal.SIGUSR1, handle)
    patience = threading.Timer(PATIENCE_S, arrived.put, [note("it waited for ever")])
    patience.start()
    knock = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR1])
    try:
        knock.start()
        assert not arrived.wait(0.1)
    finally:
        patience.cancel()
        knock.join()
        signal.signal(signal.SIGUSR1, before)
    assert told == [signal.SIGUSR1]


def test_a_wake_ends_this_wait_or_the_next_and_no_other() -> None:
    arrived = Mail()
    began = time.monotonic()
    arrived.wake()
    assert not arrived.wait(PATIENCE_S)
    threading.Timer(0.05, arrived.wake).start()
    assert not arrived.wait(PATIENCE_S)
    assert time.monotonic() - began < PATIENCE_S / 2

    arrived.put(note("first"))
    arrived.put(note("second"))
    assert arrived.wait(0.0)
    assert arrived.take() == [note("first"), note("second")]
    began = time.monotonic()
    assert not arrived.wait(0.1)  # what was taken rings no more
    assert time.monotonic() - began >= 0.1
