"""The findings of a run as they stand, from its files."""

from dr.core.seal import ADDENDUM_FILE, SEAL_FILE, Damaged, parse_addendum
from dr.core.tracking import changes_in, owed, tracked
from dr.model.errors import Refused
from dr.model.result import Result
from dr.model.tracked import FILE, TrackedFinding
from dr.stores.files import sha256_of
from dr.stores.register import FILE as REGISTER_FILE
from dr.stores.register import Register
from dr.stores.rundir import RunDir


def findings_of(run: RunDir) -> tuple[tuple[TrackedFinding, ...], list[str]]:
    """Return the findings of a sealed run, and what is wrong with its addenda. Raises Refused."""
    if not (run.path / SEAL_FILE).is_file():
        raise Refused(f"{run.id} is not sealed yet: its findings are not known")
    files, strayed = _registered(run)
    changes, wrong = changes_in(run.id, files)
    return tracked(run.id, owed(result_of(run)), changes), strayed + wrong


def _registered(run: RunDir) -> tuple[dict[str, bytes], list[str]]:
    """Return the changes that the register knows of, by name, and what lies beside them.

    A finding is not closed by whoever can write a file into a directory.
    """
    entries = Register(run.path.parent.parent / REGISTER_FILE).entries()
    known = {e.note: e.sha256 for e in entries if e.run_id == run.id and e.kind == "addendum"}
    files: dict[str, bytes] = {}
    strayed: list[str] = []
    for path in sorted((run.path / "addenda").glob(f"*/{FILE}")):
        name, content = path.relative_to(run.path).as_posix(), path.read_bytes()
        text = path.with_name(ADDENDUM_FILE)
        try:
            holds = sha256_of(text) == known.get(text.relative_to(run.path).as_posix())
            holds = holds and parse_addendum(text.read_bytes()).file_sha256 == sha256_of(path)
        except (OSError, Damaged):
            holds = False
        if holds:
            files[name] = content
        else:
            strayed.append(f"{name} is not what was registered; see `dr verify {run.id}`")
    return files, strayed


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
