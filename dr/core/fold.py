"""Events → the state of a run. The only way to know where a run stands.

`Run` is built by `fold` and moved on by `advance`, one event at a time; whoever holds it must not
change it otherwise. Running, resuming, aborting and undoing all start from here: there is no
other state. Each prefix of a journal folds.
"""

from collections.abc import Iterable

from dr.core.advance import advance
from dr.core.state import NOTHING, OVER, PHASES, Run, Status, StepState, begin
from dr.model.event import Event
from dr.model.plan import Plan

__all__ = ["NOTHING", "OVER", "PHASES", "Run", "Status", "StepState", "advance", "begin", "fold"]


def fold(plan: Plan, events: Iterable[Event]) -> Run:
    """Return the state after these events."""
    run = begin(plan)
    for event in events:
        advance(run, event)
    return run
