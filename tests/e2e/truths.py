"""What a run reported, held against what the sandbox knows to have happened.

The sandbox's record is made by those who cause the facts; the reports never read it. A fact is
known to within the sandbox's own looks (some milliseconds), so that a truth is a stretch, too: a
report is wrong if the two have nothing in common.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from dr.cloud.clock import Clock
from dr.sandbox.control import Sandbox
from dr.sandbox.data.truth import Outage, summary
from dr.sandbox.process import TRUTH
from dr.sandbox.world import Truth
from tests.e2e.rehearsing import Evidence

MS_US = 1_000
FAR_US = 1 << 60
Stretch = tuple[int, int]


class NameWatch(threading.Thread):
    """Asks again and again where the service's name leads: the record of truth knows no names."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(daemon=True)
        self._sandbox = sandbox
        self._name = next(iter(sandbox.outputs.values()))["service_name"]
        self._over = threading.Event()
        self.seen: list[tuple[int, int, str]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        clock = Clock()
        while not self._over.wait(0.015):
            asked_us = clock.mono_us()
            found = self._sandbox.get("dns")[self._name]
            self.seen.append((asked_us, clock.mono_us(), found[0] if found else ""))

    def moved(self, after_us: int) -> Stretch:
        """Return when the name began to lead elsewhere."""
        home = self.seen[0][2]
        away = next(i for i, s in enumerate(self.seen) if s[0] > after_us and s[2] != home)
        return self.seen[away - 1][0], self.seen[away][1]


@dataclass(frozen=True)
class Held:
    """One run against the truth."""

    evidence: Evidence
    lines: list[Truth]
    events: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "events", self.evidence.events())

    @classmethod
    def of(cls, evidence: Evidence, sandbox: Sandbox) -> Self:
        from dr.sandbox.data.truth import read_truth

        return cls(evidence, read_truth(sandbox.home / TRUTH))

    # Moments -------------------------------------------------------------------------------

    def at(self, what: str, **facts: object) -> dict[str, Any]:
        """Return the first event of a type with these facts."""
        return next(
            e for e in self.events if e["type"] == what and facts.items() <= e["data"].items()
        )

    @property
    def fault(self) -> Stretch:
        """When disruption was first asked for, and first answered: as the journal has it."""
        disrupt = {
            step["id"] for step in self.evidence.plan()["steps"] if step["phase"] == "disrupt"
        }
        asked = [
            e["data"]
            for e in self.events
            if e["type"] == "step.requested"
            and e["data"]["step"] in disrupt
            and e["data"]["way"] == "forward"
        ]
        return (
            min(int(one["sent_us"]) for one in asked),
            min(int(one["answered_us"]) for one in asked),
        )

    @property
    def returned_us(self) -> int:
        """When the way back began: what was lost or down after that, the drill did not cause."""
        return int(self.at("return.began")["mono_us"])

    def outages(self, path: str, region: str) -> list[Outage]:
        """Return the true outages between the fault and the way back."""
        return [
            outage
            for outage in summary(self.lines).outages
            if (outage.path, outage.region) == (path, region)
            and self.fault[0] <= outage.down_us < self.returned_us
        ]

    # Recovery time -------------------------------------------------------------------------

    def true_time(
        self,
        path: str,
        ups: Callable[[Stretch], Stretch] | None = None,
        since: Stretch | None = None,
    ) -> Stretch:
        """Return how long the service was truly away, from the fault to the last recovery.

        ups: what else must have come about before users are served again. since: the fault, where
        it is felt later than it happens.
        """
        found = self.outages(path, "us-east-1")
        assert found, "the sandbox knows of no outage"
        first, last = found[0], found[-1]
        down = since or (max(first.known_up_us or 0, self.fault[0]), first.down_us)
        if ups is None:
            assert last.up_us is not None, "it never came back"
            up = (last.known_down_us or last.up_us, last.up_us)
        else:
            up = ups(down)
        return up[0] - down[1], up[1] - down[0]

    def measured(self, metric: str) -> bool:
        """Say whether anything was reported; without it nothing may have been judged."""
        found = self._objective(metric)
        if found["achieved"] is None:
            assert found["verdict"] in {"invalid", "inconclusive"}, found
        return found["achieved"] is not None

    def _objective(self, metric: str) -> dict[str, Any]:
        objectives: list[dict[str, Any]] = self.evidence.result()["objectives"]
        return next(o for o in objectives if o["metric"] == metric)

    def reported(self, metric: str) -> Stretch:
        """Return the reported interval in microseconds."""
        found = self._objective(metric)
        got = found["achieved"]
        assert got is not None, found["why"]
        upper = got["upper_ms"]
        return got["lower_ms"] * MS_US, FAR_US if upper is None else upper * MS_US

    # Detection -----------------------------------------------------------------------------

    def true_detection(self, alarm: str, region: str) -> Stretch:
        """Return when an alarm first fired after the fault, as a time after it."""
        fired = next(
            line
            for line in self.lines
            if line.what == "alarm.changed"
            and (line.about, line.facts["region"]) == (alarm, region)
            and line.facts["state"] == "ALARM"
            and line.at_us > self.fault[0]
        )
        before_us = int(str(fired.facts["not_before_us"]))
        return before_us - self.fault[0], fired.at_us - self.fault[0]

    def reported_detection(self) -> Stretch:
        """Return the reported moment of the one detector, as a time after the fault."""
        (found,) = self.evidence.result()["detections"]
        got = found["detected"]
        assert got is not None, "the detector was not seen to notice"
        return got["lower_ms"] * MS_US, got["upper_ms"] * MS_US

    # Data loss -----------------------------------------------------------------------------

    def truly_lost(self) -> tuple[set[int], list[dict[str, Any]]]:
        """Return the numbers of the marks that the database lost before the way back."""
        lost = [
            line
            for line in self.lines
            if line.what == "write.lost" and self._ours(line) and line.at_us < self.returned_us
        ]
        seqs = {int(seq) for line in lost for seq in _list(line.facts["seqs"])}
        return seqs, [line.facts for line in lost]

    def _ours(self, line: Truth) -> bool:
        """Say whether a line is about this run."""
        return line.about == self.evidence.unique_id and line.at_us >= int(
            self.events[0]["mono_us"]
        )

    def acked_before(self) -> set[int]:
        """Return the numbers of the marks whose answer was in before the fault."""
        return {
            int(row["seq"])
            for row in self.evidence.rows("marks.csv")
            if row["state"] == "acked" and int(row["done_us"]) <= self.fault[0]
        }

    def true_loss(self, fault: Stretch) -> Stretch:
        """Return how much data was truly lost, as a time before the fault.

        The recovery point lies between the commit of the last survivor and that of the oldest
        lost; of those acknowledged before the fault, as the report counts them.
        """
        seqs, _ = self.truly_lost()
        acked = {
            int(str(line.facts["seq"])): line.at_us
            for line in self.lines
            if line.what == "write.acked" and self._ours(line)
        }
        before = self.acked_before()
        lost = [acked[seq] for seq in seqs & before]
        if not lost:
            return 0, 0
        kept = [acked[seq] for seq in before - seqs if acked[seq] < min(lost)]
        return fault[0] - min(lost), fault[1] - max(kept) if kept else FAR_US

    def wall_us(self, text: str) -> int:
        """Return the moment on the clock of the journal that a wall clock's text means."""
        event = self.events[0]
        offset = _wall_us(event["t"]) - int(event["mono_us"])
        return _wall_us(text) - offset


def meets(one: Stretch, other: Stretch) -> bool:
    """Say whether two stretches have anything in common."""
    return one[0] <= other[1] and other[0] <= one[1]


def within(inner: Stretch, outer: Stretch) -> bool:
    """Say whether one stretch lies inside another."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _list(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


def _wall_us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


def settle(sandbox: Sandbox, seconds: float = 0.3) -> None:
    """Give the sandbox's own aftermath (a rejoining reader) its time."""
    time.sleep(seconds + float(sandbox.get("times")["rejoin"]))
