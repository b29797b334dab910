"""Writing decisions about schedules into the register."""

from pathlib import Path

from dr.core.decisions import KIND, decisions, note_of, stamp
from dr.core.seal import Damaged
from dr.model.due import Decision
from dr.model.errors import Refused
from dr.stores.register import FILE, Register


def record(home: Path, decision: Decision, schedule_sha256: str, *, once: bool = False) -> bool:
    """Append a decision; once: not if the same was decided about the same before.

    Say whether it was appended. Raises Refused for a reason that no line can hold.
    """
    try:
        note = note_of(decision)
    except ValueError as error:
        raise Refused(str(error)) from error
    with Register(home / FILE).held() as register:
        if once:
            try:
                known = {(one.what, one.key) for one in decisions(register.entries)}
            except Damaged as error:
                raise Refused(f"{home / FILE}: {error}") from error
            if (decision.what, decision.key) in known:
                return False
        at = stamp(decision.at)
        register.append(KIND, (decision.key, 0), schedule_sha256, at, note)
    return True
