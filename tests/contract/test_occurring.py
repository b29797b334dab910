"""An occurrence is begun once: whoever fires it, however often, and after deaths."""

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import click
import pytest

from dr.cli.occurring import taken
from dr.cloud.clock import Clock
from dr.core.decisions import decisions
from dr.core.seal import parse_register
from dr.model import event as ev
from dr.model.due import Decision
from dr.model.errors import Refused
from dr.stores.decisions import record
from dr.stores.history import attempts
from dr.stores.occurrences import begun_by, lock
from dr.stores.register import FILE, Register
from dr.stores.rundir import Home, RunDir
from tests.build import a_plan, a_step
from tests.contract.bundles import Place, a_case
from tests.contract.verifiers import VERIFIED, Given, ours, python, shell
from tests.unit.schedules import SHA, at

KEY = "toy@2026Q4"
PLAN = a_plan(a_step("a"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").ready()


def begin(home: Home, key: str = KEY, *, event: bool = False) -> RunDir:
    with taken(home, "toy", key) as occurrence:
        run = home.create(
            PLAN, b"drill: toy\n", started_by="ada", clock=Clock(), occurrence=occurrence
        )
        if event:
            one_event(run)
        return run


def one_event(run: RunDir) -> None:
    created = ev.RunCreated(
        drill="toy", plan_sha256=SHA, tool="dr", simulated=False, started_by="ada"
    )
    journal = run.journal(Clock())
    journal.events()
    journal.append(0, [created])
    journal.close()


def known(home: Home) -> list[str]:
    entries = Register(home.path / FILE).entries()
    return [one.occurrence for one in attempts(home.path, entries, {"toy"})]


def test_it_is_begun_once_and_the_register_says_so(home: Home) -> None:
    run = begin(home)
    one_event(run)

    assert Register(home.path / FILE).entries()[0].note == KEY
    assert run.intent()["occurrence"] == KEY
    with pytest.raises(Refused, match="was begun as toy-0001"):
        begin(home)
    assert begin(home, "toy@2027Q1").id == "toy-0002"
    assert known(home) == [KEY, ""]  # the second has not begun, and nobody is about to


def test_while_somebody_begins_it_nobody_else_does(home: Home) -> None:
    with lock(home.path, KEY).take("bob"), pytest.raises(Refused, match="in use by bob"):
        begin(home)
    assert not Register(home.path / FILE).entries()


def test_one_that_died_before_its_first_event_gives_it_back(home: Home) -> None:
    begin(home)
    assert known(home) == [""]

    second = begin(home)

    entries = Register(home.path / FILE).entries()
    assert [one.kind for one in entries] == ["intent", "seal", "intent"]
    assert begun_by(entries, KEY, home.path / "runs") == second.id
    one_event(second)
    assert known(home) == ["", KEY]


def test_one_whose_files_are_gone_does_not(home: Home) -> None:
    run = begin(home)
    for path in run.path.iterdir():
        path.unlink()
    run.path.rmdir()
    with pytest.raises(Refused, match="was begun as toy-0001"):
        begin(home)


def test_the_register_decides_even_without_the_lock(home: Home) -> None:
    one_event(begin(home))
    with pytest.raises(Refused, match="was begun"):
        home.create(PLAN, b"", started_by="bob", clock=Clock(), occurrence=KEY)
    assert len(list((home.path / "runs").iterdir())) == 1


@pytest.mark.parametrize("key", ["toy", "toy@", "toy@../x", "toy@2026 Q4"])
def test_what_is_no_key_is_refused(home: Home, key: str) -> None:
    with pytest.raises(Refused, match="no occurrence"), taken(home, "toy", key):
        pass


def test_a_key_of_another_drill_is_a_mistake_of_the_caller(home: Home) -> None:
    with pytest.raises(click.UsageError), taken(home, "other", KEY):
        pass


def _hammer(home: Path, start: Barrier, begun: str) -> None:
    start.wait(60)
    for n in range(200):
        try:
            run = begin(Home(home), f"toy@2026-{n:03}", event=True)
        except Refused:
            continue
        Path(begun, run.id).touch()


def test_two_processes_at_once_begin_each_of_two_hundred_exactly_once(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda fd: None)  # what a disk keeps is not the question here
    (tmp_path / "begun").mkdir()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(2)
    arguments = (home.path, start, str(tmp_path / "begun"))
    two = [context.Process(target=_hammer, args=arguments) for _ in range(2)]
    for one in two:
        one.start()
    for one in two:
        one.join(200)

    assert [one.exitcode for one in two] == [0, 0]
    entries = Register(home.path / FILE).entries()
    assert sorted(one.note for one in entries) == [f"toy@2026-{n:03}" for n in range(200)]
    assert len(list((tmp_path / "begun").iterdir())) == 200


# Decisions in the register ---------------------------------------------------------------------


def test_a_decision_is_written_once_where_that_is_asked_for(home: Home) -> None:
    skip = Decision("skip", KEY, "ada", at("2026-10-01 08:00"), "freeze „Ende“")
    assert record(home.path, skip, SHA, once=True)
    assert not record(home.path, skip, SHA, once=True)
    assert record(home.path, skip, SHA)
    with pytest.raises(Refused, match="one line"):
        record(home.path, Decision("skip", KEY, "ada", at("2026-10-01 08:00"), "a\nb"), SHA)
    assert decisions(Register(home.path / FILE).entries()) == [skip, skip]


def test_the_three_verifiers_agree_on_a_register_with_decisions(tmp_path: Path) -> None:
    place = Place.at(tmp_path / "home")
    skip = Decision("skip", KEY, "ada", at("2026-10-01 08:00"), 'freeze „Ende“, "quoted" \\ 漢')
    record(place.home.path, skip, SHA)
    bundle = place.exported(place.closed(a_case()), tmp_path / "bundle")
    record(place.home.path, skip, SHA)
    register = place.home.path / FILE
    assert [one.kind for one in parse_register(register.read_bytes())] == [
        "schedule", "intent", "seal", "schedule",
    ]  # fmt: skip
    given = Given(signers=place.signers(), register=register)
    said = [verify(bundle, given) for verify in (ours, python, shell)]

    assert [one.code for one in said] == [VERIFIED] * 3, said
    assert not any(one.failed for one in said)
