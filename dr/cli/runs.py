"""`dr run`, `dr resume`, `dr abort`: the commands that own a run."""

import contextlib
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from dr.cli import answers, occurring, stages
from dr.cli.catalogue import kinds
from dr.cli.exit_codes import Exit
from dr.cli.files import read_drill
from dr.cli.home import home
from dr.cli.outcome import exit_code
from dr.cli.safety import refuse_if_engaged
from dr.cli.session import Session, reopen
from dr.cli.stage import FILE as STAGE_FILE
from dr.cli.view.base import View
from dr.cli.view.choose import choose
from dr.cloud.clock import Clock
from dr.core.planning import plan as plan_of
from dr.engine.run import Abandoned
from dr.engine_ports import Conflict
from dr.model.errors import Refused
from dr.model.plan import Plan
from dr.stores.locks import FileLock
from dr.stores.rundir import Home, RunDir, whoami

TOLD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON lines on stdout.")
quiet_ = click.option("--quiet", is_flag=True, help="Print the verdict only.")
no_input_ = click.option("--no-input", is_flag=True, help="Never ask at the terminal.")


@click.command()
@click.argument("drill", type=click.Path(path_type=Path))
@click.option("--sandbox", is_flag=True, help="Rehearse in the sandbox; nothing real is touched.")
@click.option("--confirm", metavar="ENVIRONMENT", help="The environment's name, instead of typing.")
@click.option("--approve", multiple=True, metavar="STEP", help="Approve this step in advance.")
@click.option(
    "--occurrence", metavar="KEY", help="Begin this occurrence of a schedule, if nobody has."
)
@as_json
@quiet_
@no_input_
def run(  # noqa: PLR0913 - one parameter per option
    drill: Path,
    *,
    sandbox: bool,
    confirm: str | None,
    approve: tuple[str, ...],
    occurrence: str | None,
    as_json: bool,
    quiet: bool,
    no_input: bool,
) -> int:
    """Run a drill: break something on purpose, recover, measure, put everything back."""
    parsed = read_drill(drill)
    planned = plan_of(parsed, kinds(), simulated=sandbox)
    if not sandbox:
        _confirmable(planned, confirm, no_input=no_input)
    place = home().ready()
    refuse_if_engaged(place.path)
    with contextlib.ExitStack() as stack:
        key = stack.enter_context(occurring.taken(place, parsed.drill.drill, occurrence))
        stage = stack.enter_context(stages.opened(parsed.drill, drill, sandbox=sandbox))
        bound = stages.bound_plan(planned, stage, parsed)
        if not sandbox and confirm is None:
            _confirmed(bound)
        stack.enter_context(_service(place, bound))
        directory = place.create(
            bound, drill.read_bytes(), started_by=whoami(), clock=Clock(), occurrence=key
        )
        directory.write(STAGE_FILE, stage.to_json())
        view = choose(json=as_json, quiet=quiet, stream=sys.stderr)
        session = Session(directory, stage, view)
        with answers.asking(directory, view, advance=approve, terminal=not no_input):
            return _owned(directory, session, "start")


@click.command()
@click.argument("run_id", metavar="RUN")
@as_json
@quiet_
@no_input_
def resume(run_id: str, *, as_json: bool, quiet: bool, no_input: bool) -> int:
    """Go on with a run whose process died: look, resolve doubts, finish."""
    refuse_if_engaged(home().path)
    directory = home().run(run_id)
    view = choose(json=as_json, quiet=quiet, stream=sys.stderr)
    session = _reopened(directory, view)
    with (
        _service(home().ready(), session.plan),
        answers.asking(directory, view, advance=(), terminal=not no_input),
    ):
        return _owned(directory, session, "resume")


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("-m", "--message", default="aborted", help="Why.")
@as_json
@quiet_
def abort(run_id: str, *, message: str, as_json: bool, quiet: bool) -> int:
    """Stop a run and put everything back, whether its process lives or not."""
    directory = home().run(run_id)
    if answers.owned(directory):
        answers.post(directory, {"what": "stop", "who": whoami(), "text": message})
        click.echo("asked its process to stop and undo; `dr watch` follows it", err=True)
        return Exit.PASS
    view = choose(json=as_json, quiet=quiet, stream=sys.stderr)
    session = _reopened(directory, view)
    session.engine.stop(whoami(), message)
    return _owned(directory, session, "abort")


def _service(place: Home, plan: Plan) -> FileLock:
    """Take the lock of a plan's service: two drills would measure each other's damage."""
    path = place.path / "locks" / f"service-{plan.service}"
    return FileLock(path, f"the service {plan.service}").take(f"a drill by {whoami()}")


def _reopened(directory: RunDir, view: View) -> Session:
    session = reopen(directory, view)
    if not session.journal.events():
        raise Refused(f"{directory.id} never began: nothing was touched")
    if session.stage.simulated and not answers.reachable(session.stage):
        raise Refused(
            f"the sandbox that {directory.id} was rehearsed in is gone, and everything in it; "
            "there is nothing to put back"
        )
    return session


def _owned(directory: RunDir, session: Session, why: str) -> int:
    """Own a run until its end: its lock, its signals, its evidence, its exit code."""
    with (
        answers.owner_lock(directory).take(f"{whoami()}"),
        _signals(session),
    ):
        try:
            if why == "start":
                session.begin(whoami())
            state = session.go(why)
        except Abandoned:
            session.close(None)
            return _left_open(directory, session, Exit.ABORTED)
        except Conflict as error:
            raise Refused(f"{error}; this process has stopped and touches nothing more") from error
        except (OSError, sqlite3.OperationalError) as error:
            # Without a journal nothing may be done; the run itself is none the worse for it.
            click.echo(f"the run cannot be written down: {error}", err=True)
            return _left_open(directory, session, Exit.INCONCLUSIVE)
    result = session.result()
    session.close(result)
    return exit_code(state, result)


def _left_open(directory: RunDir, session: Session, clean: Exit) -> int:
    """Say exactly what is left by a process that ends before its run; `clean` if it is nothing."""
    from dr.core.fold import fold

    state = fold(session.plan, session.journal.events())
    open_ = [step for step in state.to_undo() if not state.undo[step].over]
    if open_:
        click.echo("stopped without putting back:", err=True)
    for step in open_:
        intent = state.forward[step].intent
        click.echo(f"  {step}: {intent.change if intent is not None else ''}", err=True)
    id_ = directory.id
    click.echo(f"`dr resume {id_}` goes on with it, `dr abort {id_}` puts it back", err=True)
    return Exit.DIRTY if open_ else clean


@contextlib.contextmanager
def _signals(session: Session) -> Iterator[None]:
    """First Ctrl-C, SIGTERM or hang-up: stop and undo. Second: let go at once."""
    told = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal told
        told += 1
        if told == 1:
            session.engine.stop(whoami(), signal.Signals(number).name)
        else:
            session.engine.abandon()

    before = {s: signal.signal(s, handle) for s in TOLD}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _confirmable(plan: Plan, given: str | None, *, no_input: bool) -> None:
    """Refuse a live run that nobody confirms, before Terraform or AWS is asked anything."""
    if given is not None:
        if given != plan.environment:
            raise Refused(f"this drill is for {plan.environment!r}, not for {given!r}")
    elif no_input or not sys.stdin.isatty():
        raise Refused(
            f"a live run in {plan.environment!r} must be confirmed: --confirm {plan.environment}"
        )


def _confirmed(plan: Plan) -> None:
    """Have the environment's name typed, with what will be touched above it."""
    where = ", ".join(f"{s.account} {s.region}" for s in plan.sites.values())
    click.echo(f"{plan.title}\nThis is LIVE: {plan.environment} ({where})", err=True)
    for step in plan.steps:
        if step.needs and not step.id.startswith("dr-"):
            click.echo(f"  {step.phase.value:8} {step.id}: {step.kind}", err=True)
    typed = click.prompt("Type the name of the environment to go on", err=True, default="")
    if typed != plan.environment:
        raise Refused("not confirmed")
