"""Looking at runs and talking to them: status, watch, show, list, note, approve, resolve."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from dr.cli import answers
from dr.cli.evidence import page_of
from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.view.choose import choose
from dr.cli.view.follow import Follower
from dr.cli.watchdog import told as watchdog_told
from dr.cloud.clock import Clock
from dr.core.approvals import turned_down
from dr.core.fold import Run, fold
from dr.core.lines import Broken
from dr.model.errors import Refused
from dr.model.event import Event, Way
from dr.model.reading import Sample
from dr.model.result import Result
from dr.observer.spec import PROBES_FILE, SAMPLES_DIR
from dr.observer.tail import Tail
from dr.report.untrusted import clean
from dr.report.words import sentence
from dr.stores.rundir import RunDir, whoami

TICK_S = 0.25
as_json_ = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
plan_ = click.option("--plan", metavar="SHA256", help="The plan that the answer is given for.")
message_ = click.option("-m", "--message", default="", help="What to say with it.")


@click.command()
@click.argument("run_id", metavar="RUN", default="last")
@as_json_
def status(run_id: str, *, as_json: bool) -> int:
    """Say where a run stands, and what it waits for."""
    directory = home().run(run_id)
    facts = _facts(directory)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=True, indent=2))
        return Exit.PASS
    for name, value in facts.items():
        if value not in (None, [], ""):
            shown = "; ".join(map(str, value)) if isinstance(value, list) else value
            click.echo(f"{name:10} {clean(str(shown))}")
    return Exit.PASS


@click.command()
@click.argument("run_id", metavar="RUN", default="last")
@as_json_
def watch(run_id: str, *, as_json: bool) -> int:
    """Follow a run until it is closed; Ctrl-C stops watching, not the run."""
    directory = home().run(run_id)
    view = choose(json=as_json, quiet=False, stream=sys.stderr)
    plan, clock = directory.plan(), Clock()
    follower = Follower(plan)
    samples: dict[str, list[Sample]] = {probe.id: [] for probe in plan.probes}
    tail = Tail.of_samples(directory.path / SAMPLES_DIR / PROBES_FILE)
    closed = False
    try:
        for events in _growing(directory, clock):
            for event in events:
                follower.event(event)
                view.event(event)
                closed = closed or event.data.type == "run.closed"
            for sample in tail.new():
                samples.setdefault(sample.probe, []).append(sample)
            view.tick(follower.shot(clock.mono_us(), samples))
            if closed:
                break
    except KeyboardInterrupt:
        pass
    view.close(_result(directory) if closed else None, directory.path)
    return Exit.PASS


@click.command()
@click.argument("run_id", metavar="RUN", default="last")
@as_json_
@click.option("--events", is_flag=True, help="Print every event.")
def show(run_id: str, *, as_json: bool, events: bool) -> int:
    """Show the result of a run, or its journal in words."""
    directory = home().run(run_id)
    result = _result(directory)
    if as_json:
        lines = directory.journal(Clock()).lines() if events else []
        for line in lines:
            click.echo(line.decode())
        if not events:
            click.echo(json.dumps(result.as_json() if result is not None else None))
        return Exit.PASS
    if result is not None and not events:
        from dr.report.text import summary

        click.echo(summary(page_of(directory)))
        return Exit.PASS
    for event in directory.journal(Clock()).events():
        click.echo(f"{event.t}  {clean(sentence(event.data))}")
    return Exit.PASS


@click.command()
@as_json_
def list_(*, as_json: bool) -> int:
    """List the runs, oldest first."""
    rows = [_row(directory) for directory in home().runs()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=True, indent=2))
        return Exit.PASS
    for row in rows:
        mark = "SIMULATED" if row["simulated"] else ""
        click.echo(f"{row['run']:32} {row['started'][:19]:20} {row['state']:14} {mark}".rstrip())
    if not rows:
        click.echo("no runs yet", err=True)
    return Exit.PASS


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("text")
def note(run_id: str, text: str) -> int:
    """Add a note to a run: what people saw and did."""
    return _tell(run_id, {"what": "note", "who": whoami(), "text": text})


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("step")
@message_
@plan_
def approve(run_id: str, step: str, message: str, plan: str | None) -> int:
    """Approve a step that waits for it."""
    return _answer(run_id, step, "approve", message, plan)


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("step")
@message_
@plan_
def deny(run_id: str, step: str, message: str, plan: str | None) -> int:
    """Deny a step that waits for approval: the run stops and undoes."""
    return _answer(run_id, step, "deny", message, plan)


@click.command()
@click.argument("run_id", metavar="RUN")
@click.argument("step")
@click.argument("answer", type=click.Choice(["happened", "not-happened", "retry"]))
def resolve(run_id: str, step: str, answer: str) -> int:
    """Say of a held step whether it happened."""
    return _tell(run_id, {"what": "resolve", "step": step, "answer": answer, "who": whoami()})


def _answer(run_id: str, step: str, answer: str, message: str, plan: str | None) -> int:
    """Answer a gate; an answer that would not count is refused here already."""
    directory = home().run(run_id)
    body = answers.answer_of(directory, step, answer, f"dr {answer}", message)
    body["plan"] = plan or body["plan"]
    run = _folded(directory)
    why = turned_down(run, step, answer, whoami(), str(body["plan"]))
    if why is not None and run.closed is None:
        raise Refused(why)
    return _tell(directory.id, body)


def _tell(run_id: str, body: dict[str, Any]) -> int:
    directory = home().run(run_id)
    run = _folded(directory)
    if run.closed is not None:
        click.echo(f"{directory.id} is closed; nothing can be added to it", err=True)
        return Exit.REFUSED
    answers.post(directory, body)
    if not answers.owned(directory):
        click.echo(f"nobody owns {directory.id}; `dr resume` will read this", err=True)
    return Exit.PASS


def _growing(directory: RunDir, clock: Clock) -> Iterator[list[Event]]:
    journal = directory.journal(clock)
    seq = 0
    while True:
        events = journal.since(seq)
        seq = events[-1].seq if events else seq
        yield events
        clock.sleep(TICK_S)


def _folded(directory: RunDir) -> Run:
    return fold(directory.plan(), directory.journal(Clock()).events())


def _facts(directory: RunDir) -> dict[str, Any]:
    run = _folded(directory)
    owned = answers.owned(directory)
    phase = run.current_phase()
    follower = Follower(run.plan)
    for event in directory.journal(Clock()).events():
        follower.event(event)
    shot = follower.shot(Clock().mono_us(), {})
    in_doubt = [s for s, state in run.forward.items() if state.status.value in ("doubted", "held")]
    return {
        "run": directory.id,
        "drill": run.plan.title,
        "state": _state(run, owned=owned),
        "simulated": run.plan.simulated,
        "phase": phase.value if phase is not None and run.closed is None else None,
        "waiting": [f"{w.prompt} ({w.command})" for w in shot.waiting],
        "in_doubt": in_doubt,
        "stopping": run.stop or run.failed,
        "watchdog": watchdog_told(directory, run),
        "to_undo": [s for s in run.to_undo() if not _undone(run, s)],
        "left": list(run.closed.left) if run.closed is not None else [],
        "directory": str(directory.path),
    }


def _undone(run: Run, step: str) -> bool:
    return run.state(step, Way.UNDO).over


def _state(run: Run, *, owned: bool) -> str:
    if run.closed is not None:
        return run.closed.ending
    return "running" if owned else "interrupted (`dr resume` or `dr abort`)"


def _row(directory: RunDir) -> dict[str, Any]:
    intent = directory.intent()
    result = _result(directory)
    state = result.verdict.value if result is not None else None
    if state is None:
        try:
            state = _state(_folded(directory), owned=answers.owned(directory)).split(" ")[0]
        except (Broken, sqlite3.Error):
            state = "damaged"  # one of many: the others are listed all the same
    return {
        "run": directory.id,
        "started": intent["planned_start"],
        "state": state,
        "simulated": intent["simulated"],
    }


def _result(directory: RunDir) -> Result | None:
    path: Path = directory.path / "result.json"
    return Result.model_validate_json(path.read_bytes()) if path.is_file() else None
