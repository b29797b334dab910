"""What the engine needs of the rest: a journal, an observer, and messages from other processes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from dr.core.fold import Run
from dr.model.base import Json
from dr.model.campaign import Order, Placed
from dr.model.event import Data, Event, ObserverStarted, ProbeProven, SamplesAnchored
from dr.ports import Observations


class Conflict(Exception):
    """Another process has adopted the run; this one must stop and touch nothing more."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something another process wants of a run: an approval, a stop, a note."""

    id: str
    body: Json


class Placer(ABC):
    """Places whole runs and holds no truth: that is in the register and the runs themselves."""

    @abstractmethod
    def submit(self, order: Order) -> None:
        """See to it that the run of an order begins, or goes on; twice is once, by its key."""

    @abstractmethod
    def state(self, order: Order) -> Placed:
        """Say where an order stands, whoever submitted it."""

    @abstractmethod
    def withdraw(self, order: Order) -> None:
        """Stop a run that was submitted here: it puts everything back."""


class Journal(ABC):
    """The append-only, durable, hash-chained record of one run; its only truth.

    One writer at a time: the fence is the sequence number. Appending at a place that another
    process has filled raises Conflict.
    """

    run: str

    @abstractmethod
    def events(self) -> list[Event]:
        """Return every event so far, checking the chain; later appends follow the last."""

    @abstractmethod
    def stage(self, epoch: int, data: Sequence[Data]) -> list[Event]:
        """Make the next events; they are durable only after the next commit."""

    @abstractmethod
    def commit(self) -> None:
        """Make everything staged durable, in one commit. Raises Conflict."""

    @abstractmethod
    def ours(self) -> bool:
        """Say whether nobody else has written since; any thread may ask.

        Asked just before each effect: an owner that was paused and has been replaced meanwhile
        must not send what it was about to send.
        """

    def append(self, epoch: int, data: Sequence[Data]) -> list[Event]:
        """Append events in one durable commit and return them. Raises Conflict."""
        made = self.stage(epoch, data)
        self.commit()
        return made

    @abstractmethod
    def post(self, message: Message) -> None:
        """Leave a message for the run's owner; the same id twice is one message."""

    @abstractmethod
    def messages(self) -> list[Message]:
        """Return every message ever left, in order."""


class Watchdog:
    """What puts the run back when its owner is gone, seen from the engine. This one is none."""

    def tend(self, run: Run) -> list[Data]:
        """Give a sign of life, and see to it that the watchdog is armed. Return what to record.

        Called before anything is disrupted, and then several times a second.
        """
        return []

    def stand_down(self) -> list[Data]:
        """Return what to record of its end, when there is nothing left to put back."""
        return []


class Observer(Observations):
    """The measuring process of a run, seen from the engine."""

    @abstractmethod
    def ensure(self) -> ObserverStarted | None:
        """See to it that it runs: attach to it, or start it. Return the event of a start."""

    @abstractmethod
    def tell(self, run: Run) -> None:
        """Pass on where the run stands: when the fault was, and what its steps have made."""

    @abstractmethod
    def prove(self, probe: str) -> ProbeProven | None:
        """Aim a probe at its negative control once; None if it has none."""

    @abstractmethod
    def anchors(self) -> list[SamplesAnchored]:
        """Return how far each file has come, with its digest, where it grew since last time."""

    @abstractmethod
    def clean(self) -> list[str]:
        """Remove the run's marks from where they were written; say what could not be removed."""

    @abstractmethod
    def alive(self) -> bool:
        """Say whether the process is there."""

    @abstractmethod
    def stop(self) -> None:
        """End it and wait for its last line."""
