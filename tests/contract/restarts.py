"""Runs during which the machine that observes was restarted."""

from dataclasses import replace
from typing import Any

from tests.contract.bundles import Case
from tests.unit.reboots import Pairing, Reboot
from tests.unit.report_world import S, at


def rebooted(case: Case, *, down: float = 80, **over: Any) -> Case:
    """Restart the machine `down` seconds after the fault, for 15 s; its wall clock is right."""
    zero = at(down) + 8 * S
    pairings = tuple(map(Pairing, (at(-29), at(down - 2), zero + 8 * S, at(down + 70))))
    fields = {"down_us": at(down), "zero_us": zero, "back_us": zero + 7 * S, "pairings": pairings}
    reboot = Reboot(**{**fields, **over})
    marks = reboot.marks(case.marks)
    written = {mark.seq for mark in marks}
    found = {
        name: {seq: count for seq, count in one.items() if seq in written}
        for name, one in case.found.items()
    }
    return replace(
        case,
        story=tuple(reboot.story(case.story)),
        samples=reboot.samples(case.samples),
        marks=marks,
        found=found,
        more=(
            ("clock.csv", reboot.clock()),
            ("starts.csv", reboot.starts(case.samples, case.marks)),
        ),
    )


def unsynchronised() -> tuple[Pairing, ...]:
    return (Pairing(at(-29)), Pairing(at(130), synchronised=False))
