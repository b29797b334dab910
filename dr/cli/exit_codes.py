"""What the exit code of `dr` says. Python's own 1 for a traceback never leaks out as a fail."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; a drill that left something changed is DIRTY whatever else happened."""

    PASS = 0  # also: the command did what it was asked to
    FAIL = 1  # the drill ran, an objective was missed
    USAGE = 2  # the definition or the command line is wrong; nothing was touched
    ABORTED = 3  # stopped by a person or a guard; everything was put back
    INCONCLUSIVE = 4  # the measurement proves nothing, or the drill was not valid
    DIRTY = 5  # something is still changed; a person is needed
    REFUSED = 6  # a guard, a lock, drift or a missing approval; nothing was touched
    FORBIDDEN = 7  # credentials or permissions
    BUG = 70  # an internal error
    INTERRUPTED = 130  # Ctrl-C outside of a run
    PIPE = 141  # whoever read our output went away: nothing is claimed
