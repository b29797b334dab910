"""Samples and marks as text: the CSV files a run leaves, and the values read back from them.

One record is one line, whatever it holds: line ends inside a text become spaces when written, so
that `wc -l`, `awk` and `tail` work on evidence, and so that a file cut off by a crash is torn in
its last line and nowhere else. Quoting is RFC 4180's. Times are whole microseconds; there are no
floating-point numbers. A field is read in the one way it is written: " 7", "+7", "1_000" are
damage, because a reader that forgives lets two different files mean the same.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from dr.model.errors import DrError
from dr.model.reading import Mark, MarkState, Sample, State

SAMPLES_HEADER = "probe,seq,due_us,sent_us,done_us,state,why,vantage\n"
MARKS_HEADER = "marks,seq,sent_us,done_us,state,why\n"
FOUND_HEADER = "marks,seq,count\n"

ValueT = TypeVar("ValueT")

_TEXT = r'([^,"\r\n]*|"[^"\r\n]*(?:""[^"\r\n]*)*")'
_INT = r"(0|-?[1-9][0-9]*)"
_SAMPLE = re.compile(
    f"^{_TEXT},{_INT},{_INT},{_INT},{_INT},(up|down|unknown),{_TEXT},{_TEXT}\n", re.MULTILINE
)
_MARK = re.compile(
    f"^{_TEXT},{_INT},{_INT},{_INT},(acked|failed|indeterminate),{_TEXT}\n", re.MULTILINE
)
_FOUND = re.compile(f"^{_TEXT},{_INT},([1-9][0-9]*)\n", re.MULTILINE)
_QUOTED = re.compile(r'[,"\r\n]')
_LINE_END = re.compile(r"[\r\n]+")
_STATES = {state.value: state for state in State}
_MARK_STATES = {state.value: state for state in MarkState}


class Damaged(DrError):
    """A file of samples or marks is not what was written. `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Parsed(Generic[ValueT]):
    """What a file holds; bytes after `good_bytes` are a torn last line and were left out."""

    values: ValueT
    good_bytes: int


def sample_line(sample: Sample) -> str:
    """Return one sample as one line."""
    return (
        f"{_field(sample.probe)},{sample.seq},{sample.due_us},{sample.sent_us},{sample.done_us},"
        f"{sample.state.value},{_field(sample.why)},{_field(sample.vantage)}\n"
    )


def mark_line(mark: Mark) -> str:
    """Return one mark as one line."""
    return (
        f"{_field(mark.marks)},{mark.seq},{mark.sent_us},{mark.done_us},"
        f"{mark.state.value},{_field(mark.why)}\n"
    )


def samples_text(samples: Iterable[Sample]) -> str:
    """Return a whole file of samples."""
    return SAMPLES_HEADER + "".join(map(sample_line, samples))


def marks_text(marks: Iterable[Mark]) -> str:
    """Return a whole file of marks."""
    return MARKS_HEADER + "".join(map(mark_line, marks))


def found_text(marks: str, found: Mapping[int, int]) -> str:
    """Return what was read back of one set of marks; {} gives the header alone."""
    lines = (f"{_field(marks)},{seq},{found[seq]}\n" for seq in sorted(found))
    return FOUND_HEADER + "".join(lines)


def parse_samples(data: bytes) -> Parsed[list[Sample]]:
    """Read a file of samples, in the order in which it holds them. Raises Damaged."""
    rows, good = _rows(data, SAMPLES_HEADER, _SAMPLE)
    return Parsed(
        [
            Sample(
                _plain(probe), int(seq), int(due), int(sent), int(done), _STATES[state],
                _plain(why), _plain(vantage),
            )
            for probe, seq, due, sent, done, state, why, vantage in rows
        ],
        good,
    )  # fmt: skip


def parse_marks(data: bytes) -> Parsed[list[Mark]]:
    """Read a file of marks, in the order in which it holds them. Raises Damaged."""
    rows, good = _rows(data, MARKS_HEADER, _MARK)
    return Parsed(
        [
            Mark(_plain(marks), int(seq), int(sent), int(done), _MARK_STATES[state], _plain(why))
            for marks, seq, sent, done, state, why in rows
        ],
        good,
    )


def parse_found(data: bytes) -> Parsed[dict[str, dict[int, int]]]:
    """Read a file of marks found, {marks: {seq: how often}}. Raises Damaged."""
    rows, good = _rows(data, FOUND_HEADER, _FOUND)
    found: dict[str, dict[int, int]] = {}
    for line, (marks, seq, count) in enumerate(rows, start=2):
        counts = found.setdefault(_plain(marks), {})
        if int(seq) in counts:
            # Adding them up would turn one mark listed twice into a duplicate in the database.
            raise Damaged(line, f"mark {seq} is listed twice")
        counts[int(seq)] = int(count)
    return Parsed(found, good)


def _rows(
    data: bytes, header: str, pattern: "re.Pattern[str]"
) -> tuple[list[tuple[str, ...]], int]:
    """Return the fields of every whole line after the header, and the bytes they took.

    1. What follows the last line end is torn: written, but not to its end.
    2. The first whole line must be the header.
    3. Every other line must be one record; the first that is not is named.
    """
    # 1
    good = data.rfind(b"\n") + 1
    try:
        text = data[:good].decode()
    except UnicodeDecodeError as error:
        raise Damaged(data.count(b"\n", 0, error.start) + 1, "not UTF-8") from error
    # 2
    if not text:
        return [], 0
    if not text.startswith(header):
        raise Damaged(1, f'the header is not "{header.rstrip()}"')
    # 3
    # The pattern is anchored to line starts and eats one line end, so as many matches as line
    # ends means that every line is a record.
    rows = pattern.findall(text, len(header))
    if len(rows) != text.count("\n") - 1:
        raise _first_damage(text, pattern)
    return rows, good


def _first_damage(text: str, pattern: "re.Pattern[str]") -> Damaged:
    """Name the first line after the header that is not a record."""
    # Not splitlines(): it also splits at characters that may stand inside a text.
    lines = text.split("\n")
    number = next(n for n, line in enumerate(lines[1:], 2) if not pattern.fullmatch(line + "\n"))
    return Damaged(number, f'not a record: "{lines[number - 1][:80]}"')


def _field(text: str) -> str:
    """Quote a text if it needs it."""
    if not _QUOTED.search(text):
        return text
    text = _LINE_END.sub(" ", text)
    return '"' + text.replace('"', '""') + '"'


def _plain(field: str) -> str:
    """Undo `_field`."""
    return field[1:-1].replace('""', '"') if field[:1] == '"' else field
