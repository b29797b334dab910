"""`dr findings`: what becomes of what a drill found, as sealed addenda."""

import json
from pathlib import Path

import click

from dr.cli.exit_codes import Exit
from dr.cli.home import home
from dr.cli.sealing import key_, signing_key
from dr.cli.tracking import findings_of, found
from dr.cloud.clock import Clock
from dr.core.canonical import canonical
from dr.core.seal import SEAL_FILE
from dr.core.tracking import cannot_close, is_day, next_id
from dr.model.errors import Refused
from dr.model.tracked import FILE, FindingChange, FindingState, TrackedFinding
from dr.model.verdict import Severity
from dr.report.untrusted import clean
from dr.stores.keys import RUNNER
from dr.stores.rundir import RunDir, whoami

as_ = click.option("--as", "name", default=RUNNER, show_default=True, help="Name of the key.")
why_ = click.option("-m", "--message", "why", help="Why.")


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not is_day(value):
        raise click.BadParameter(f"{value!r} is no day; write YYYY-MM-DD")
    return value


@click.group()
def findings() -> None:
    """Follow up what drills have found: actions, owners, due dates, retests, accepted risks."""


@findings.command("list")
@click.argument("run_id", metavar="RUN", required=False)
@click.option("--all", "every", is_flag=True, help="Also those that are closed or only noted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(run_id: str | None, *, every: bool, as_json: bool) -> int:
    """List the findings of a run, or of all runs: those that somebody still owes something."""
    runs = home().runs() if run_id is None else [home().run(run_id)]
    rows: list[TrackedFinding] = []
    for run in runs:
        if run_id is None and not (run.path / SEAL_FILE).is_file():
            continue
        known, wrong = findings_of(run)
        for text in wrong:
            click.echo(f"{run.id}: {clean(text)}", err=True)
        rows += [one for one in known if every or _owed(one)]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in rows], indent=2))
        return Exit.PASS
    today = Clock().stamp()[:10]
    for one in rows:
        click.echo("\n".join(_lines(one, today)))
    if not rows:
        click.echo("none" if every else "none that is open", err=True)
    return Exit.PASS


def _owed(one: TrackedFinding) -> bool:
    return one.state in {FindingState.OPEN, FindingState.ACCEPTED}


def _lines(one: TrackedFinding, today: str) -> list[str]:
    late = " OVERDUE" if one.overdue(today) else ""
    what = clean(f"{one.code} {one.text}".strip())
    lines = [
        f"{one.run_id} {one.id:4} {one.state.value}{late}  {one.severity.value:7} {what}",
    ]
    said = {
        "action": one.action, "owner": one.owner, "due": one.due, "retest": one.retest,
        "accepted by": one.accepted_by, "until": one.accepted_until, "why": one.why,
    }  # fmt: skip
    lines += [f"     {name}: {clean(value)}" for name, value in said.items() if value]
    return lines


@findings.command("set")
@click.argument("run_id", metavar="RUN")
@click.argument("finding", metavar="FINDING|new")
@click.option("--text", help="What was found; of a finding that the run did not make itself.")
@click.option("--severity", type=click.Choice([s.value for s in Severity]), help="Of such a one.")
@click.option("--action", help="What is to be done.")
@click.option("--owner", help="Who does it.")
@click.option("--due", metavar="YYYY-MM-DD", callback=_day, help="By when.")
@click.option("--reopen", is_flag=True, help="It was closed, and should not have been.")
@why_
@as_
@key_
def set_(run_id: str, finding: str, **said: object) -> int:
    """Say what is to be done about a finding, by whom and by when; or add a finding (`new`)."""
    name, key, reopen = said.pop("name"), said.pop("key"), said.pop("reopen")
    told = {k: v for k, v in said.items() if v is not None}
    if not told and not reopen:
        raise click.UsageError("nothing is said of it; see `dr findings set --help`")
    run = home().run(run_id)
    known, _ = findings_of(run)
    if finding == "new":
        if "text" not in told:
            raise click.UsageError("a new finding needs --text")
        id_ = next_id(known)
        told.setdefault("severity", Severity.WARNING.value)
    else:
        one = found(known, finding)
        id_ = one.id
        if one.code and told.keys() & {"text", "severity"}:
            raise Refused(f"{one.id} was found by the run: its text and severity are sealed")
    if "severity" in told:
        told["severity"] = Severity(str(told["severity"]))
    if reopen:
        told["state"] = FindingState.OPEN
    return _add(run, id_, told, signing=(name, key))


@findings.command("close")
@click.argument("run_id", metavar="RUN")
@click.argument("finding", metavar="FINDING")
@click.option("--retest", metavar="RUN", help="The run that has tested it again, and passed.")
@click.option("--accept-risk", metavar="WHO", help="Who accepts the risk instead.")
@click.option("--until", metavar="YYYY-MM-DD", callback=_day, help="Until when it is accepted.")
@why_
@as_
@key_
def close(
    run_id: str,
    finding: str,
    *,
    accept_risk: str | None,
    until: str | None,
    why: str | None,
    **rest: object,
) -> int:
    """End a finding: by a retest that passed, by accepting the risk, or with a reason.

    An error is ended by a retest or an accepted risk only. An accepted risk has a day on which
    somebody must look at it again.
    """
    run = home().run(run_id)
    one = found(findings_of(run)[0], finding)
    retest = str(rest["retest"]) if rest["retest"] is not None else None
    signing = rest["name"], rest["key"]
    if accept_risk is not None:
        if until is None or not why or retest is not None:
            raise click.UsageError("an accepted risk needs --until and a reason (-m), no --retest")
        told = {"state": FindingState.ACCEPTED, "accepted_by": accept_risk}
        return _add(run, one.id, {**told, "accepted_until": until, "why": why}, signing)
    if until is not None:
        raise click.UsageError("--until goes with --accept-risk")
    wrong = cannot_close(one, retest, why)
    if wrong:
        raise Refused(wrong)
    closed: dict[str, object] = {"state": FindingState.CLOSED, "why": why}
    if retest is not None:
        closed.update(_retest(run, home().run(retest)))
    return _add(run, one.id, closed, signing)


def _retest(run: RunDir, again: RunDir) -> dict[str, object]:
    """Return what names a retest. Raises Refused unless it passed, later, the same drill."""
    from dr.stores.additions import finished
    from dr.stores.files import sha256_of

    first, second = finished(run), finished(again)
    if second.drill != first.drill:
        raise Refused(f"{again.id} is a run of {second.drill}, not of {first.drill}")
    if second.started <= first.ended:
        raise Refused(f"{again.id} began before {run.id} had ended")
    if second.overall != "pass":
        raise Refused(f"{again.id} did not pass: {second.overall}")
    if first.evidence == "real" and second.evidence != "real":
        raise Refused(f"{again.id} was a rehearsal; it says nothing of the real systems")
    return {"retest": again.id, "retest_seal_sha256": sha256_of(again.path / SEAL_FILE)}


def _add(run: RunDir, id_: str, told: dict[str, object], signing: tuple[object, object]) -> int:
    from dr.stores.additions import add

    clock, (name, path) = Clock(), signing
    change = FindingChange(
        run_id=run.id, finding=id_, by=whoami(), at=clock.stamp(), **told  # type: ignore[arg-type]
    )  # fmt: skip
    key = signing_key(str(name), path if isinstance(path, Path) else None)
    content = canonical(change.model_dump(mode="json", by_alias=True, exclude_none=True))
    made = add(run, home().path, FILE, content, f"finding {id_}", key, clock)
    click.echo(f"{id_} {run.path / f'addenda/{made.number:04d}'}")
    return Exit.PASS
