"""Where things are in a file, and how problems found there are collected."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dr.model.diagnostic import Diagnostic, Span

Path = tuple[str | int, ...]
"""Keys and indices from the top of a document to one of its values."""

SHOWN = 60
"""A value quoted in a message is cut to so many characters."""


MOST_SUGGESTIONS = 100
MOST_KNOWN = 500


@dataclass(frozen=True, slots=True)
class Positions:
    """The place of every key and every value of one file."""

    file: str
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)

    def nearest(self, path: Iterable[object]) -> Path:
        """Return the longest known path along `path`; what is no key or index is skipped.

        pydantic puts the names of union members into its locations: those are no keys.
        """
        known: Path = ()
        for part in path:
            if isinstance(part, str | int) and (*known, part) in self.values:
                known = (*known, part)
        return known

    def value(self, path: Iterable[object]) -> Span | None:
        """Return the place of the value at `path`, or of the nearest thing around it."""
        return self.values.get(self.nearest(path))

    def key(self, path: Iterable[object]) -> Span | None:
        """Return the place of the key at `path`, or of the nearest thing around it."""
        known = self.nearest(path)
        return self.keys.get(known, self.values.get(known))


class Problems:
    """Diagnostics of one file, collected so that a person sees all of them at once."""

    def __init__(self, positions: Positions, found: Iterable[Diagnostic] = ()) -> None:
        """Begin with what was found before."""
        self.positions = positions
        self.found: list[Diagnostic] = list(found)

    def at(
        self, code: str, path: Iterable[object], message: str, label: str = "", help_: str = ""
    ) -> None:
        """Note a problem with the value at `path`."""
        self._add(code, self.positions.value(path), message, label, help_)

    def at_key(
        self, code: str, path: Iterable[object], message: str, label: str = "", help_: str = ""
    ) -> None:
        """Note a problem with the key at `path`."""
        self._add(code, self.positions.key(path), message, label, help_)

    def _add(self, code: str, span: Span | None, message: str, label: str, help_: str) -> None:
        self.found.append(Diagnostic(code, message, span, label, help_, self.positions.file))

    def suggest(self, word: object, known: Iterable[str], otherwise: str = "") -> str:
        """Return what `word` may have been meant to be, or what there is.

        Among very many problems nobody reads it, and searching would take minutes.
        """
        if len(self.found) >= MOST_SUGGESTIONS:
            return otherwise
        return did_you_mean(word, known, otherwise)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return them by place; the same problem at the same place once."""
        return in_order(self.found)


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return diagnostics by place, without repetitions; those without a place come first."""
    return tuple(sorted(dict.fromkeys(found), key=_place))


def _place(diagnostic: Diagnostic) -> tuple[int, int, str, str]:
    span = diagnostic.span or Span(0, 0)
    return span.line, span.column, diagnostic.code, diagnostic.message


def did_you_mean(word: object, known: Iterable[str], otherwise: str = "") -> str:
    """Return "did you mean `x`?" if something known is close to `word`, else what there is."""
    import difflib  # here: a drill without mistakes does not pay for it

    names = sorted(set(known))[:MOST_KNOWN]
    close = difflib.get_close_matches(str(word)[:SHOWN], names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return otherwise if otherwise or not names else f"there is {listed(names)}"


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names as a list for people, cut off when it is long."""
    known = list(names)
    text = ", ".join(f"`{name}`" for name in known[:most])
    return text if len(known) <= most else f"{text} and {len(known) - most} more"


def shown(value: object) -> str:
    """Return a value of the file for a message, cut to a readable length."""
    text = str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
