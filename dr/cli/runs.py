"""`dr run`, `dr resume`, `dr abort`: the commands that own a run."""

import contextlib
import secrets
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
from dr.cli.freezing import refuse_if_frozen
from dr.cli.home import home
from dr.cli.locking import Locks, refuse_beside_interrupted
from dr.cli.outcome import exit_code
from dr.cli.safety import refuse_if_engaged
from dr.cli.session import Session, reopen
from dr.cli.stage import FILE as STAGE_FILE
from dr.cli.stamping import stamp_end, stamp_intent
from dr.cli.view.base import View
from dr.cli.view.choose import choose
from dr.cli.watchdog import armed_of, refuse_if_off
from dr.cloud.clock import Clock
from dr.core.approvals import SHORTEST, names, two_person
from dr.core.planning import plan as plan_of
from dr.core.planning import plan_sha256
from dr.engine.run import Abandoned
from dr.engine_ports import Conflict
from dr.model.errors import Refused
from dr.model.gates import APPROVE
from dr.model.plan import Plan
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
@click.option("--plan", metavar="SHA256", help="Refuse unless this is the plan (plan --look).")
@click.option(
    "--occurrence", metavar="KEY", help="Begin this occurrence of a schedule, if nobody has."
)
@as_json
@quiet_
@no_input_
def run(  # noqa: PLR0913 - one argument per option
    drill: Path,
    *,
    sandbox: bool,
    confirm: str | None,
    approve: tuple[str, ...],
    plan: str | None,
    occurrence: str | None,
    as_json: bool,
    quiet: bool,
    no_input: bool,
) -> int:
    """Run a drill: break something on purpose, recover, measure, put everything back.

    With $DR_TSA, the address of a timestamp authority, its intent is stamped before anything is
    touched, and its seal at the end.
    """
    parsed = read_drill(drill)
    planned = plan_of(parsed, kinds(), simulated=sandbox)
    refuse_if_off(planned)
    _approvable(planned, approve)
    if not sandbox:
        _confirmable(planned, confirm, no_input=no_input)
    if not sandbox:
        refuse_if_frozen(planned, home().path, Clock().now())
    place = home().ready()
    refuse_if_engaged(place.path)
    with contextlib.ExitStack() as stack:
        key = stack.enter_context(occurring.taken(place, parsed.drill.drill, occurrence))
        stage = stack.enter_context(stages.opened(parsed.drill, drill, sandbox=sandbox))
        bound = stages.bound_plan(planned, stage, parsed)
        if plan is not None and not names(plan, plan_sha256(bound)):
            raise Refused(f"the plan is {plan_sha256(bound)[:SHORTEST]} by now, not {plan}")
        if not sandbox and confirm is None:
            _confirmed(bound)
        held = _service(stack, place, bound)
        refuse_beside_interrupted(place, bound)
        directory = place.create(
            bound, drill.read_bytes(), started_by=whoami(), clock=Clock(), occurrence=key
        )
        stamp_intent(directory)
        directory.write(STAGE_FILE, stage.to_json())
        view = choose(json=as_json, quiet=quiet, stream=sys.stderr)
        held.become(directory, bound)
        session = Session(directory, stage, view, held)
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
        session.held as locks,
        answers.asking(directory, view, advance=(), terminal=not no_input),
    ):
        locks.service(session.plan.service)
        return _owned(directory, session, "resume")


@click.command()
@click.argument("run_id", metavar="RUN")
@click.option("-m", "--message", default="aborted", help="Why.")
@click.option("--watchdog", "beat", type=int, hidden=True)
@as_json
@quiet_
def abort(run_id: str, *, message: str, beat: int | None, as_json: bool, quiet: bool) -> int:
    """Stop a run and put everything back, whether its process lives or not.

    One that is on its way back already goes on, and ends as what it has measured.
    """
    directory = home().run(run_id)
    if beat is not None:
        return _put_back(directory, beat)
    if answers.owned(directory):
        answers.post(directory, {"what": "stop", "who": whoami(), "text": message})
        click.echo("asked its process to stop and undo; `dr watch` follows it", err=True)
        return Exit.PASS
    view = choose(json=as_json, quiet=quiet, stream=sys.stderr)
    session = _reopened(directory, view)
    session.engine.stop(whoami(), message)
    return _owned(directory, session, "abort")


def _put_back(directory: RunDir, beat: int) -> int:
    """Abort for the watchdog: the owner is gone, or silent since `beat` with its lock in hand.

    A silent owner cannot be asked to let go: the run is adopted without its lock, and the journal
    fences the owner, should it wake.
    """
    armed = armed_of(directory)
    if not armed.silent_since(beat):
        click.echo("somebody has given a sign of life since", err=True)
        return Exit.PASS
    held = answers.owned(directory)
    try:
        session = _reopened(directory, choose(json=False, quiet=True, stream=sys.stderr))
    except Refused:
        armed.disarm(Clock())  # nothing was touched, or all of it is gone
        raise
    if held and session.closed():
        return Exit.PASS  # its owner is still writing the evidence
    session.engine.stop("watchdog", "nobody has given a sign of life")
    return _owned(directory, session, "watchdog", lock=not held)


def _service(stack: contextlib.ExitStack, place: Home, plan: Plan) -> Locks:
    """Hold a plan's service for a run that has no name yet."""
    who = f"a drill by {whoami()}"
    nonce = secrets.token_hex(8)
    held = Locks(place.path, nonce, who, Clock(), simulated=plan.simulated)
    stack.enter_context(held)
    held.service(plan.service)
    return held


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


def _owned(directory: RunDir, session: Session, why: str, *, lock: bool = True) -> int:
    """Own a run until its end: its lock, its signals, its evidence, its exit code."""
    with (
        answers.owner_lock(directory).take(whoami()) if lock else contextlib.nullcontext(),
        _signals(session),
    ):
        session.watchdog.beat()
        try:
            if why == "start":
                session.begin(whoami())
            state = session.go(why)
        except Abandoned:
            session.close(None)
            return _left_open(directory, session, Exit.ABORTED)
        except Conflict as error:
            raise Refused(f"{error}; this process has stopped and touches nothing more") from error
        except (OSError, sqlite3.Error) as error:
            # Without a journal nothing may be done; the run itself is none the worse for it.
            click.echo(f"the run cannot be written down: {error}", err=True)
            return _left_open(directory, session, Exit.INCONCLUSIVE)
    result = session.result()
    session.close(result)
    stamp_end(directory)
    return exit_code(state, result)


def _left_open(directory: RunDir, session: Session, clean: Exit) -> int:
    """Say exactly what is left by a process that ends before its run; `clean` if it is nothing."""
    from dr.core.fold import fold
    from dr.core.lines import Broken

    try:
        state = fold(session.plan, session.journal.events())
    except (Broken, sqlite3.Error) as error:
        click.echo(f"its journal cannot be read, so what is left is not known: {error}", err=True)
        return Exit.DIRTY
    open_ = [step for step in state.to_undo() if not state.undo[step].over]
    if open_:
        click.echo("stopped without putting back:", err=True)
    for step in open_:
        intent = state.forward[step].intent
        click.echo(f"  {step}: {intent.change if intent is not None else ''}", err=True)
    id_ = directory.id
    click.echo(f"`dr resume {id_}` goes on with it, `dr abort {id_}` puts it back", err=True)
    if session.plan.watchdog is not None and armed_of(directory).alive():
        after = session.plan.watchdog.after
        click.echo(f"otherwise its watchdog puts it back {after} from now", err=True)
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


def _approvable(plan: Plan, advance: tuple[str, ...]) -> None:
    """Refuse an approval in advance for what needs none, or needs a second person."""
    waiting = {step.id: step for step in plan.steps if step.kind == APPROVE}
    for name in advance:
        if name not in waiting:
            raise click.UsageError(f"no step {name!r} waits for an approval")
        if two_person(waiting[name]):
            raise click.UsageError(f"{name} must be approved by a second person")


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
