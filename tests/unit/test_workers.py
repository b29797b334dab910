"""Threads for what may hang."""

import queue
import threading
from collections.abc import Iterator

from dr.engine.answers import Arrival, Died
from dr.engine.workers import LIMIT, Workers
from dr.model import event as ev

PATIENCE_S = 60.0


def note(text: str) -> ev.NoteAdded:
    return ev.NoteAdded(who="ada", text=text)


def test_what_hangs_holds_up_nothing_else() -> None:
    arrived: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
    go = threading.Event()

    def hang() -> Iterator[Arrival]:
        go.wait(PATIENCE_S)
        yield note("late")

    with Workers(arrived) as workers:
        workers.submit(hang)
        workers.submit(lambda: iter([note("soon")]))
        first = arrived.get(timeout=PATIENCE_S)
        go.set()

        assert (first, arrived.get(timeout=PATIENCE_S)) == (note("soon"), note("late"))


def test_more_calls_than_threads_are_all_made_and_none_begins_after_the_end() -> None:
    arrived: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
    go = threading.Event()

    def one() -> Iterator[Arrival]:
        yield note("begun")
        go.wait(PATIENCE_S)
        yield note("done")

    with Workers(arrived) as workers:
        for _ in range(LIMIT):
            workers.submit(one)
        begun = [arrived.get(timeout=PATIENCE_S) for _ in range(LIMIT)]
        workers.submit(lambda: iter([note("never")]))
    go.set()
    done = [arrived.get(timeout=PATIENCE_S) for _ in range(LIMIT)]

    assert set(begun) == {note("begun")}
    assert set(done) == {note("done")}
    assert arrived.empty()


def test_threads_are_used_again() -> None:
    arrived: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
    names = set()

    def whoami() -> Iterator[Arrival]:
        yield note(str(threading.get_ident()))

    with Workers(arrived) as workers:
        for _ in range(50):
            workers.submit(whoami)
            names.add(str(arrived.get(timeout=PATIENCE_S)))

    assert len(names) <= 10


def test_an_end_that_nobody_provides_for_arrives() -> None:
    arrived: queue.SimpleQueue[Arrival] = queue.SimpleQueue()

    def die() -> Iterator[Arrival]:
        yield note("first")
        raise SystemExit(3)

    with Workers(arrived) as workers:
        workers.submit(die)

        assert arrived.get(timeout=PATIENCE_S) == note("first")
        died = arrived.get(timeout=PATIENCE_S)

    assert isinstance(died, Died)
    assert isinstance(died.error, SystemExit)
