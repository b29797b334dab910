"""What a live view shows: the run followed event by event, and drawn."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from dr.cli.view.follow import Follower
from dr.cli.view.screen import screen
from dr.cli.view.shot import Shot, StepWord
from dr.model import event as ev
from tests.unit import report_data
from tests.unit.report_world import S, at
from tests.unit.view_shots import shot


def words(taken: Shot) -> dict[str, StepWord]:
    return {s.id: s.word for s in taken.steps}


def draw(taken: Shot, width: int = 100, height: int | None = 36) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height or 100, force_terminal=False)
    console.print(screen(taken, (("09:00:00", "go: waiting: [red]Go?"),), width, height))
    return out.getvalue()


def test_a_shot_follows_the_steps() -> None:
    run = report_data.passed()
    early = shot(run, 30)
    assert words(early) == {
        "dark-zone": StepWord.SETTLED,
        "go": StepWord.WAITING,
        "evacuate": StepWord.PENDING,
        "capacity": StepWord.PENDING,
    }
    assert early.waiting[0].prompt == "Zone 1 is dark. Evacuate?"
    assert early.waiting[0].command == "dr approve|deny orders-zone-loss-0007 go"
    assert early.elapsed_us == 30 * S
    acting = shot(run, 100)
    assert words(acting)["evacuate"] is StepWord.ASKED
    assert not acting.waiting
    assert words(shot(run, 150))["capacity"] is StepWord.LOOKING
    assert words(shot(run, 190))["evacuate"] is StepWord.UNDOING
    after = shot(run, 240)
    assert words(after)["dark-zone"] is StepWord.UNDONE
    assert after.phase is None


def test_before_the_fault_no_clock_runs() -> None:
    before = shot(report_data.passed(), -10)
    assert before.elapsed_us is None
    assert "nothing is disrupted yet" in draw(before)


def test_the_clock_stops_at_a_recovery_that_held() -> None:
    run = report_data.passed()
    assert shot(run, 149).recovered_us is None
    taken = shot(run, 170)
    assert taken.recovered_us is not None
    assert at(147) < taken.recovered_us < at(149)
    assert "back, provisionally" in draw(taken)


def test_a_relapse_starts_the_clock_again() -> None:
    run = report_data.passed()
    down = next(s for s in run.samples if s.probe == "storefront" and s.state == "down")
    again = replace(down, sent_us=at(160), due_us=at(160), done_us=at(160.9))
    samples = tuple(sorted((*run.samples, again), key=lambda s: s.sent_us))
    relapsed = shot(replace(run, samples=samples), 161)
    assert relapsed.recovered_us is None
    assert relapsed.elapsed_us == 161 * S


def test_a_stopped_run_waits_for_nobody() -> None:
    taken = shot(report_data.aborted(), 304)
    assert not taken.waiting
    assert words(taken)["go"] is StepWord.LEFT
    assert words(taken)["dark-zone"] is StepWord.UNDOING
    assert "Stopping and undoing" in draw(taken)
    assert "Ctrl-C: stop and undo" not in draw(taken)


def test_a_held_step_says_how_to_answer() -> None:
    run = report_data.passed()
    follower = Follower(run.plan)
    for event in run.events:
        if event.mono_us <= at(100):
            follower.event(event)
    held = ev.StepHeld(step="evacuate", way=ev.Way.FORWARD, question="Did it happen?")
    follower.event(run.events[-1]._replace(data=held, mono_us=at(101)))
    taken = follower.shot(at(102), {})
    assert words(taken)["evacuate"] is StepWord.HELD
    assert taken.waiting[0].prompt == "Did it happen?"
    assert taken.waiting[0].command.startswith("dr resolve orders-zone-loss-0007 evacuate ")


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("height", [16, 24, 50])
def test_the_screen_fits_and_says_what_matters(width: int, height: int) -> None:
    picture = draw(shot(report_data.passed(simulated=True), 30), width, height)
    lines = picture.rstrip("\n").split("\n")
    assert max(len(line) for line in lines) <= width
    assert "SIMULATED" in lines[0]
    assert "Evacuate?" in picture
    assert "RTO 3 min" in picture
    assert "▁" in picture
    assert "█" in picture
    assert "Ctrl-C" in lines[-1]


def test_the_screen_says_live_and_how_far_past_the_target() -> None:
    picture = draw(shot(report_data.missed(), 200))
    assert " LIVE " in picture
    assert "SIMULATED" not in picture
    assert "PAST IT by 0:20" in picture


def test_markup_in_foreign_text_is_shown_not_obeyed() -> None:
    assert "[red]Go?" in draw(shot(report_data.passed(), 30))


def test_many_steps_are_folded_around_the_one_at_work() -> None:
    run = report_data.passed()
    taken = shot(run, 100)
    many = tuple(replace(taken.steps[0], id=f"step-{n}") for n in range(40))
    picture = draw(replace(taken, steps=(*many, *taken.steps)), 100, 30)
    assert "evacuate" in picture
    assert "more steps" in picture
    assert picture.count("\n") <= 30
