"""A draft with its answers in place: the sample's text, edited where it stands, comments and all.

What is claimed of the sample alone (why, scope, participants, sources of targets, what lint is to
pass over) is left out: of anything else it would be untrue. What nobody has told stays as
`${your.KEY}`, which is refused, in its place, until somebody fills it in.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dr.core.draft import HEAD, LISTS, REFERENCE, Draft
from dr.core.positions import Path
from dr.core.templates import texts

CLAIMS: Final = ("why", "scope", "exclusions", "participants", "success_conditions", "lint")
_SOURCE: Final = re.compile(r', source: "[^"]*"')
_ALLOWED: Final = re.compile(r"\b(account|region)s: \[[^\]]*\]")
_PLAIN: Final = re.compile(r"[a-z][a-z0-9-]*")
_NOT_PLAIN: Final = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})


@dataclass(frozen=True, slots=True)
class Estate:
    """The user's Terraform configuration: its directory, from the drill, and its outputs' names."""

    dir: str
    outputs: frozenset[str]


def placeholder(key: str) -> str:
    """Return what stands for an answer that nobody has given."""
    return f"${{your.{key}}}"


def fill(
    made: Draft,
    answers: Mapping[str, str],
    head: str,
    says: Callable[[str], str],
    estate: Estate | None = None,
) -> str:
    """Return the drill with the answers in place.

    head: the comment on top. says: what a kind does, for the comment above each entry.
    """
    return _Filling(made, answers, says, estate).text(head)


@dataclass(frozen=True)
class _Filling:
    made: Draft
    answers: Mapping[str, str]
    says: Callable[[str], str]
    estate: Estate | None

    def text(self, head: str) -> str:
        lines = self._edited()
        above = self._comments()
        left_out = self._left_out()
        first = self._line(("drill",)) or 1
        kept = [
            part
            for number, line in enumerate(lines, start=1)
            if number >= first and number not in left_out
            for part in (*above.get(number, ()), line)
        ]
        return head + "\n".join(self._radius(kept))

    def _edited(self) -> list[str]:
        """Return the lines with every value replaced that the answers know of."""
        lines = self.made.parsed.text.split("\n")
        edits = []
        for path, old in texts(self.made.data):
            span, new = self.made.parsed.positions.values.get(path), self._value(path, old)
            if span is not None and new != old:
                edits.append((span, new))
        for span, new in sorted(edits, reverse=True):  # the last of a line first: columns stay
            line, begin = lines[span.line - 1], span.column - 1
            lines[span.line - 1] = line[:begin] + _quoted(new) + line[begin + span.width :]
        return lines

    def _value(self, path: Path, old: str) -> str:
        """Return what stands at a path instead of the sample's text."""
        if len(path) == 1 and path[0] in HEAD:
            return self._answer(str(path[0]))
        if path[0] == "sites" and path[-1] in {"account", "region"}:
            return self._answer(f"{path[1]}.{path[-1]}")
        if path[0] == "terraform" and path[-1] == "dir":
            return self.estate.dir if self.estate else self._answer(f"{path[1]}.dir")
        if path[0] not in LISTS:
            return old
        if path[2:-1] == ("with",) and old in self.made.literals:
            return self._answer(self.made.literals[old])
        return REFERENCE.sub(lambda found: self._output(found[0], found[2]), old)

    def _output(self, reference: str, name: str) -> str:
        if name not in self.answers and self.estate and name in self.estate.outputs:
            return reference
        return self._answer(name)

    def _answer(self, key: str) -> str:
        return self.answers.get(key, placeholder(key))

    def _left_out(self) -> set[int]:
        """Return the lines of fields that would be untrue, or of no use."""
        fields = [*CLAIMS]
        if self.estate is None and not self.made.terraform:
            fields.append("terraform")
        starts = {name: line for name in self.made.data if (line := self._line((name,)))}
        ends = sorted([*starts.values(), self.made.parsed.text.count("\n") + 1])
        return {
            line
            for name in fields
            if name in starts
            for line in range(starts[name], next(e for e in ends if e > starts[name]))
        }

    def _comments(self) -> dict[int, tuple[str, ...]]:
        """Return, for the first line of the first entry of each kind, the comment above it."""
        found: dict[int, tuple[str, ...]] = {}
        told: set[str] = set()
        for name in LISTS:
            listed = self.made.data.get(name)
            for index, entry in enumerate(listed if isinstance(listed, list) else ()):
                span = self.made.parsed.positions.values.get((name, index))
                kind = str(entry.get("kind", "")) if isinstance(entry, dict) else ""
                said = "" if kind in told else self.says(kind)
                if span is not None and said:
                    told.add(kind)
                    indent = " " * (span.column - 3)  # the entry begins behind its "- "
                    found[span.line] = (f"{indent}# {said}",)
        return found

    def _line(self, path: Path) -> int | None:
        span = self.made.parsed.positions.keys.get(path)
        return None if span is None else span.line

    def _radius(self, lines: list[str]) -> list[str]:
        """Return the lines with the sites' accounts and Regions allowed, and no sources."""
        within = ""
        edited = []
        for line in lines:
            if line and not line.startswith((" ", "#")):
                within = line.partition(":")[0]
            if within == "blast_radius":
                edited.append(_ALLOWED.sub(self._allowed, line))
            else:
                edited.append(_SOURCE.sub("", line) if within == "objectives" else line)
        return edited

    def _allowed(self, found: re.Match[str]) -> str:
        sites = self.made.parsed.drill.sites
        said = dict.fromkeys(self._answer(f"{site}.{found[1]}") for site in sites)
        return f"{found[1]}s: [{', '.join(_quoted(one, always=True) for one in said)}]"


def _quoted(value: str, *, always: bool = False) -> str:
    """Return a text as YAML reads it in any place."""
    if not always and _PLAIN.fullmatch(value) and value not in _NOT_PLAIN:
        return value
    return json.dumps(value, ensure_ascii=False)
