"""`command.run` with real commands."""

import os
import signal
import time
from pathlib import Path

import pytest

from dr.actions.command_run import Change, CommandRun, Params, Seen
from dr.cloud.child import Children
from dr.model.errors import Failed, Refused, Unclear
from dr.model.intent import Intent
from dr.model.progress import Progress
from dr.ports import Irreversible

ACTION = CommandRun()
INTENT = Intent(run="r-0001", step="s", token="0" * 32, expires="2099-01-01T00:00:00Z")


def sh(text: str) -> tuple[str, ...]:
    return ("sh", "-c", text)


def params(place: Path, text: str, **rest: object) -> Params:
    return Params.model_validate({"argv": sh(text), "cwd": str(place), **rest})


def planned(hand: Children, of: Params) -> Change:
    return ACTION.plan(of, ACTION.observe(hand, of), INTENT)


def progress(hand: Children, of: Params, change: Change) -> Progress:
    return ACTION.progress(change, ACTION.observe(hand, of))


@pytest.fixture
def hand(tmp_path: Path) -> Children:
    return Children(tmp_path / "forward")


def test_without_a_check_the_command_is_taken_at_its_word(hand: Children, tmp_path: Path) -> None:
    asked = params(tmp_path, "echo once >> made")
    change = planned(hand, asked)
    assert progress(hand, asked, change) is Progress.UNTOUCHED

    ACTION.execute(hand, change)
    ACTION.execute(hand, change)

    assert progress(hand, asked, change) is Progress.SETTLED
    assert (tmp_path / "made").read_text() == "once\n"


def test_the_check_decides_forward_and_back(hand: Children, tmp_path: Path) -> None:
    asked = params(tmp_path, "touch made", check=("test", "-e", "made"), undo=("rm", "made"))
    change = planned(hand, asked)
    back = ACTION.undo(change)
    assert isinstance(back, Change)
    undoing = Children(tmp_path / "undo")
    assert progress(hand, asked, change) is Progress.UNTOUCHED
    assert progress(undoing, asked, back) is Progress.SETTLED  # nothing to take back yet

    ACTION.execute(hand, change)
    assert progress(hand, asked, change) is Progress.SETTLED
    assert progress(undoing, asked, back) is Progress.UNTOUCHED

    ACTION.execute(undoing, back)
    assert progress(undoing, asked, back) is Progress.SETTLED
    assert not (tmp_path / "made").exists()


def test_an_effect_that_is_there_already_is_settled(hand: Children, tmp_path: Path) -> None:
    asked = params(tmp_path, "exit 1", check=("true",))

    assert progress(hand, asked, planned(hand, asked)) is Progress.SETTLED


def test_an_effect_that_takes_its_time_is_moving(hand: Children, tmp_path: Path) -> None:
    asked = params(tmp_path, "true", check=("test", "-e", "later"))
    change = planned(hand, asked)
    ACTION.execute(hand, change)
    assert progress(hand, asked, change) is Progress.MOVING

    (tmp_path / "later").touch()

    assert progress(hand, asked, change) is Progress.SETTLED


def test_a_check_that_cannot_say_is_unclear(hand: Children, tmp_path: Path) -> None:
    with pytest.raises(Unclear, match="ended with 2"):
        ACTION.observe(hand, params(tmp_path, "true", check=sh("exit 2")))


def test_a_command_that_fails_says_why_and_is_astray(hand: Children, tmp_path: Path) -> None:
    asked = params(tmp_path, "echo no luck >&2; exit 5")
    change = planned(hand, asked)

    with pytest.raises(Failed, match=r"ended with 5: no luck"):
        ACTION.execute(hand, change)

    assert progress(hand, asked, change) is Progress.ASTRAY


def test_a_program_that_is_not_there_is_refused(hand: Children, tmp_path: Path) -> None:
    asked = Params(argv=("no-such-program-here",), cwd=str(tmp_path))

    with pytest.raises(Refused, match="could not be started"):
        ACTION.execute(hand, planned(hand, asked))
    with pytest.raises(Refused, match="no-such-check"):
        ACTION.observe(hand, params(tmp_path, "true", check=("no-such-check",)))


def test_a_command_past_its_time_is_unclear(hand: Children, tmp_path: Path) -> None:
    with pytest.raises(Unclear, match="timeout"):
        ACTION.execute(hand, planned(hand, params(tmp_path, "exec sleep 30", timeout="200ms")))


def test_a_resumed_run_finds_a_command_that_still_runs(
    hand: Children, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dr.actions.command_run.QUICK_S", 0.05)
    asked = params(tmp_path, "echo once >> made; sleep 0.5")
    change = planned(hand, asked)
    ACTION.execute(hand, change)
    resumed = Children(hand.root)
    assert progress(resumed, asked, change) is Progress.MOVING

    ACTION.execute(resumed, change)  # attaches

    child = resumed.find("run-1")
    assert child is not None
    child.wait(5)
    assert progress(resumed, asked, change) is Progress.SETTLED
    assert (tmp_path / "made").read_text() == "once\n"


def test_a_lost_command_is_for_a_person_and_only_then_run_again(
    hand: Children, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dr.actions.command_run.QUICK_S", 0.2)
    asked = params(tmp_path, "echo again >> made; [ -e go ] || exec sleep 30")
    change = planned(hand, asked)
    ACTION.execute(hand, change)
    child = hand.find("run-1")
    assert child is not None
    for name in ("supervisor", "child"):
        os.kill(child._pids()[name], signal.SIGKILL)
    child.wait(5)
    while child.state().survivor is not None:  # a kill takes a moment
        time.sleep(0.01)
    assert progress(hand, asked, change) is Progress.ASTRAY

    (tmp_path / "go").touch()
    ACTION.execute(hand, change)  # somebody said: again

    assert progress(hand, asked, change) is Progress.SETTLED
    assert (tmp_path / "made").read_text() == "again\nagain\n"


def test_what_certainly_never_began_is_untouched() -> None:
    change = Change.model_validate(
        {"way": "do", "argv": ("x",), "other": None, "check": None, "cwd": ".", "env": {}}
        | {"timeout": Params(argv=("x",)).timeout}
    )

    assert ACTION.progress(change, Seen(attempt="lost", begun=False)) is Progress.UNTOUCHED
    assert ACTION.progress(change, Seen(attempt="lost", begun=True)) is Progress.ASTRAY


def test_without_an_undo_command_there_is_no_way_back(hand: Children, tmp_path: Path) -> None:
    assert isinstance(ACTION.undo(planned(hand, params(tmp_path, "true"))), Irreversible)


def test_it_gets_its_variables_and_the_sandbox_wins(tmp_path: Path) -> None:
    hand = Children(tmp_path / "forward", env={"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    asked = params(
        tmp_path, "echo $WHO $AWS_ENDPOINT_URL", env={"WHO": "me", "AWS_ENDPOINT_URL": "real"}
    )

    ACTION.execute(hand, planned(hand, asked))

    assert ACTION.observe(hand, asked).message == "me http://127.0.0.1:1"


def test_a_change_survives_the_journal(hand: Children, tmp_path: Path) -> None:
    change = planned(hand, params(tmp_path, "true", undo=("false",), timeout="90s"))

    assert Change.model_validate_json(change.model_dump_json()) == change
