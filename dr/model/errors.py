"""Errors, sorted by what they say of the world: that is what a caller must decide on.

An exception class never decides the fate of the process; only `dr.cli` exits.
"""

from dr.model.diagnostic import Diagnostic


class DrError(Exception):
    """Something `dr` foresaw. A bug is not one of these."""


class DefinitionError(DrError):
    """The definition (a drill, a schedule) is wrong; nothing was touched."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Carry every problem found, sorted by place."""
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics


class Refused(DrError):
    """Not attempted; nothing changed."""


class Forbidden(Refused):
    """Not attempted or rejected for want of credentials or permission; nothing changed."""


class Failed(DrError):
    """Attempted, and definitely rejected."""


class Unclear(DrError):
    """Attempted, and not known whether it happened. Look; never repeat blindly."""


class SimulatorUnsupported(Refused):
    """The sandbox does not implement this call, so a rehearsal of it would prove nothing."""
