"""Geometry of the small drawing in an objective's card: an interval against its target."""

from dataclasses import dataclass

from dr.report.svg import CHARACTER, Label

BAR_WIDTH = 320
BAR_HEIGHT = 58
_BAR_LEFT = 2
_BAR_PLOT = BAR_WIDTH - 4


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval against its target: sure up to `sure`, unsure up to `past`."""

    id: str
    title: str
    description: str
    sure: int
    past: int
    open: bool
    target: int
    target_label: Label
    simulated: bool


def bar(
    *,
    id_: str,
    words: tuple[str, str, str],
    bounds: tuple[int, int | None],
    target: int,
    simulated: bool,
) -> Bar:
    """Draw an interval against its target. words: title, description, the target's label."""
    title, description, target_text = words
    lower, upper = bounds
    reach = upper if upper is not None else lower * 5 // 4
    full = max(target * 5 // 4, reach * 21 // 20, 1)

    def place(value: int) -> int:
        return _BAR_LEFT + min(max(value, 0), full) * _BAR_PLOT // full

    at = place(target)
    room = len(target_text) * CHARACTER
    anchor = "start" if at + 4 + room <= BAR_WIDTH else "end"
    past = place(upper) if upper is not None else _BAR_LEFT + _BAR_PLOT
    return Bar(
        id=id_,
        title=title,
        description=description,
        sure=place(lower),
        past=max(past, place(lower), _BAR_LEFT + 1),
        open=upper is None,
        target=at,
        target_label=Label(at + 4 if anchor == "start" else at - 4, 11, target_text, anchor),
        simulated=simulated,
    )
