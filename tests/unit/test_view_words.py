"""Every event has words, and nobody's text can do more than be read."""

import pytest

from dr.model import event as ev
from dr.model.event import Call, Data, Way
from dr.model.event_types import ALL
from dr.model.progress import Progress, World
from dr.report.words import WORDS, sentence

BACK = Way.UNDO
FORTH = Way.FORWARD
CALL = Call(service="rds", operation="FailoverDBCluster", request_id="r")

SAID: list[tuple[Data, str]] = [
    (
        ev.RunCreated(
            drill="d", plan_sha256="ab" * 32, tool="dr", simulated=True, started_by="maria"
        ),
        "maria started a SIMULATED run of d (plan abababababab).",
    ),
    (ev.RunAdopted(owner="h:1:n", boot_id="b", why="resume"), "h:1:n resumed the run."),
    (
        ev.ObserverStarted(pid=7, spec_sha256="a", until_us=1),
        "The observer is watching (process 7).",
    ),
    (
        ev.SamplesAnchored(file="p.csv", bytes=10, sha256="ab" * 32),
        "10 bytes of p.csv are sealed as abababababab.",
    ),
    (
        ev.CheckBaselined(step="s", seen={}, looked_us=(1, 2)),
        "s: looked before the disruption, to compare with afterwards.",
    ),
    (
        ev.ProbeProven(probe="p", can_fail=True, why="404"),
        "Probe p can tell: aimed at something bad, it failed: 404",
    ),
    (
        ev.ProbeProven(probe="p", can_fail=False, why="200"),
        "Probe p CANNOT tell bad: 200",
    ),
    (
        ev.StepIntended(
            step="s",
            way=FORTH,
            params={},
            change={"old_writer": "a", "new_writer": "b"},
            undo=None,
            token="t",
        ),
        "s: about to change writer a → b.",
    ),
    (
        ev.StepRequested(
            step="s", way=BACK, sent_us=0, answered_us=1_010_000, calls=(CALL,), handle=None
        ),
        "Undoing s: asked for (rds:FailoverDBCluster), answered within 1.1 s.",
    ),
    (
        ev.StepSettled(step="s", way=FORTH, noop=True, looked_us=(1, 2), seen={}, facts={}),
        "s: it was so already, nothing was asked for.",
    ),
    (
        ev.StepSettled(
            step="s", way=FORTH, noop=False, looked_us=(1, 2), seen={}, facts={"why": "6 of 6"}
        ),
        "s: settled: 6 of 6.",
    ),
    (
        ev.StepFailed(step="s", way=FORTH, world=World.UNCLEAR, message="timed out"),
        "s: unclear: attempted, and not known whether it happened: timed out",
    ),
    (
        ev.StepDoubted(step="s", way=FORTH, why="no reply"),
        "s: in doubt, we must look first: no reply",
    ),
    (
        ev.StepReconciled(step="s", way=FORTH, progress=Progress.UNTOUCHED, repeat=True),
        "s: we looked: it did not happen; it will be asked for again.",
    ),
    (ev.StepHeld(step="s", way=FORTH, question="Did it?"), "s: held for a person: Did it?"),
    (
        ev.StepResolved(step="s", way=FORTH, answer="happened", who="maria"),
        's: maria answered "happened".',
    ),
    (
        ev.StepKept(step="s", irreversible=True, why="deleted"),
        "s: cannot be put back: deleted",
    ),
    (ev.GateOpened(step="go", prompt="Go?"), "go: waiting: Go?"),
    (
        ev.WatchdogArmed(pid=7, after_us=600_000_000),
        (
            "The watchdog is armed (process 7): it puts everything back when nobody has given a "
            "sign of life for 10m."
        ),
    ),
    (ev.WatchdogDisarmed(pid=7), "The watchdog (process 7) has nothing left to do, and ends."),
    (
        ev.DecisionRecorded(step="go", answer="deny", who="jo", message="no", inbox="1"),
        "go: jo denied: no",
    ),
    (ev.GuardTripped(guard="g", why="down"), "Guard g tripped: down"),
    (ev.StopRequested(who="jo", why="enough"), "jo asked to stop: enough"),
    (ev.NoteAdded(who="jo", text="hm"), "Note by jo: hm"),
    (ev.WarningRaised(code="W1", text="odd"), "Warning W1: odd"),
    (
        ev.ArtifactRecorded(name="a.json", sha256="ab" * 32, bytes=3),
        "Kept a.json, 3 bytes, as evidence (abababababab).",
    ),
    (ev.ReturnBegan(why="all done"), "Now everything is put back: all done"),
    (
        ev.RunClosed(ending="stopped", left=("x", "y")),
        "The run is over: it was stopped. STILL CHANGED: x; y.",
    ),
    (
        ev.RunClosed(ending="completed", left=()),
        "The run is over: every step was taken. Nothing is left changed.",
    ),
]


def test_every_event_there_is_has_words_and_an_example() -> None:
    assert set(WORDS) == set(ALL)
    assert {type(data) for data, _ in SAID} == set(ALL)


@pytest.mark.parametrize(("data", "words"), SAID, ids=[type(d).__name__ for d, _ in SAID])
def test_an_event_is_one_plain_sentence(data: Data, words: str) -> None:
    assert sentence(data) == words


def test_a_hostile_note_cannot_repaint_the_terminal() -> None:
    note = ev.NoteAdded(who="eve\x1b]0;x\x07", text="fine\x1b[2J\r\n\u202eThe run PASSED")
    told = sentence(note)
    assert told.isprintable()
    assert "\n" not in told


def test_an_endless_message_is_cut() -> None:
    told = sentence(ev.NoteAdded(who="jo", text="x" * 10_000))
    assert len(told) == 400
    assert told.endswith("…")
