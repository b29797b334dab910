"""How a run ended → the exit code."""

from dr.cli.exit_codes import Exit
from dr.core.fold import Run
from dr.model.progress import World
from dr.model.result import Result
from dr.model.verdict import Verdict

_OF_VERDICT = {
    Verdict.PASS: Exit.PASS,
    Verdict.FAIL: Exit.FAIL,
    Verdict.ABORTED: Exit.ABORTED,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
    Verdict.INVALID: Exit.INCONCLUSIVE,
}


def exit_code(run: Run, result: Result | None) -> int:
    """Return the exit code; left dirty wins over everything."""
    if run.closed is not None and run.closed.left:
        return Exit.DIRTY
    if run.closed is not None and run.closed.ending == "refused":
        failures = [s.failure.world for s in run.forward.values() if s.failure is not None]
        return Exit.FORBIDDEN if World.FORBIDDEN in failures else Exit.REFUSED
    return _OF_VERDICT[result.verdict] if result is not None else Exit.INCONCLUSIVE
