"""The report in a terminal, or in a comment: at most sixty lines, readable as Markdown.

The bars are drawn with `#` (certain), `~` (uncertain) and `|` (the target).
"""

from dr.report.bar import Bar
from dr.report.parts import Card, Page, Remark, StepRow, Table

LINES = 60
_WIDTH = 96
_BAR = 48
_FEWEST = 2


def summary(page: Page) -> str:
    """Return the summary: verdict, objectives, phases, steps, findings, what is left."""
    head = _head(page)
    sections = [
        ("Phases", _phases(page.tables)),
        ("Steps", [_step(s) for s in page.steps]),
        ("Findings", [_remark(r) for r in page.findings]),
        ("Deviations", [_remark(r) for r in page.deviations]),
    ]
    sections = [(name, lines) for name, lines in sections if lines]
    room = LINES - len(head) - 2 * len(sections) - 2
    lines = list(head)
    for number, (name, told) in enumerate(sections):
        share = max(room // (len(sections) - number), _FEWEST)
        kept = _cut(told, share)
        room -= len(kept)
        lines += ["", f"## {name}", *kept]
    lines += ["", _last(page)]
    return "\n".join([*lines[: LINES - 1], lines[-1]] if len(lines) > LINES else lines) + "\n"


def _head(page: Page) -> list[str]:
    mark = "SIMULATED " if page.simulated else ""
    mark += "REDACTED COPY " if page.digests.copy_of else ""
    dirty = ", LEFT CHANGED" if page.dirty else ""
    lines = [
        f"# {mark}{page.verdict.upper()}{dirty}: {_fit(page.title, _WIDTH - 24)}",
        f"{page.run}; {_fit(page.drill, 40)}",
        "",
        *_wrap(page.sentence, 4),
    ]
    if page.left:
        lines += ["", "## STILL CHANGED: somebody must put this right"]
        lines += _cut([f"- {_fit(text, 300)}" for text in page.left], 6)
    for card in page.cards[:4]:
        lines += ["", *_card(card)]
    return lines


def _card(card: Card) -> list[str]:
    lines = [
        (
            f"{card.title}: {card.achieved}  [{card.verdict}]  "
            f"{card.metric} {card.target}, {card.basis}"
        )
    ]
    if card.bar is not None:
        lines.append(f"    {bar_text(card.bar)}")
    return lines


def bar_text(bar: Bar) -> str:
    """Draw the card's bar in characters; an unsure part however short is seen."""
    from dr.report.bar import BAR_WIDTH

    sure = bar.sure * _BAR // BAR_WIDTH
    past = -(-bar.past * _BAR // BAR_WIDTH)
    target = min(bar.target * _BAR // BAR_WIDTH, _BAR - 1)
    cells = ["#" if n < sure else "~" if n < past else "." for n in range(_BAR)]
    if bar.open:
        cells[-1] = ">"
    cells[target] = "|"
    return f"`{''.join(cells)}`"


def _phases(tables: tuple[Table, ...]) -> list[str]:
    rows = next((t.rows for t in tables if t.title == "Phases"), ())
    width = max((len(_fit(row[0], 44)) for row in rows), default=0)
    return [f"- {_fit(row[0], 44):<{width}}  {row[1]} to {row[2]} ({row[3]})" for row in rows]


def _step(step: StepRow) -> str:
    told = f"- {step.id}: {step.state}"
    if step.took:
        told += f" after {step.took}"
    if step.undone:
        told += f"; {step.undone}"
    return _fit(told, _WIDTH)


def _remark(remark: Remark) -> str:
    about = f" ({remark.about})" if remark.about else ""
    return _fit(f"- {remark.severity}{about}: {remark.text}", 2 * _WIDTH)


def _last(page: Page) -> str:
    return f"Recompute: `dr measure {page.run}`; result.json sha256 {page.digests.result}"


def _cut(lines: list[str], most: int) -> list[str]:
    """Keep the first lines, and say how many are missing."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], f"- and {len(lines) - most + 1} more: see the report"]


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _wrap(text: str, most: int) -> list[str]:
    from textwrap import wrap

    return wrap(text, _WIDTH, max_lines=most, placeholder=" …")
