"""A sky whose sun a test moves, a stage on which runs are played, and a home for both."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dr.cli.scheduling import Known, read_schedules
from dr.engine_ports import Placer
from dr.model.campaign import Order, Place, Placed
from dr.stores.occurrences import begun_by
from dr.stores.register import FILE, Register
from tests.contract.bundles import Place as Story
from tests.contract.bundles import StoryClock, a_case
from tests.docs.pages import ROOT
from tests.unit.schedules import at

PLATFORM = [
    Path(one["drill"]).stem
    for one in YAML(typ="safe").load((ROOT / "schedules/platform.yaml").read_text())["drills"]
]
"""The drills of that schedule, in order; all of them are live."""


class Sky(StoryClock):
    """A clock that a test moves; a story that is told takes minutes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.today = at("2026-10-01 00:00")
        self.first = super().now()

    def now(self) -> datetime:
        return self.today + (super().now() - self.first)

    def wait(self, event: Any, seconds: float) -> bool:
        return bool(event.is_set())


class Stage(Placer):
    """Places runs that were played: each is registered, journalled and sealed by the real code."""

    def __init__(self, story: Story, known: list[Known]) -> None:
        self.story = story
        self.known = known
        self.shas = {i.rule.drill: i.parsed.sha256 for one in known for i in one.items}
        self.submitted: list[str] = []

    def submit(self, order: Order) -> None:
        self.submitted.append(order.key)
        drill = order.key.partition("@")[0]
        case = a_case(drill=drill, service=order.service, definition_sha256=self.shas[drill])
        self.story.closed(case, occurrence=order.key)

    def state(self, order: Order) -> Placed:
        home = self.story.home.path
        run = begun_by(Register(home / FILE).entries(), order.key, home / "runs")
        return Placed(Place.ENDED, 0, run) if run else Placed(Place.ABSENT)

    def withdraw(self, order: Order) -> None:
        pass


@pytest.fixture
def sky() -> Sky:
    return Sky()


@pytest.fixture
def story(tmp_path: Path, sky: Sky, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("os.fsync", lambda fd: None)
    place = Story.at(tmp_path / "home")
    place.clock = sky
    return place


def known_now(sky: Sky) -> list[Known]:
    return read_schedules((str(ROOT / "schedules"),), sky.now())


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch, sky: Sky) -> Sky:
    """Have every command live on a day of the window of rds-failover."""
    sky.today = at("2026-11-10 15:30")
    for module in ("due", "schedule", "exporting", "campaigns", "validating", "serve", "portfolio"):
        monkeypatch.setattr(f"dr.cli.{module}.Clock", lambda: sky, raising=False)
    monkeypatch.chdir(ROOT)
    return sky
