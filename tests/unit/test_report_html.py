"""The HTML report: self-contained, the same every time, and nobody else's mouthpiece."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tinyhtml5.parser import HTMLParser as HTML5Parser

from dr.core.conclude import Raw, conclude
from dr.core.samples import found_text, marks_text, samples_text
from dr.model.reading import Sample, State
from dr.report.html import render
from dr.report.page import page
from dr.report.parts import Digests
from dr.report.text import LINES, summary
from tests.unit import report_data
from tests.unit.report_poison import PAYLOAD, poisoned
from tests.unit.report_world import at

VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})
ALLOWED = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "p",
        "strong",
        "span",
        "div",
        "h1",
        "h2",
        "h3",
        "dl",
        "dt",
        "dd",
        "section",
        "ul",
        "li",
        "article",
        "header",
        "svg",
        "desc",
        "defs",
        "pattern",
        "rect",
        "line",
        "text",
        "path",
        "figure",
        "figcaption",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "br",
        "code",
        "pre",
        "footer",
    ]
)
KINDS = sorted(report_data.ALL)


class Outline(HTMLParser):
    """Checks that every element is closed where it must be, and keeps what a page consists of.

    A browser forgives; so the parser of the standard has to have nothing to forgive, either.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []
        standard = HTML5Parser()
        standard.parse(text)
        assert standard.errors == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_well_formed_and_holds_only_what_we_draw(kind: str) -> None:
    outline = Outline(render(report_data.ALL[kind]().page()))
    assert outline.tags <= ALLOWED
    ids = [value for name, value in outline.attributes if name == "id"]
    drawn = [i for i in ids if i and not i.startswith("key")]
    assert len(drawn) == len(set(drawn))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_run_gives_the_same_bytes(kind: str) -> None:
    make = report_data.ALL[kind]
    assert render(make().page()) == render(make().page())
    assert summary(make().page()) == summary(make().page())


def test_the_page_can_neither_run_nor_load_anything() -> None:
    html = render(report_data.passed().page())
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert f'content="{policy}"' in html.replace("&#39;", "'")
    assert "<script" not in html
    names = {name for name, _ in Outline(html).attributes}
    assert not names & {"src", "href", "action", "srcset"}
    assert "url(h" not in html
    assert "@import" not in html


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_in_any_field_stays_text(kind: str) -> None:
    run = report_data.ALL[kind]()
    plan, result = poisoned(run.plan), poisoned(run.result)
    events = tuple(e._replace(data=poisoned(e.data), run=PAYLOAD + e.run) for e in run.events)
    samples = tuple(
        replace(s, probe=PAYLOAD + s.probe, why=PAYLOAD, vantage=PAYLOAD) for s in run.samples
    )
    marks = tuple(replace(m, marks=PAYLOAD + m.marks, why=PAYLOAD) for m in run.marks)
    digests = Digests(PAYLOAD, PAYLOAD, 1, PAYLOAD)
    found = {PAYLOAD + name: seqs for name, seqs in run.found.items()}
    built = page(plan, result, events, samples, marks, found=found, digests=digests)
    html = render(built)
    outline = Outline(html)
    assert outline.tags <= ALLOWED
    assert not [name for name, _ in outline.attributes if name.startswith("on")]
    assert "<img" not in html
    assert "{{ 7*7 }}" in html
    unseen = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
    assert not unseen.search(html)
    assert not unseen.search(summary(built))
    html.encode()  # a lone surrogate would not go into a file
    text = summary(built)
    assert text.count("\n") <= LINES


def test_every_part_of_a_rehearsal_says_that_it_is_one() -> None:
    html = render(report_data.passed(simulated=True).page())
    for part in re.findall(r"<(?:figcaption|caption|footer|h3)\b.*?</", html, re.DOTALL):
        if "Not put back" not in part:
            assert "SIMULATED" in part, part
    for figure in re.findall(r'<svg[^>]*role="img".*?</svg>', html, re.DOTALL):
        assert figure.count("SIMULATED") >= 2  # in its title, and drawn
    assert re.search(r"<title>SIMULATED", html)
    assert "SIMULATED" not in render(report_data.passed().page())
    assert "SIMULATED" in summary(report_data.passed(simulated=True).page())


def test_every_figure_has_words_for_those_who_cannot_see_it() -> None:
    html = render(report_data.passed().page())
    for figure in re.findall(r'<svg[^>]*role="img".*?</svg>', html, re.DOTALL):
        label = re.search(r'aria-labelledby="(\S+) (\S+)"', figure)
        assert label is not None
        assert f'<title id="{label[1]}">' in figure
        assert f'<desc id="{label[2]}">' in figure


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("pass", ["147.5 \u2013 151.6 s", "0 \u2013 640 ms", "→", "7f3c2a1e-"]),
        ("fail", ["221.3 \u2013 225.1 s", "rto-missed", "19 acknowledged writes were lost"]),
        ("aborted", ["at least 301.0 s", "left waiting", "not measured", "Nobody answers"]),
        ("dirty", ["left changed", "NOT put back", "AccessDenied", "somebody must put this right"]),
        ("inconclusive", ["straddles the target", "control probe was down"]),
    ],
)
def test_the_page_tells_what_happened(kind: str, words: list[str]) -> None:
    text = " ".join(Outline(render(report_data.ALL[kind]().page())).text)
    for word in words:
        assert word in text


def test_a_lost_write_is_drawn_as_lost() -> None:
    strips = {s.label.text: s for s in report_data.missed().page().figures[0].strips}
    assert strips["orders"].bad
    intact = {s.label.text: s for s in report_data.passed().page().figures[0].strips}
    assert not intact["orders"].bad


def test_a_long_run_gets_a_second_look_at_the_outage() -> None:
    run = report_data.passed()
    assert len(run.page().figures) == 1
    tail = replace(run.samples[-1], sent_us=at(3000), done_us=at(3000), due_us=at(3000))
    figures = replace(run, samples=(*run.samples, tail)).page().figures
    assert [f.id for f in figures] == ["whole", "outage"]


def test_a_run_that_was_refused_has_a_report() -> None:
    run = report_data.passed()
    refused = run.result.model_copy(
        update={"objectives": (), "outages": (), "marks": (), "phases": ()}
    )
    built = page(run.plan, refused, (), (), (), digests=Digests("a", "b", 0))
    assert "not reached" in render(built)
    assert "No objective was judged" in render(built)
    assert summary(built)


def test_a_hundred_thousand_samples_make_a_small_page() -> None:
    run = report_data.passed()
    states = (State.UP, State.DOWN, State.UNKNOWN)
    samples = tuple(
        Sample(probe, n, at(t), at(t), at(t), states[n % 3])
        for probe in ("storefront", "checkout-api")
        for n in range(50_000)
        for t in (-28 + n * 0.005,)
    )
    html = render(replace(run, samples=samples).page())
    assert len(html.encode()) < 1_000_000


def test_long_lists_are_cut_in_the_terminal_and_say_so() -> None:
    run = report_data.missed()
    many = run.result.findings * 40
    text = summary(replace(run, result=run.result.model_copy(update={"findings": many})).page())
    assert text.count("\n") <= LINES
    assert "more: see the report" in text
    assert text.rstrip().splitlines()[-1].startswith("Recompute:")


def test_what_measuring_makes_of_a_run_can_be_shown() -> None:
    run = report_data.missed()
    raw = Raw(
        samples_text(run.samples).encode(),
        marks_text(run.marks).encode(),
        found_text("orders", run.found["orders"]).encode(),
    )
    measured = conclude(run.plan, run.events, raw, frozenset())
    shown = replace(run, result=measured.result).page()
    assert shown.verdict == "fail"
    assert shown.sentence.startswith("Recovery time: ")
    assert len(shown.cards) == 2
    assert {t.title for t in shown.tables} >= {"Phases", "What the probes saw"}
    Outline(render(shown))
    assert summary(shown).count("\n") <= LINES


def test_a_place_that_nobody_read_has_lost_no_countable_writes() -> None:
    run = report_data.passed()
    marks = run.result.marks[0].model_copy(
        update={"found": 0, "lost": 0, "recovery_point": None, "unacknowledged_found": 0}
    )
    tables = replace(run, result=run.result.model_copy(update={"marks": (marks,)})).page().tables
    row = next(t.rows[0] for t in tables if t.title == "What became of our writes")
    assert row.count("not read") == 6
    assert "0" not in row


def test_a_probe_that_asks_from_several_places_has_a_strip_for_each() -> None:
    run = report_data.passed()
    places = ("10.0.0.1", "10.0.0.2")
    probes = tuple(
        p.model_copy(update={"vantages": places}) if p.id == "storefront" else p
        for p in run.plan.probes
    )
    samples = tuple(
        replace(s, vantage=places[s.seq % 2]) if s.probe == "storefront" else s for s in run.samples
    )
    plan = run.plan.model_copy(update={"probes": probes})
    strips = replace(run, plan=plan, samples=samples).page().figures[0].strips
    drawn = [strip.note.text for strip in strips if strip.label.text == "storefront"]
    assert drawn == [f"probe from {place}" for place in places]
    assert all(s.bad and s.good for s in strips if s.label.text == "storefront")


def test_the_page_says_how_far_the_run_was_from_a_real_event() -> None:
    run = report_data.passed()
    plan = run.plan.model_copy(
        update={
            "environment": "staging",
            "exclusions": (),
            "marks": (),
            "probes": tuple(p for p in run.plan.probes if not p.control),
        }
    )
    told = " ".join(replace(run, plan=plan).page().limits)
    for words in (
        'in the environment "staging"',
        "names no exclusions",
        "Data loss was not measured",
        "No control probe",
        "success conditions in words",
    ):
        assert words in told
    undecided = tuple(e for e in run.events if not hasattr(e.data, "answer"))
    assert "Nobody had to decide" in " ".join(replace(run, events=undecided).page().limits)
