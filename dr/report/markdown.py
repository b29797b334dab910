"""The whole report as Markdown: for wikis, tickets and those who read in a terminal.

Every text is escaped: what a provider or a colleague wrote marks nothing up.
"""

import re
from collections.abc import Iterable, Sequence

from dr.report.parts import Card, Page, Remark, StepRow
from dr.report.text import bar_text

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_START = re.compile(r"^([#+=>-]|\d+(?=[.)]))")
NO_ENTRY = "\N{EN DASH}"


def escaped(text: str) -> str:
    r"""Return text that Markdown shows as it is.

    >>> escaped("a|b <i> [x](y)"), escaped("# not a heading"), escaped("1. no list")
    ('a\\|b &lt;i> \\[x\\](y)', '\\# not a heading', '1\\. no list')
    """
    marked = _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))
    return _START.sub(lambda m: f"{m[1]}\\" if m[1].isdigit() else f"\\{m[1]}", marked)


def markdown(page: Page) -> str:
    """Return the document."""
    mark = "SIMULATED " if page.simulated else ""
    dirty = ", left changed" if page.dirty else ""
    lines = [f"# {mark}{page.verdict.upper()}{dirty}: {escaped(page.title)}", ""]
    if page.simulated:
        lines += ["**SIMULATED.** A rehearsal in a sandbox; no evidence of the real systems.", ""]
    if page.digests.copy_of:
        lines += [f"**REDACTED COPY** of the run with the seal `{page.digests.copy_of}`.", ""]
    lines += [f"> {escaped(page.sentence)}", ""]
    lines += [f"- **{escaped(f.name)}**: {escaped(f.value)}" for f in page.facts]
    lines += _list("Still changed: somebody must put this right", page.left)
    for card in page.cards:
        lines += _card(card)
    lines += ["", "## What happened when", ""]
    lines += [escaped(page.went), ""] if page.went else []
    for t in page.tables:
        lines += [f"### {escaped(t.title)}", "", *_table(t.heads, t.rows), ""]
        lines += [escaped(t.note), ""] if t.note else []
    lines += ["## Steps", ""]
    for step in page.steps:
        lines += _step(step)
    rows = [(d.when, d.at, d.who, d.what, d.message) for d in page.decisions]
    lines += _section("Decisions and words", ("When", "UTC", "Who", "What", "In their words"), rows)
    lines += _people(page)
    lines += _list("Conditions of success, for people to judge", page.success)
    lines += _list("Findings", map(_remark, page.findings), "None.", ready=True)
    none = "None: every step went as planned."
    lines += _list("Deviations from the plan", map(_remark, page.deviations), none, ready=True)
    lines += _list("Not put back", page.kept)
    lines += _list("What this drill does not prove", page.limits)
    lines += _controls(page)
    lines += ["", "## Rules fixed before the run", ""]
    lines += [f"- **{escaped(r.name)}**: {escaped(r.value)}" for r in page.rules]
    lines += _list("Added after the seal", page.later)
    lines += _verify(page)
    return "\n".join(lines) + "\n"


def _card(card: Card) -> list[str]:
    told = f"**{escaped(card.achieved)}**, {card.metric} {card.target}: **{card.verdict}**"
    lines = ["", f"## {escaped(card.title)}", "", told, ""]
    if card.bar is not None:
        lines += [bar_text(card.bar), ""]
    by = f" ({escaped(card.measured_by)})" if card.measured_by else ""
    return [*lines, f"{escaped(card.why)} {escaped(card.basis)}{by}".strip()]


def _step(step: StepRow) -> list[str]:
    site = f", {escaped(step.site)}" if step.site else ""
    asked = f", asked for at {step.asked} ({step.asked_at})" if step.asked else ""
    took = f", settled after {step.took}" if step.took else ""
    told = f"{escaped(step.state)}{escaped(asked)}{escaped(took)}"
    lines = [f"- **{escaped(step.id)}** ({step.phase}, {escaped(step.kind)}{site}): {told}"]
    for c in step.change:
        old = f"{escaped(c.old)} → " if c.old is not None else ""
        lines.append(f"  - {escaped(c.name)}: {old}{escaped(c.new)}")
    if step.remark:
        lines.append(f"  - {escaped(step.remark)}")
    if step.undone:
        why = f": {escaped(step.undone_why)}" if step.undone_why else ""
        lines.append(f"  - {escaped(step.undone)}{why}")
    return lines + [f"  - request {escaped(request)}" for request in step.requests]


def _people(page: Page) -> list[str]:
    rows = [
        (
            p.role or NO_ENTRY,
            p.who,
            p.team or NO_ENTRY,
            "yes" if p.planned else "no",
            ("yes" if p.independent else "no") if p.planned else "not stated",
            p.did or "not seen",
        )
        for p in page.people
    ]
    heads = ("Role", "Who", "Team", "Planned", "Independent", "Seen in the journal")
    note = [escaped(page.people_note), ""] if page.people_note else []
    return [*_section("Participants", heads, rows), *note]


def _controls(page: Page) -> list[str]:
    rows = [(c.framework, c.id, c.about, c.without or NO_ENTRY) for c in page.supported]
    heads = ("Framework", "Control", "The evidence shows that", "It does not speak of")
    lines = ["", "## Evidence offered in support of controls", ""]
    lines += ["Supports, never satisfies: whether a control is met is for an assessor to say.", ""]
    lines += [*_table(heads, rows), ""] if rows else ["None.", ""]
    missed = [
        f"{escaped(c.framework)} {escaped(c.id)}: {escaped('; '.join(c.missing))}"
        for c in page.unsupported
    ]
    return [*lines, "### Not supported by this run", "", *(f"- {text}" for text in missed)]


def _verify(page: Page) -> list[str]:
    return [
        "",
        "## How to verify",
        "",
        f"- result.json: `{page.digests.result}`",
        f"- events.jsonl: `{page.digests.journal_head}` (its last line, {page.digests.events})",
        f"- plan.json: `{page.digests.plan}`",
        "",
        "`sha256sum -c MANIFEST.sha256`, `dr verify` or `verify.sh`; see VERIFY.md.",
    ]


def _remark(remark: Remark) -> str:
    when = f"{escaped(remark.when)}: " if remark.when else ""
    about = escaped("; ".join(filter(None, (remark.about, remark.code))))
    return f"**{remark.severity}** {when}{escaped(remark.text)}" + (f" ({about})" if about else "")


def _list(title: str, texts: Iterable[str], empty: str = "", *, ready: bool = False) -> list[str]:
    told = [f"- {text if ready else escaped(text)}" for text in texts]
    if not told and not empty:
        return []
    return ["", f"## {title}", "", *(told or [empty])]


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["", f"## {title}", "", *_table(heads, rows), ""] if rows else []


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(map(escaped, heads))} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(map(escaped, row))} |" for row in rows),
    ]
