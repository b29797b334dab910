"""Geometry of the drawings: where each line, block and label goes. No markup here.

State is said by height and hatch as well as by colour, so that a print in grey reads the same.
Coordinates are whole units of the drawing's own view box.
"""

from dataclasses import dataclass

from dr.report.numbers import HOUR_US, MINUTE_US, SECOND_US, length
from dr.report.strips import Shade, Stretch, Window

LEFT = 216  # the label column
PLOT = 728  # the plot, and the number of columns of a strip
RIGHT = 16
WIDTH = LEFT + PLOT + RIGHT
_ROW = 30
CHARACTER = 6.3  # width of one at 11 units, generously
_LABEL_ROW = 15
_MOST_TICKS = 8

_TICKS_US = (
    *(n * 1_000 for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(n * SECOND_US for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE_US for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR_US for n in (1, 2, 3, 6, 12, 24, 48)),
)


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text."""

    x: int
    y: int
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a phase: sure between `x` and `past`, unsure from `x0` to `past0`."""

    y: int
    x0: int
    x: int
    past: int
    past0: int
    open: bool
    label: Label
    inside: bool  # the label stands on the block, for want of room beside it


@dataclass(frozen=True, slots=True)
class Strip:
    """One probe or one set of marks. The three paths are drawn by shade."""

    y: int
    label: Label
    note: Label
    good: str
    unsure: str
    bad: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment: a line where it may earliest have been, a band up to where it may latest."""

    x: int
    width: int
    top: int
    label: Label
    kind: str  # fault | onset | recovery | other


@dataclass(frozen=True, slots=True)
class Figure:
    """One time axis with everything on it."""

    id: str
    title: str
    description: str
    simulated: bool
    height: int
    top: int  # of the plot
    bottom: int
    phases: tuple[Block, ...]
    phase_labels: tuple[Label, ...]
    strips: tuple[Strip, ...]
    markers: tuple[Marker, ...]
    ticks: tuple[Label, ...]
    ends: tuple[Label, ...]
    unjudged: int | None  # from this x on, samples are not judged


@dataclass(frozen=True, slots=True)
class PhaseSpan:
    """When a phase began and ended, in microseconds of the runner's clock; None: it did not."""

    title: str
    begin: tuple[int, int | None]
    end: tuple[int, int | None] | None
    took: str


@dataclass(frozen=True, slots=True)
class StripData:
    """One strip's name and stretches."""

    name: str
    note: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment to be marked: [earliest, latest]."""

    name: str
    kind: str
    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Scene:
    """What a figure is drawn from."""

    id: str
    title: str
    description: str
    simulated: bool
    window: Window
    zero_us: int  # where the axis reads 0
    phases: tuple[PhaseSpan, ...]
    strips: tuple[StripData, ...]
    moments: tuple[Moment, ...]
    ends: tuple[str, str]  # wall clock at both ends
    unjudged_us: int | None


def draw(scene: Scene) -> Figure:
    """Lay out a figure."""
    markers, top = _markers(scene)
    y = top + 8
    phases: list[Block] = []
    labels: list[Label] = []
    for span in scene.phases:
        block = _block(scene.window, span, y)
        if block is not None:
            phases.append(block)
            labels.append(Label(LEFT - 10, y + 13, _fit(span.title, LEFT - 14), "end"))
            y += 22
    y += 6 if phases else 0
    strips: list[Strip] = []
    for data in scene.strips:
        strips.append(_strip(data, y))
        y += _ROW
    bottom = y + 2
    unjudged = None
    if scene.unjudged_us is not None and scene.unjudged_us < scene.window.end_us:
        unjudged = _x(scene.window, scene.unjudged_us)
    return Figure(
        id=scene.id,
        title=scene.title,
        description=scene.description,
        simulated=scene.simulated,
        height=bottom + 40,
        top=top,
        bottom=bottom,
        phases=tuple(phases),
        phase_labels=tuple(labels),
        strips=tuple(strips),
        markers=markers,
        ticks=_ticks(scene, bottom + 15),
        ends=(
            Label(LEFT, bottom + 31, scene.ends[0]),
            Label(LEFT + PLOT, bottom + 31, scene.ends[1], "end"),
        ),
        unjudged=unjudged,
    )


def _x(window: Window, at_us: int) -> int:
    return LEFT + min(max(window.column(at_us), 0), PLOT)


def _block(window: Window, span: PhaseSpan, y: int) -> Block | None:
    """Place one phase, or nothing if the window shows none of it."""
    begin_lo, begin_hi = span.begin
    end = span.end if span.end is not None else (window.end_us, None)
    last = end[1] if end[1] is not None else window.end_us
    if begin_lo >= window.end_us or last <= window.begin_us:
        return None
    x0, past0 = _x(window, begin_lo), _x(window, last)
    past0 = max(past0, x0 + 2)
    x = min(max(_x(window, begin_hi if begin_hi is not None else last), x0), past0)
    past = max(min(_x(window, end[0]), past0), x)
    room = len(span.took) * CHARACTER + 8
    if past0 + room <= LEFT + PLOT:
        label = Label(past0 + 6, y + 13, span.took)
    elif x0 - room >= LEFT:
        label = Label(x0 - 6, y + 13, span.took, "end")
    else:
        label = Label((x + past) // 2, y + 13, span.took, "middle")
    unended = span.end is None or end[1] is None
    return Block(y, x0, x, past, past0, unended, label, inside=label.anchor == "middle")


def _strip(data: StripData, y: int) -> Strip:
    paths = {shade: [""] for shade in Shade}
    shapes = {Shade.GOOD: (y + 16, 6), Shade.UNSURE: (y + 9, 13), Shade.BAD: (y, 22)}
    for stretch in data.stretches:
        top, tall = shapes[stretch.shade]
        width = stretch.past - stretch.first
        paths[stretch.shade].append(f"M{LEFT + stretch.first} {top}h{width}v{tall}h-{width}z")
    return Strip(
        y=y,
        label=Label(LEFT - 10, y + 11, _fit(data.name, LEFT - 14), "end"),
        note=Label(LEFT - 10, y + 22, _fit(data.note, LEFT - 14), "end"),
        good="".join(paths[Shade.GOOD]),
        unsure="".join(paths[Shade.UNSURE]),
        bad="".join(paths[Shade.BAD]),
    )


def _fit(text: str, width: int) -> str:
    """Cut a label that would run out of its column; the full name stands in the tables.

    What stands in brackets at the end goes first.
    """
    longest = int(width / CHARACTER)
    if len(text) > longest and text.endswith(")"):
        text = text.rpartition(" (")[0] or text
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _markers(scene: Scene) -> tuple[tuple[Marker, ...], int]:
    """Place the markers; labels that would touch go one row up. Returns them and the plot's top."""
    window = scene.window
    seen = [m for m in scene.moments if window.begin_us <= m.earliest <= window.end_us]
    right_ends: list[float] = []  # of the labels so far, by row
    placed: list[tuple[Moment, int, int, int, str]] = []
    for moment in sorted(seen, key=lambda m: (m.earliest, m.latest, m.name)):
        x = _x(window, moment.earliest)
        room = len(moment.name) * CHARACTER + 6
        begin = min(float(x), LEFT + PLOT - room)
        anchor = "start" if begin == x else "end"
        row = 0
        while row < len(right_ends) and right_ends[row] > begin:
            row += 1
        if row == len(right_ends):
            right_ends.append(0)
        right_ends[row] = begin + room
        placed.append((moment, x, max(_x(window, moment.latest) - x, 1), row, anchor))
    head = 6 + _LABEL_ROW * max(len(right_ends), 1)
    found = []
    for moment, x, width, row, anchor in placed:
        top = 12 + _LABEL_ROW * row
        at = x + 4 if anchor == "start" else x - 4
        label = Label(at, top, moment.name, anchor)
        found.append(Marker(x, width, top - 9, label, moment.kind))
    return tuple(found), head


def _ticks(scene: Scene, y: int) -> tuple[Label, ...]:
    window = scene.window
    span = window.end_us - window.begin_us
    step = next((t for t in _TICKS_US if span / t <= _MOST_TICKS), _TICKS_US[-1])
    if span / step > _MOST_TICKS:
        step *= -(-span // (step * _MOST_TICKS))
    first = -((scene.zero_us - window.begin_us) // step)
    found = []
    for number in range(first, (window.end_us - scene.zero_us) // step + 1):
        text = "0" if number == 0 else length(number * step)
        found.append(Label(_x(window, scene.zero_us + number * step), y, text, "middle"))
    return tuple(found)
