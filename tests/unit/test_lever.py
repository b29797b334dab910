"""The safety lever: what engages it, and that doubt does."""

import json
from pathlib import Path

import pytest

from dr.cli.frame import run as dr
from dr.cli.safety import NAME, Lever, LeverGuards, lever, meaning
from dr.cloud.flag import Flag, flag
from dr.core.fold import Run
from dr.model.brakes import Guard
from dr.model.errors import Failed, Refused
from dr.model.reading import Sample
from dr.ports import Observations

WORD = {"who": "ann", "at": "2026-01-01T00:00:00Z", "why": "incident 12"}


class _Flag(Flag):
    address = "here"
    needs = ""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.reads = 0

    def _read(self) -> str:
        self.reads += 1
        if self.text is None:
            raise Failed("no answer")
        return self.text

    def _write(self, text: str) -> None:
        if self.text is None:
            raise Failed("no answer")
        self.text = text


@pytest.mark.parametrize("text", ["engaged", "stop!", "", "[]", "{}", '{"lever": "engaged"}', "0"])
def test_whatever_does_not_say_released_engages(text: str) -> None:
    assert meaning(text) is not None


@pytest.mark.parametrize("text", ["released", " released\n", '{"lever": "released"}'])
def test_only_released_releases(text: str) -> None:
    assert meaning(text) is None


def test_there_and_back_in_a_file_of_the_owner_alone(tmp_path: Path) -> None:
    one = Lever(tmp_path / "home" / "lever.json")

    assert one.engaged() is None
    one.engage(WORD)
    assert one.path.stat().st_mode & 0o777 == 0o600
    assert "incident 12" in (one.engaged() or "")
    one.release(WORD)
    assert one.engaged() is None


def test_a_file_that_cannot_be_read_engages(tmp_path: Path) -> None:
    (tmp_path / "lever.json").mkdir()

    assert Lever(tmp_path / "lever.json").engaged() is not None


def test_a_shared_flag_engages_every_home(tmp_path: Path) -> None:
    shared = _Flag("released")
    here, elsewhere = Lever(tmp_path / "a", shared), Lever(tmp_path / "b", shared)

    here.engage(WORD)

    assert "incident 12" in (elsewhere.engaged() or "")
    elsewhere.release(WORD)
    assert elsewhere.engaged() is None
    assert here.engaged() is not None  # whoever engaged it here releases it here


def test_a_flag_that_stays_unreadable_engages(tmp_path: Path) -> None:
    shared = _Flag(None)

    assert "could not be read" in (Lever(tmp_path / "a", shared).engaged() or "")
    assert shared.reads == 3


def test_it_is_engaged_here_even_if_the_others_cannot_be_told(tmp_path: Path) -> None:
    one = Lever(tmp_path / "a", _Flag(None))

    with pytest.raises(Failed):
        one.engage(WORD)
    assert one.here() is not None


def test_it_stays_engaged_here_if_the_others_cannot_be_told_of_the_release(tmp_path: Path) -> None:
    shared = _Flag("released")
    one = Lever(tmp_path / "a", shared)
    one.engage(WORD)
    shared.text = None

    with pytest.raises(Failed):
        one.release(WORD)
    assert one.here() is not None


@pytest.mark.parametrize(
    "address", ["ssm:/a/b", "ssm:a@us-east-1", "s3://bucket", "http://a/b", "ssm:/a@nowhere"]
)
def test_a_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="no address"):
        flag(address)


def test_a_malformed_address_lets_no_run_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DR_LEVER", "s3:/typo")

    assert "no address" in (lever(tmp_path).engaged() or "")


class _Nothing(Observations):
    def samples(self, probe: str) -> list[Sample]:
        return []

    def marks(self, marks: str) -> list[object]:  # type: ignore[override]
        return []

    def read_back(self, marks: str) -> int:
        return 0

    def fault_us(self) -> None:
        return None


def _guards(one: Lever) -> LeverGuards:
    return LeverGuards((), lambda guard: None, one)


def _run() -> Run:
    return Run.__new__(Run)


def test_a_running_run_notices_the_file_at_once(tmp_path: Path) -> None:
    one = Lever(tmp_path / "lever.json")
    guards = _guards(one)

    assert guards.tripped(_run(), _Nothing(), 0) is None
    one.engage(WORD)
    tripped = guards.tripped(_run(), _Nothing(), 0)
    assert tripped is not None
    assert tripped.guard == NAME


def test_a_running_run_polls_the_shared_flag_and_forgives_two_failures(tmp_path: Path) -> None:
    shared = _Flag("released")
    guards = _guards(Lever(tmp_path / "lever.json", shared))
    (watched,) = guards.asking()

    shared.text = None
    assert [guards.ask(watched) for _ in range(2)] == [None, None]
    shared.text = "released"
    assert guards.ask(watched) is None
    shared.text = None
    assert [guards.ask(watched) is None for _ in range(3)] == [True, True, False]


def test_the_shared_flag_stops_a_running_run(tmp_path: Path) -> None:
    shared = _Flag(json.dumps({"lever": "engaged", **WORD}))
    guards = _guards(Lever(tmp_path / "lever.json", shared))

    tripped = guards.ask(guards.asking()[0])

    assert tripped is not None
    assert "incident 12" in tripped.why


def test_alarms_of_the_drill_are_still_asked_for(tmp_path: Path) -> None:
    alarm = Guard.model_construct(alarm="errors")
    guards = LeverGuards((alarm,), lambda guard: "the alarm fires", Lever(tmp_path / "lever.json"))

    assert guards.asking() == [alarm]
    assert guards.ask(alarm) is not None


def test_the_command_says_whether_a_run_would_be_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))

    assert dr(["lever", "status"]) == 0
    assert dr(["lever", "engage", "-m", "incident 12"]) == 0
    assert dr(["lever", "status"]) == 6
    assert "incident 12" in capsys.readouterr().out
    assert dr(["lever", "release"]) == 0
    assert dr(["lever", "status"]) == 0
