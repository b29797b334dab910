"""The views: on a terminal, in a log, for a program."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from dr.cli.view.base import View, closing
from dr.cli.view.choose import choose
from dr.cli.view.jsonlines import JsonLines
from dr.cli.view.live import LiveView
from dr.cli.view.plain import Plain, Quiet, heartbeat
from dr.model import event as ev
from tests.unit import report_data
from tests.unit.report_world import at
from tests.unit.view_shots import shot

HERE = Path("runs/orders-zone-loss-0007")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_plain_lines_carry_the_time_of_the_event_and_its_words() -> None:
    out = io.StringIO()
    view = Plain(out)
    run = report_data.passed(simulated=True)
    for event in run.events:
        view.event(event)
    view.close(run.result, HERE)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("09:00:00Z arn:aws:sts::")
    assert "09:00:34Z go: waiting: Zone 1 is dark. Evacuate?" in lines
    assert "SIMULATED PASS: orders-zone-loss-0007" in lines
    assert lines[-1] == f"  Evidence: {HERE}"
    assert "rto 147.5 \u2013 151.6 s, target 3 min" in out.getvalue()


def test_a_silent_half_minute_gets_one_sign_of_life() -> None:
    out = io.StringIO()
    view = Plain(out)
    run = report_data.passed()
    for event in run.events:
        if event.mono_us <= at(4):
            view.event(event)
    before = out.getvalue()
    waiting = shot(run, 30)
    for quarter in range(4 * 62):
        view.tick(replace(waiting, now_us=at(4 + quarter / 4)))
    beats = out.getvalue()[len(before) :].splitlines()
    assert [b[:9] for b in beats] == ["09:01:04Z", "09:01:34Z"]
    assert "go waiting for 0:30" in beats[0]
    assert "storefront down" in beats[0]
    assert "dr approve|deny orders-zone-loss-0007 go" in beats[0]


def test_a_heartbeat_of_a_stopped_run_says_so() -> None:
    assert heartbeat(shot(report_data.aborted(), 304)).startswith("Stopping and putting")


def test_quiet_says_the_verdict_and_what_is_left_and_nothing_else() -> None:
    out = io.StringIO()
    view = Quiet(out)
    run = report_data.passed()
    for event in run.events:
        view.event(event)
    view.tick(shot(run, 30))
    view.close(run.result, HERE)
    assert out.getvalue() == "PASS: orders-zone-loss-0007\n"
    out = io.StringIO()
    Quiet(out).close(report_data.left_dirty().result, HERE)
    assert "STILL CHANGED" in out.getvalue()


def test_a_run_without_a_result_says_where_its_journal_is() -> None:
    assert closing(None, HERE) == [f"No result. The journal is in {HERE}"]


def test_json_lines_begin_with_the_version_and_end_with_the_result() -> None:
    out = io.StringIO()
    view = JsonLines(out)
    run = report_data.passed()
    hostile = ev.NoteAdded(who="eve", text="\x1b[2J\u202e")
    events = (*run.events, run.events[-1]._replace(data=hostile))
    for event in events:
        view.event(event)
    view.tick(shot(run, 30))
    view.close(run.result, HERE)
    assert out.getvalue().replace("\n", "").isprintable()
    assert out.getvalue().isascii()
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert lines[0]["type"] == "version"
    assert lines[0]["schema"] == "1.0"
    assert [line["type"] for line in lines[1:-1]] == [e.data.type for e in events]
    assert set(lines[1]) == {"type", "seq", "time", "mono_us", "run", "data"}
    assert lines[1]["seq"] == 1
    assert lines[-1] == {
        "type": "result",
        "directory": str(HERE),
        "result": run.result.as_json(),
    }


@pytest.mark.parametrize("environ", [{"CI": "true"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
def test_a_terminal_that_cannot_redraw_gets_lines(environ: dict[str, str]) -> None:
    given = {"TERM": "xterm", **environ} if environ else {}
    view = choose(json=False, quiet=False, stream=Terminal(), environ=given)
    assert isinstance(view, Plain)


def test_the_view_fits_the_stream() -> None:
    xterm = {"TERM": "xterm-256color"}
    kinds: list[tuple[View, type]] = [
        (choose(json=False, quiet=False, stream=Terminal(), environ=xterm), LiveView),
        (choose(json=False, quiet=False, stream=io.StringIO(), environ=xterm), Plain),
        (choose(json=False, quiet=True, stream=Terminal(), environ=xterm), Quiet),
        (
            choose(json=True, quiet=True, stream=Terminal(), out=io.StringIO(), environ=xterm),
            JsonLines,
        ),
    ]
    for view, kind in kinds:
        assert type(view) is kind


def test_the_live_view_draws_and_leaves_the_end_on_the_screen() -> None:
    out = Terminal()
    console = Console(file=out, width=100, height=40, force_terminal=True, color_system=None)
    view = LiveView(out, console)
    run = report_data.left_dirty()
    for event in run.events:
        view.event(event)
    view.tick(shot(run, 240))
    view.close(run.result, HERE)
    end = out.getvalue()
    assert "orders-zone-loss-0007" in end
    assert "STILL CHANGED, somebody must put this right:" in end
    assert end.rstrip().endswith(f"Evidence: {HERE}")


def test_a_run_that_ends_before_its_first_tick_still_ends_well() -> None:
    out = Terminal()
    console = Console(file=out, width=100, height=40, force_terminal=True, color_system=None)
    LiveView(out, console).close(None, HERE)
    assert "No result" in out.getvalue()


def test_without_a_terminal_neither_rich_nor_jinja_is_loaded() -> None:
    code = (
        "import sys, io, dr.cli.view.choose as c, dr.cli.view.follow, dr.report.page, "
        "dr.report.html, dr.report.text\n"
        "c.choose(json=False, quiet=False, stream=io.StringIO(), environ={})\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'rich', 'jinja2', 'boto3'}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
