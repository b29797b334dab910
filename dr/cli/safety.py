"""The safety lever: engaged, it stops every run and lets none begin.

It is a file in the home (`lever.json`) and, where DR_LEVER names one, a flag that all runners
share. It is engaged if either says so. What cannot be read counts as engaged: the file at once,
the shared flag after three attempts in a row. Undoing is never stopped by it.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dr.cloud.flag import Flag, flag
from dr.core.fold import Run
from dr.engine.guards import Ask, Guards
from dr.model.brakes import Guard
from dr.model.errors import DrError, Refused
from dr.model.event import GuardTripped
from dr.ports import Observations
from dr.stores.files import flush_directory, write_whole

VARIABLE: Final = "DR_LEVER"
NAME: Final = "safety lever"
FILE: Final = "lever.json"
ENGAGED: Final = "engaged"
RELEASED: Final = "released"
UNREADABLE_LIMIT: Final = 3


@dataclass(frozen=True, slots=True)
class Lever:
    """The lever of a home, with the flag it shares with others (None: it shares none)."""

    path: Path
    shared: Flag | None = None

    def here(self) -> str | None:
        """Return why it is engaged by the file in the home, or None."""
        try:
            text = self.path.read_text()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            return f"engaged: {self.path} cannot be read ({error})"
        return meaning(text)

    def there(self) -> str | None:
        """Return why the shared flag engages it, or None. Raises DrError if it cannot be read."""
        return None if self.shared is None else meaning(self.shared.read())

    def engaged(self) -> str | None:
        """Return why it is engaged, or None; a flag that stays unreadable engages it."""
        if (why := self.here()) is not None:
            return why
        for attempt in range(1, UNREADABLE_LIMIT + 1):
            try:
                return self.there()
            except DrError as error:
                if attempt == UNREADABLE_LIMIT:
                    return f"engaged: its shared flag could not be read: {error}"
        return None

    def engage(self, word: dict[str, str]) -> None:
        """Engage it: here first, and durably; then for everybody. Raises DrError for the latter."""
        text = _text(ENGAGED, word)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self.path, text.encode())
        if self.shared is not None:
            self.shared.write(text)

    def release(self, word: dict[str, str]) -> None:
        """Release it: for everybody first. Raises DrError, and then it stays engaged here."""
        if self.shared is not None:
            self.shared.write(_text(RELEASED, word))
        self.path.unlink(missing_ok=True)
        if self.path.parent.is_dir():
            flush_directory(self.path.parent)


class _Unusable(Flag):
    """A flag whose address nobody can read: engaged for who would begin, no matter to an abort."""

    def __init__(self, address: str, why: Refused) -> None:
        self.address = address
        self.needs = ""
        self._why = why

    def _read(self) -> str:
        raise self._why

    def _write(self, text: str) -> None:
        raise self._why


def lever(home: Path) -> Lever:
    """Return the lever that a home and the environment name."""
    address = os.environ.get(VARIABLE)
    if not address:
        return Lever(home / FILE)
    try:
        return Lever(home / FILE, flag(address))
    except Refused as error:
        return Lever(home / FILE, _Unusable(address, error))


def refuse_if_engaged(home: Path) -> Lever:
    """Return the lever, unless it is engaged. Raises Refused."""
    found = lever(home)
    why = found.engaged()
    if why is not None:
        raise Refused(f"the {NAME} is {why}; `dr lever release` releases it")
    return found


def meaning(text: str) -> str | None:
    """Return why a flag engages the lever; None only if it plainly says that it is released."""
    word = text.strip()
    try:
        found = json.loads(word)
    except ValueError:
        return None if word == RELEASED else f"engaged: {word[:200]}"
    if not isinstance(found, dict):
        return f"engaged: {word[:200]}"
    if found.get("lever") == RELEASED:
        return None
    by, at, why = (str(found.get(name, "?"))[:200] for name in ("who", "at", "why"))
    return f"engaged by {by} at {at}: {why}"


class LeverGuards(Guards):
    """The guards of a run, and the lever with them.

    The file is looked at every turn of the loop; the shared flag as often as an alarm.
    """

    def __init__(self, guards: Sequence[Guard], ask: Ask, lever: Lever) -> None:
        """Take the plan's guards, a way to ask for them, and the lever."""
        flag = Guard.model_construct(alarm=NAME, unreadable=UNREADABLE_LIMIT)
        super().__init__(guards, lambda guard: lever.there() if guard is flag else ask(guard))
        self._lever = lever
        self._flag = flag

    def tripped(self, run: Run, seen: Observations, now_us: int) -> GuardTripped | None:
        """Return the lever if it is engaged here, or else the first guard that trips."""
        why = self._lever.here()
        if why is not None:
            return GuardTripped(guard=NAME, why=why)
        return super().tripped(run, seen, now_us)

    def asking(self) -> list[Guard]:
        """Return the guards that ask somebody else; the shared flag is one of them."""
        own = [self._flag] if self._lever.shared is not None else []
        return [*super().asking(), *own]

    def ask(self, guard: Guard) -> GuardTripped | None:
        """Ask for one guard, or for the shared flag; may block."""
        found = super().ask(guard)
        if found is None or guard is not self._flag:
            return found
        engaged = found.why if found.why.startswith(ENGAGED) else f"{ENGAGED}: its flag {found.why}"
        return GuardTripped(guard=NAME, why=engaged)


def _text(state: str, word: dict[str, str]) -> str:
    return json.dumps({"lever": state, **word}, sort_keys=True)
