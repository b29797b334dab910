"""The home of runs, and the directory of one run."""

import hashlib
import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dr.cloud.clock import Clock
from dr.core.canonical import canonical
from dr.model.errors import Refused
from dr.stores.files import sha256_of, write_whole
from dr.stores.rundir import Home, RunDir, whoami
from tests.build import a_plan, a_step

PLAN = a_plan(a_step("x"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "dr").ready()


def create(home: Home, drill: str = "toy") -> RunDir:
    plan = PLAN.model_copy(update={"drill": drill})
    return home.create(plan, b"drill: toy\n", started_by="ada", clock=Clock())


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DR_HOME": "/var/dr"}, "/var/dr"),
        ({"DR_HOME": "~/here"}, str(Path("~/here").expanduser())),
        ({"XDG_STATE_HOME": "/state"}, "/state/dr"),
        ({}, str(Path("~/.local/state/dr").expanduser())),
        ({"DR_HOME": "", "XDG_STATE_HOME": ""}, str(Path("~/.local/state/dr").expanduser())),
    ],
)
def test_the_home_is_where_the_environment_says(environment: dict[str, str], expected: str) -> None:
    assert str(Home.of(environment).path) == expected


def test_only_its_owner_may_enter(home: Home) -> None:
    run = create(home)

    for path in (home.path, home.path / "runs", home.path / "locks", run.path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    assert stat.S_IMODE((run.path / "plan.json").stat().st_mode) == 0o600


def test_what_is_fixed_is_there_before_the_run_begins(home: Home) -> None:
    run = create(home)

    assert run.id == "toy-0001"
    assert run.plan() == PLAN
    assert (run.path / "plan.json").read_bytes() == canonical(PLAN.as_json())
    intent = run.intent()
    assert intent["plan_sha256"] == sha256_of(run.path / "plan.json")
    assert (intent["run_id"], intent["run_no"], intent["started_by"]) == ("toy-0001", 1, "ada")
    assert len(intent["nonce"]) == 32


def test_the_journal_is_bound_to_the_intent(home: Home) -> None:
    run = create(home)
    journal = run.journal(Clock())

    assert journal._genesis == hashlib.sha256((run.path / "intent.json").read_bytes()).hexdigest()
    journal.close()


def test_each_drill_counts_its_own_runs_and_a_number_is_never_used_again(home: Home) -> None:
    ids = [create(home).id, create(home).id, create(home, "other").id]
    (home.path / "runs" / "toy-0041").mkdir()

    assert [*ids, create(home).id] == ["toy-0001", "toy-0002", "other-0001", "toy-0042"]


def test_two_that_begin_at_once_get_two_numbers(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: create(home), range(24)))

    assert len({run.id for run in runs}) == 24
    assert len({run.intent()["nonce"] for run in runs}) == 24


def test_a_run_is_found_by_id_by_prefix_and_as_the_last(home: Home) -> None:
    create(home, "orders")
    create(home, "toy")

    assert home.run("orders-0001").id == "orders-0001"
    assert home.run("ord").id == "orders-0001"
    assert home.run("last").id == "toy-0001"
    assert [run.id for run in home.runs()] == ["orders-0001", "toy-0001"]


@pytest.mark.parametrize("name", ["nobody", "last"])
def test_a_run_that_is_not_there_is_refused(home: Home, name: str) -> None:
    with pytest.raises(Refused, match="no run called"):
        home.run(name)


def test_a_prefix_of_several_is_refused_but_a_whole_name_is_not(home: Home) -> None:
    create(home, "toy")
    create(home, "toy-0001")  # a drill of that name: its first run is toy-0001-0001

    with pytest.raises(Refused, match="2 runs called"):
        home.run("toy")
    assert home.run("toy-0001").id == "toy-0001"


def test_a_directory_without_an_intent_is_no_run(home: Home) -> None:
    (home.path / "runs" / "toy-0001").mkdir()

    assert home.runs() == []
    assert Home(home.path / "nowhere").runs() == []


def test_the_manifest_lists_what_sha256sum_can_check(home: Home) -> None:
    run = create(home)
    run.write("samples/probes.csv", b"seq\n")
    run.write("children/x/pid", b"1")
    (run.path / "link").symlink_to("plan.json")
    journal = run.journal(Clock())
    run.manifest()
    journal.close()

    listed = (run.path / "MANIFEST.sha256").read_text().splitlines()
    names = [line[66:] for line in listed]
    assert names == ["drill.yaml", "intent.json", "plan.json", "samples/probes.csv"]
    subprocess.run(["sha256sum", "-c", "--quiet", "MANIFEST.sha256"], cwd=run.path, check=True)


def test_a_file_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    write_whole(path, b"old")

    def dies(fd: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new and longer")

    assert path.read_bytes() == b"old"


def test_whoever_runs_this_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    assert "@" in whoami()

    def nobody(uid: int) -> str:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert whoami().startswith(f"{os.getuid()}@")
