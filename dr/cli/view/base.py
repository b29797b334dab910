"""What every way of showing a run can do."""

from pathlib import Path
from typing import Protocol

from dr.cli.view.shot import Shot
from dr.model.event import Event
from dr.model.result import Result
from dr.report.numbers import MS_US, interval, length
from dr.report.untrusted import clean, sentence_case


class View(Protocol):
    """Shows a run while it goes on."""

    def event(self, event: Event) -> None:
        """Show that something happened."""

    def tick(self, shot: Shot) -> None:
        """Show the run as it is now; called about four times a second."""

    def close(self, result: Result | None, directory: Path) -> None:
        """Show how it ended; `directory` holds the evidence. None: there is no result."""


def closing(result: Result | None, directory: Path) -> list[str]:
    """Return the last lines: the verdict, each objective, what is left, where the evidence is."""
    if result is None:
        return [f"No result. The journal is in {clean(str(directory))}"]
    mark = "SIMULATED " if result.simulated else ""
    lines = [f"{mark}{result.verdict.value.upper()}: {clean(result.run_id)}"]
    for objective in result.objectives:
        target = objective.target_ms * MS_US
        achieved = "not measured"
        if objective.achieved is not None:
            high = objective.achieved.upper_ms
            upper = None if high is None else high * MS_US
            achieved = interval(objective.achieved.lower_ms * MS_US, upper, target)
        lines.append(
            f"  {objective.verdict.value}: {clean(objective.id)} {achieved}, "
            f"target {length(target)}. {sentence_case(objective.why)}".rstrip()
        )
    if result.left:
        lines.append("  STILL CHANGED, somebody must put this right:")
        lines += [f"    - {clean(text)}" for text in result.left]
    lines.append(f"  Evidence: {clean(str(directory))}")
    return lines
