"""The findings of a run as they stand, from its files."""

from dr.core.seal import SEAL_FILE
from dr.core.tracking import changes_in, owed, tracked
from dr.model.errors import Refused
from dr.model.result import Result
from dr.model.tracked import FILE, TrackedFinding
from dr.stores.rundir import RunDir


def findings_of(run: RunDir) -> tuple[tuple[TrackedFinding, ...], list[str]]:
    """Return the findings of a sealed run, and what is wrong with its addenda. Raises Refused."""
    if not (run.path / SEAL_FILE).is_file():
        raise Refused(f"{run.id} is not sealed yet: its findings are not known")
    files = {
        path.relative_to(run.path).as_posix(): path.read_bytes()
        for path in (run.path / "addenda").glob(f"*/{FILE}")
    }
    changes, wrong = changes_in(run.id, files)
    return tracked(run.id, owed(result_of(run)), changes), wrong


def result_of(run: RunDir) -> Result | None:
    """Return the recorded result; None for a run that has none. Raises Refused if it is not one."""
    try:
        return Result.model_validate_json((run.path / "result.json").read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise Refused(f"{run.id}: result.json is no result: {error}") from error


def found(known: tuple[TrackedFinding, ...], name: str) -> TrackedFinding:
    """Return a finding by its id. Raises Refused."""
    for one in known:
        if one.id == name.upper():
            return one
    raise Refused(f"there is no finding {name!r}; `dr findings list RUN --all` names them")
