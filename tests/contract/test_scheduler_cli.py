"""`dr campaign run`, `dr serve --scheduler`, `dr due --look`: at the command line, and fast."""

import json
import os
import signal
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dr.cli import campaigns, looking_now, serve
from dr.cli.exit_codes import Exit
from dr.cli.frame import run as dr
from dr.cli.heartbeat import order
from dr.model.errors import Unclear
from tests.contract import quarters
from tests.contract.bundles import Place as Story
from tests.contract.bundles import a_case
from tests.contract.quarters import PLATFORM, Sky, Stage, known_now
from tests.contract.verifiers import ask, told_to_check
from tests.docs.pages import ROOT
from tests.unit.schedules import at

sky, story, always = quarters.sky, quarters.story, quarters.always


def test_a_campaign_at_the_command_line_ends_with_a_summary_and_a_pack(
    story: Story,
    always: Sky,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    always.today = at("2026-12-02 13:30")
    stage = Stage(story, known_now(always))
    monkeypatch.setattr(campaigns, "Here", lambda place: stage)
    story.closed(a_case())  # of nobody's schedule, and in the period
    asked = ["campaign", "run", "schedules/platform.yaml", "--period"]
    before = story.register.read_bytes()
    assert dr([*asked, "2026Q9"]) == Exit.USAGE
    assert dr([*asked, "2026Q4"]) == Exit.REFUSED, "nobody answers for it"
    with_estate = [*asked, "2026Q4", "--confirm", "estate"]
    assert dr([*with_estate, "--pack", str(tmp_path)]) == Exit.REFUSED
    assert story.register.read_bytes() == before, "what is refused begins nothing"
    capsys.readouterr()

    assert dr([*with_estate, "--json", "--pack", str(tmp_path / "pack")]) == Exit.PASS
    summary = json.loads(capsys.readouterr().out)
    assert [(row["drill"], row["code"]) for row in summary["drills"]] == [
        (name, 0) for name in PLATFORM
    ]
    assert json.loads((tmp_path / "pack/campaign.json").read_bytes()) == summary
    assert "`campaign.json` lies beside" in (tmp_path / "pack/README.md").read_text()
    assert told_to_check(tmp_path / "pack") == 1 + len(PLATFORM), "whoever began it"
    ask(tmp_path / "pack", most=2)

    for said in ("packed: ", "packed before, and nothing is new"):
        assert dr(with_estate) == Exit.PASS
        shown = capsys.readouterr()
        assert shown.out.splitlines()[0].split() == ["pass", "zone-loss", "zone-loss-0001"]
        assert said in shown.err
    assert stage.submitted == [f"{name}@2026Q4" for name in PLATFORM]
    (there,) = (story.home.path / "campaigns").glob("platform-2026Q4-*")
    assert there.name == f"platform-2026Q4-{len(story.register.read_bytes().splitlines()):06d}"


def test_a_campaign_whose_evidence_does_not_hold_says_so_and_packs_all_the_same(
    story: Story, always: Sky, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    always.today = at("2026-12-02 13:30")
    monkeypatch.setattr(campaigns, "Here", lambda place: Stage(story, known_now(always)))
    run = story.closed(a_case())
    (run.path / "drill.yaml").write_text("drill: other\n")

    asked = ["campaign", "run", "schedules/platform.yaml", "--period", "2026Q4"]
    assert dr([*asked, "--confirm", "estate"]) == Exit.FAIL
    assert f"{run.id}: " in capsys.readouterr().err
    (pack,) = (story.home.path / "campaigns").glob("platform-2026Q4-*")
    assert f"| {run.id} | pass | DOES NOT HOLD" in (pack / "README.md").read_text()


def test_a_period_in_which_nothing_ran_has_no_pack(
    story: Story, always: Sky, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    always.today = at("2026-12-02 13:30")
    for drill in PLATFORM:
        assert dr(["schedule", "skip", drill, "--period", "2026Q4", "-m", "merger"]) == 0
    assert dr(["campaign", "run", "schedules/platform.yaml", "--period", "2026Q4"]) == 0
    said = capsys.readouterr()
    assert said.out.count("skipped      ") == len(PLATFORM)
    assert "there is no pack" in said.err


def test_a_resident_scheduler_begins_what_is_owed_and_leaves_when_told(
    story: Story, always: Sky, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(story, known_now(always))
    monkeypatch.setattr(serve, "Here", lambda place: stage)
    waits = iter(range(4))

    def wait(event: Any, seconds: float) -> bool:
        number = next(waits)
        if number == 0:  # a person answers for it; the next beat is a minute later
            said = ["schedule", "approve", "rds-failover", "--confirm", "estate"]
            assert dr(said) == 0
        if number == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        always.at_us += 60_000_000
        return bool(event.is_set())

    monkeypatch.setattr(always, "wait", wait)
    monkeypatch.setattr(always, "ticks", lambda: always.at_us / 1_000_000, raising=False)
    assert dr(["serve", "--scheduler", "--every", "1m"]) == Exit.PASS
    said = capsys.readouterr().err
    assert "a heartbeat every 1m" in said
    assert "waits: dr schedule approve rds-failover" in said
    assert stage.submitted == ["rds-failover@2026Q4"]
    assert dr(["serve", "--scheduler", "--every", "soon"]) == Exit.USAGE
    assert dr(["serve"]) == Exit.USAGE


def test_a_resident_scheduler_outlives_a_schedule_that_cannot_be_read(
    story: Story, always: Sky, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file = tmp_path / "a.yaml"
    text = (ROOT / "schedules/platform.yaml").read_text()
    good = text.replace("../drills", str(ROOT / "drills")).replace("calendars: [freeze.ics]", "")
    file.write_text(good)

    def wait(event: Any, seconds: float) -> bool:
        if file.read_text() == good:
            file.write_text("schedule: [")
        else:
            os.kill(os.getpid(), signal.SIGTERM)
        always.at_us += 60_000_000
        return bool(event.is_set())

    monkeypatch.setattr(always, "wait", wait)
    monkeypatch.setattr(always, "ticks", lambda: always.at_us / 1_000_000, raising=False)
    assert dr(["serve", "--scheduler", str(file)]) == Exit.PASS
    assert "error[DR0" in capsys.readouterr().err


class World:
    """What Terraform says of a drill's configurations."""

    terraform_dirs: ClassVar = {"estate": "dir"}

    def __init__(self, drift: tuple[str, ...]) -> None:
        self._drift = drift

    def terraform(self, name: str, place: Path) -> "World":
        return self

    def drift(self) -> tuple[str, ...]:
        return self._drift


def test_a_look_makes_a_pass_stale_where_the_world_has_changed_and_says_what_nobody_knows(
    story: Story, always: Sky, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(story, known_now(always))
    (item,) = (i for k in stage.known for i in k.items if i.rule.drill == "rds-failover")
    stage.submit(order(item, "rds-failover@2026Q4"))
    plan = story.home.run("last").plan()
    worlds: dict[str, Any] = {"it": World(())}

    def live(drill: Any, path: Path, work: Path) -> World:
        if drill.drill != "rds-failover":
            raise Unclear("no credentials")
        found: World = worlds["it"]
        return found

    monkeypatch.setattr(looking_now, "live", live)
    monkeypatch.setattr(looking_now, "bound_plan", lambda *_: plan)

    def stale() -> str:
        assert dr(["due", "--look", "--json"]) == 0
        rows = {row["drill"]: row for row in json.loads(capsys.readouterr().out)}
        return str(rows["rds-failover"]["stale"])

    assert stale() == ""
    worlds["it"] = World(("aws_rds_cluster.this",))
    assert "not what Terraform last made of it" in stale()
    monkeypatch.setattr(
        looking_now, "bound_plan", lambda *_: plan.model_copy(update={"service": "other"})
    )
    worlds["it"] = World(())
    assert "the infrastructure is another" in stale()
    assert dr(["due", "--look"]) == 0
    assert "zone-loss: nobody knows what it is now: no credentials" in capsys.readouterr().err
