"""Sees when the service goes down and comes back, as exactly as the sandbox can know it.

It asks the rules every few milliseconds, and at once when the data plane itself has changed
something. A change is dated to the look that saw it, or to the kill or promotion between that look
and the one before; the look before is noted beside it, so that how exact that is can be read from
the record.
"""

import threading
import time
from collections.abc import Sequence

from dr.sandbox.data.rules import Rules
from dr.sandbox.data.truth import TruthLog, now_us

_CAUSES = {"database.killed", "database.promoted"}
_PERIOD_S = 0.005
_QUIET_PERIOD_S = 0.1  # after LIVELY_S in which nothing was asked for and nothing happened
LIVELY_S = 5.0
_TROUBLES = 20  # different ones that are noted
_DUTY = 0.2  # the share of a processor the witness may take, at most


class Witness:
    """Notes service.up and service.down per path and Region, zone.dark and zone.lit per subnet.

    The first look notes the state it finds, without `not_before_us`. Looks are 5 ms apart; more if
    a look takes long, so that the witness does not slow down what it watches, and a tenth of a
    second where nothing stirs: whatever changes the service was asked for, or is on record.
    """

    def __init__(
        self,
        rules: Rules,
        truth: TruthLog,
        regions: Sequence[str],
        paths: Sequence[str],
    ) -> None:
        """Look at nothing yet."""
        self._rules = rules
        self._truth = truth
        self._regions = tuple(regions)
        self._paths = tuple(paths)
        self._seen: dict[tuple[str, str], tuple[bool, int]] = {}
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._caused_us = 0
        self._lively_until = 0.0
        self._troubles: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="witness", daemon=True)

    def start(self) -> None:
        """Look once, then go on in the background."""
        self._look()
        self._truth.listen(self._hear)
        self.stir()
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        if self._thread.is_alive():
            self._truth.unlisten(self._hear)
            self._stopping.set()
            self._awake.set()
            self._thread.join()

    def _hear(self, what: str, at_us: int) -> None:
        if what in _CAUSES:
            self._caused_us = at_us
        self.stir()

    def stir(self) -> None:
        """Look now, and often for a while: something is about to change, or has just changed."""
        self._lively_until = time.monotonic() + LIVELY_S
        self._awake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._look()
            now = time.monotonic()
            took = now - began
            period = _PERIOD_S if now < self._lively_until else _QUIET_PERIOD_S
            self._awake.wait(max(period - took, took * (1 / _DUTY - 1)))
            self._awake.clear()

    def _look(self) -> None:
        for region in self._regions:
            at_us = now_us()
            try:
                services = self._rules.up(region, self._paths)
                zones = self._dark_zones(region)
            except Exception as error:  # noqa: BLE001 - moto's objects change under our eyes
                self._trouble(repr(error))
                continue
            for path, up in services.items():
                facts: dict[str, object] = {"region": region, "path": path.split("/")[1]}
                self._note(f"{region} {path}", "service", ("up", "down"), up, at_us, facts)
            for subnet, lit in zones.items():
                self._note(subnet, "zone", ("lit", "dark"), lit, at_us, {"region": region})

    def _dark_zones(self, region: str) -> dict[str, bool]:
        """Return for each subnet that matters whether it is lit."""
        control = self._rules.control
        subnets = {target.subnet for target in control.targets(region)}
        writer = control.writer(region)
        home = control.database_subnet(region, writer) if writer is not None else None
        subnets |= {home} if home is not None else set()
        return {subnet: not control.zone_dark(region, subnet) for subnet in sorted(subnets)}

    def _note(
        self,
        about: str,
        kind: str,
        words: tuple[str, str],
        good: bool,  # noqa: FBT001 - one of two words is chosen by it
        at_us: int,
        facts: dict[str, object],
    ) -> None:
        before = self._seen.get((kind, about))
        self._seen[kind, about] = (good, at_us)
        if before is None or before[0] is not good:
            facts = {**facts, "not_before_us": before[1] if before else None}
            if before is not None and before[1] < self._caused_us < at_us:
                at_us = self._caused_us
            self._truth.note(f"{kind}.{words[0 if good else 1]}", about, at_us, facts)

    def _trouble(self, error: str) -> None:
        if error not in self._troubles and len(self._troubles) < _TROUBLES:
            self._troubles.add(error)
            self._truth("sandbox.error", "witness", error=error)
