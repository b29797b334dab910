"""What became of every registered run, from the register and the files of this home."""

from typing import Final

from dr.cli.home import home
from dr.cli.tracking import findings_of, result_of
from dr.core.seal import Entry
from dr.model.errors import Refused
from dr.model.portfolio import Ending, Outcome
from dr.stores.register import FILE, Register
from dr.stores.rundir import RunDir
from dr.stores.sealing import sealed


def registered() -> list[Entry]:
    """Return the register of this home."""
    return Register(home().path / FILE).entries()


def outcomes(entries: list[Entry], *, checked: bool = False) -> list[Outcome]:
    """Return one outcome per registered run. checked: say of each whether its evidence holds."""
    there = {run.id: run for run in home().runs()}
    found = []
    for entry in entries:
        if entry.kind == "intent":
            mine = [e for e in entries if e.run_id == entry.run_id]
            found.append(_outcome(entry, mine, there.get(entry.run_id), checked=checked))
    return found


def outcome_of(run: RunDir) -> Outcome:
    """Return what became of one run. Raises Refused for one that was never registered."""
    for one in outcomes([e for e in registered() if e.run_id == run.id]):
        return one
    raise Refused(f"{run.id} was never registered")


def _outcome(intent: Entry, mine: list[Entry], run: RunDir | None, *, checked: bool) -> Outcome:
    ending = _ending(mine, run)
    said: dict[str, object] = {
        "run_id": intent.run_id, "run_no": intent.run_no, "registered": intent.t,
        "ending": ending, "drill": intent.run_id[:-5], "verdict": ending.value,
    }  # fmt: skip
    if run is None:
        return Outcome(**said)  # type: ignore[arg-type]
    try:
        said.update(_from_files(run, ending))
        said["wrong"] = _wrong(run) if checked and ending is not Ending.OPEN else ""
    except (Refused, OSError, ValueError) as error:
        said["wrong"] = str(error)
    return Outcome(**said)  # type: ignore[arg-type]


def _ending(mine: list[Entry], run: RunDir | None) -> Ending:
    seals = [e for e in mine if e.kind == "seal"]
    if any(e.kind == "abandoned" for e in mine):
        return Ending.ABANDONED
    if not seals:
        return Ending.OPEN
    if run is None:
        return Ending.MISSING
    return Ending.COMPLETE if seals[-1].note == "complete" else Ending.INCOMPLETE


def _from_files(run: RunDir, ending: Ending) -> dict[str, object]:
    plan = run.plan()
    found: dict[str, object] = {
        "drill": plan.drill, "title": plan.title, "service": plan.service,
        "scenario": plan.scenario, "environment": plan.environment,
        "definition": plan.definition_sha256, "simulated": plan.simulated,
    }  # fmt: skip
    if ending not in {Ending.COMPLETE, Ending.INCOMPLETE}:
        return found
    made = sealed(run)
    if made is None:
        raise Refused("its seal is gone")
    found.update(started=made.started, ended=made.ended, findings=findings_of(run)[0])
    result = result_of(run)
    if ending is Ending.COMPLETE and result is not None:
        found.update(
            verdict=result.verdict.value, objectives=result.objectives, dirty=bool(result.left)
        )
    return found


def _wrong(run: RunDir) -> str:
    """Return the first check that does not hold; "" if all do. Completeness is told elsewhere."""
    from dr.cli.verifying import own_checks

    failed = [one for one in own_checks(run) if one.ok is False and one.number != ANSWERED]
    return failed[0].text if failed else ""


ANSWERED: Final = 14
"""The check that every run has an outcome: one gap in a register is not a fault of each run."""
