"""Start the observers of a run, taking up where a killed one ended.

A run has one observer process, and a second one if some kind brings a library that would make
samples late (boto3). Both append to the same files.

Units:   whole microseconds on CLOCK_BOOTTIME.
Errors:  Failed when an observer does not come to run, with what it said.
"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dr
from dr.cloud.clock import Clock
from dr.core.boots import STARTS_HEADER
from dr.core.samples import mark_line
from dr.model.errors import Failed
from dr.model.reading import Mark, MarkState
from dr.observer.kinds import marks_class, probe_class
from dr.observer.running import Process, Running, adopt, facts, find, process_of, stop
from dr.observer.spec import (
    APART,
    CLOCK_FILE,
    LOG_FILE,
    MAIN,
    MARKS_FILE,
    PROBES_FILE,
    SAMPLES_DIR,
    STARTS_FILE,
    STOP_FILE,
    Entry,
    Spec,
)
from dr.observer.tail import Tail

START_S = 20.0
_LOOK_S = 0.02
_UNWRITTEN_US = (
    1_500_000  # what a crash may take from the file: the time between two syncs, and some
)


def start(spec: Spec, run_dir: Path, clock: Clock | None = None) -> Running:
    """Start what the specification needs, and wait until it observes.

    What is left of an earlier start is stopped first: two that count the same numbers would
    spoil the evidence. Raises Failed, leaving nothing running.
    """
    clock = clock or Clock()
    place = run_dir / SAMPLES_DIR
    place.mkdir(parents=True, exist_ok=True)
    (place / STOP_FILE).unlink(missing_ok=True)
    left = find(run_dir, clock)
    if left is not None:
        stop(left)
    spec = mend(replace(spec, dir=str(run_dir.resolve())), clock)
    _note_start(place, clock)
    parts = _parts(spec)
    for part in parts:  # all of them first: who resumes the run must see that one was not started
        (place / f"{part.name}.spec.json").write_text(part.to_json())
    begun: list[Process] = []
    for part in parts:
        try:
            begun.append(_spawn(part, place, clock))
        except Failed:
            stop(Running(run_dir, tuple(begun), clock))
            raise
    return Running(run_dir, tuple(begun), clock)


def mend(spec: Spec, clock: Clock) -> Spec:
    """Put right what a killed observer left; return the specification that goes on after it.

    Half a line is cut off. Marks that may have been sent without a line to show for it are
    written down as indeterminate: read back later they are not phantoms. Numbers that may have
    been used are not used again. An observer that came to its end left nothing in doubt.
    """
    place = Path(spec.dir) / SAMPLES_DIR
    said = [facts(Path(spec.dir), name) for name in (MAIN, APART)]
    clean = all(one.get("state") == "ended" for one in said if one)
    seen: dict[str, set[int]] = {}
    last: dict[str, Mark] = {}
    for name in (PROBES_FILE, MARKS_FILE, CLOCK_FILE):
        _cut_torn_line(place / name)
    for sample in Tail.of_samples(place / PROBES_FILE).new():
        seen.setdefault(sample.probe, set()).add(sample.seq)
    for mark in Tail.of_marks(place / MARKS_FILE).new():
        seen.setdefault(mark.marks, set()).add(mark.seq)
        if mark.marks not in last or last[mark.marks].seq < mark.seq:
            last[mark.marks] = mark
    for entry in spec.marks:
        if entry.id in seen and not clean:
            _own_up(place / MARKS_FILE, entry, seen[entry.id], last[entry.id], clock)
    return replace(
        spec,
        probes=tuple(_after(entry, seen.get(entry.id), clean=clean) for entry in spec.probes),
        marks=tuple(_after(entry, seen.get(entry.id), clean=clean) for entry in spec.marks),
    )


def _doubtful(entry: Entry) -> int:
    """Return how many slots a killed observer may have used after the last one it wrote down."""
    return (entry.within_us + _UNWRITTEN_US) // entry.every_us + 2


def _after(entry: Entry, seen: set[int] | None, *, clean: bool) -> Entry:
    if not seen:
        return entry
    skip = 0 if clean else _doubtful(entry)
    return replace(entry, first_seq=max(seen) + skip + 1)


def _own_up(path: Path, entry: Entry, seen: set[int], last: Mark, clock: Clock) -> None:
    now_us = clock.mono_us()
    lines = [
        mark_line(
            Mark(
                marks=entry.id,
                seq=seq,
                sent_us=min(now_us, max(0, last.sent_us + (seq - last.seq) * entry.every_us)),
                done_us=now_us,
                state=MarkState.INDETERMINATE,
                why="the observer was killed; sent about then, if at all",
            )
        )
        for seq in range(entry.first_seq, last.seq + _doubtful(entry) + 1)
        if seq not in seen
    ]
    with path.open("a") as file:
        file.writelines(lines)


def _cut_torn_line(path: Path) -> None:
    """Remove half a line at the end; whole lines, the only ones ever anchored, are untouched."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    tail = Tail.of_samples(path)  # only for its offset: where the last whole line ends
    tail.new()
    if tail.offset < size:
        os.truncate(path, tail.offset)


def _note_start(place: Path, clock: Clock) -> None:
    """Write down in which boot, and after how many lines, observing goes on from here.

    On the disk before anything is observed: a sample says nothing of the boot it is of, and one
    boot's moments are not another's.
    """
    path = place / STARTS_FILE
    before = path.read_text() if path.exists() else STARTS_HEADER
    counts = [_records(place / name) for name in (PROBES_FILE, MARKS_FILE)]
    part = path.with_name(f"{path.name}.part")
    with part.open("w") as file:
        file.write(f"{before}{clock.mono_us()},{clock.boot_id()},{counts[0]},{counts[1]}\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def before_this_boot(run_dir: Path, clock: Clock) -> tuple[int, int]:
    """Return how many samples and marks are of earlier boots of this machine."""
    path = run_dir / SAMPLES_DIR / STARTS_FILE
    rows = [line.split(",") for line in path.read_text().splitlines()] if path.exists() else []
    mine = [row for row in rows if row[1] == clock.boot_id()]
    return (int(mine[0][2]), int(mine[0][3])) if mine else (0, 0)


def _records(path: Path) -> int:
    """Return how many lines follow the header."""
    return max(0, path.read_bytes().count(b"\n") - 1) if path.exists() else 0


def _parts(spec: Spec) -> list[Spec]:
    apart = frozenset(
        [one.id for one in spec.probes if probe_class(one.kind).apart]
        + [one.id for one in spec.marks if marks_class(one.kind).apart]
    )
    rest = frozenset(one.id for one in spec.probes + spec.marks) - apart
    parts = [spec.only(MAIN, rest)]  # even if empty: it keeps the clock file
    return [*parts, spec.only(APART, apart)] if apart else parts


def _spawn(spec: Spec, place: Path, clock: Clock) -> Process:
    path = place / f"{spec.name}.spec.json"
    (place / f"{spec.name}.json").unlink(missing_ok=True)
    _put_by(place / f"{spec.name}.end.json")
    with (place / LOG_FILE).open("ab") as log:
        # Its own session: neither the engine's death nor a Ctrl-C on its terminal reaches it.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "dr.observer", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": _python_path()},
        )
    deadline_us = clock.mono_us() + int(START_S * 1e6)
    while clock.mono_us() < deadline_us:
        process = process_of(facts(place.parent, spec.name))
        if process is not None:
            adopt(child)
            return process
        if child.poll() is not None:
            break
        clock.sleep(_LOOK_S)
    child.kill()
    child.wait()
    words = (place / LOG_FILE).read_text(errors="replace").strip().splitlines()
    raise Failed(f"the observer did not start: {words[-1] if words else 'it said nothing'}")


def _put_by(path: Path) -> None:
    """Keep the sums of an observer that went before under a number."""
    if path.exists():
        before = len(list(path.parent.glob(f"{path.stem}.*.json")))
        path.rename(path.with_name(f"{path.stem}.{before + 1}.json"))


def _python_path() -> str:
    home = str(Path(dr.__file__).resolve().parent.parent)
    return os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
