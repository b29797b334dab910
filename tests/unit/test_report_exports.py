"""Exports: each has the form that its readers expect, and says no more than the evidence."""

import base64
import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from dr.core.boots import Recorded
from dr.model.errors import Refused
from dr.model.event import NoteAdded
from dr.report.asff import asff
from dr.report.evidence import Evidence
from dr.report.intoto import envelope, pae, statement
from dr.report.junit import junit
from dr.report.markdown import escaped, markdown
from dr.report.oscal import oscal
from dr.report.parts import Digests
from dr.report.sheet import HEADS, sheet
from tests.unit import report_data
from tests.unit.report_data import Material
from tests.unit.report_forms import check_junit, check_oscal
from tests.unit.report_poison import PAYLOAD, poisoned

KINDS = sorted(report_data.ALL)
FILES = {name: f"{n}" * 64 for n, name in enumerate(
    ("events.jsonl", "intent.json", "plan.json", "result.json", "samples/probes.csv"), 1
)}  # fmt: skip


def evidence(run: Material) -> Evidence:
    from dr.report.facts import NOTHING_LATER

    digests = Digests("0c119234" * 8, "52f52785" * 8, len(run.events), "9d3e01aa" * 8)
    return Evidence(
        run.plan, run.result, run.events, run.samples, run.marks, run.found, digests, FILES,
        NOTHING_LATER, Recorded(run.events, run.samples, run.marks),
    )  # fmt: skip


def hostile(kind: str) -> Evidence:
    """Return a run with hostile text wherever text can be; sites and digests stay."""
    run = report_data.ALL[kind]()
    events = tuple(e._replace(data=poisoned(e.data)) for e in run.events)
    plan = poisoned(run.plan).model_copy(update={"sites": run.plan.sites})
    return evidence(replace(run, plan=plan, result=poisoned(run.result), events=events))


@pytest.mark.parametrize("kind", KINDS)
def test_every_export_is_the_same_bytes_for_the_same_run(kind: str) -> None:
    make = report_data.ALL[kind]
    forms: list[Callable[[Evidence], Any]] = [junit, oscal, asff, sheet, statement]
    for form in forms:
        assert form(evidence(make())) == form(evidence(make()))
    assert markdown(make().page()) == markdown(make().page())


@pytest.mark.parametrize("kind", KINDS)
def test_junit_has_the_form_of_both_schemas_whatever_the_texts(kind: str) -> None:
    check_junit(junit(evidence(report_data.ALL[kind]())))
    check_junit(junit(hostile(kind)))


@pytest.mark.parametrize(
    ("kind", "failures", "errors"),
    [("pass", 0, 0), ("fail", 3, 0), ("inconclusive", 0, 2), ("aborted", 0, 4), ("dirty", 1, 0)],
)
def test_junit_counts_what_is_no_pass_as_none(kind: str, failures: int, errors: int) -> None:
    suite = check_junit(junit(evidence(report_data.ALL[kind]())))
    assert (int(suite.attrib["failures"]), int(suite.attrib["errors"])) == (failures, errors)


def test_junit_gives_an_objective_the_upper_end_of_its_interval() -> None:
    suite = check_junit(junit(evidence(report_data.passed())))
    (rto,) = [case for case in suite.iter("testcase") if case.attrib["name"] == "rto"]
    assert rto.attrib["time"] == "151.510"


@pytest.mark.parametrize("kind", KINDS)
def test_oscal_has_the_form_of_assessment_results(kind: str) -> None:
    check_oscal(json.loads(oscal(evidence(report_data.ALL[kind]()))))
    check_oscal(json.loads(oscal(hostile(kind))))


def test_oscal_determines_nothing_and_reviews_only_what_is_supported() -> None:
    told = json.loads(oscal(evidence(report_data.passed())))["assessment-results"]["results"][0]
    assert "findings" not in told
    (selection,) = told["reviewed-controls"]["control-selections"]
    assert {"control-id": "cp-10"} in selection["include-controls"]
    failed = json.loads(oscal(evidence(report_data.missed())))["assessment-results"]["results"][0]
    (selection,) = failed["reviewed-controls"]["control-selections"]
    assert {"control-id": "cp-10"} not in selection["include-controls"]
    rehearsed = json.loads(oscal(evidence(report_data.passed(simulated=True))))
    (selection,) = rehearsed["assessment-results"]["results"][0]["reviewed-controls"][
        "control-selections"
    ]
    assert "supports none of them" in selection["description"]
    assert any("19 acknowledged" in risk["description"] for risk in failed["risks"])


def test_the_check_of_the_form_would_notice() -> None:
    told = json.loads(oscal(evidence(report_data.passed())))
    spoils: tuple[Callable[[Any], Any], ...] = (
        lambda d: d.pop("import-ap"),
        lambda d: d.update(findings=[]),
        lambda d: d["metadata"].update({"last-modified": "2026-11-20T09:00:00"}),
        lambda d: d["results"][0]["observations"][0]["relevant-evidence"][0].update(
            href="#00000000-0000-4000-8000-000000000000"
        ),
    )
    for spoil in spoils:
        spoilt = json.loads(json.dumps(told))
        spoil(spoilt["assessment-results"])
        with pytest.raises(AssertionError):
            check_oscal(spoilt)


@pytest.mark.parametrize("kind", KINDS)
def test_security_hub_would_take_the_findings(kind: str) -> None:
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    assert shape is not None
    for one in (evidence(report_data.ALL[kind]()), hostile(kind)):
        found = json.loads(asff(one))
        assert found
        report = ParamValidator().validate({"Findings": found}, shape)
        assert not report.has_errors(), report.generate_report()
        for finding in found:
            assert len(finding["Title"]) <= 256
            assert len(finding["Description"]) <= 1024


def test_a_finding_says_what_it_is_worth() -> None:
    def status(run: Material) -> list[str]:
        return [one["Compliance"]["Status"] for one in json.loads(asff(evidence(run)))]

    assert status(report_data.passed()) == ["PASSED", "PASSED"]
    assert status(report_data.missed()) == ["FAILED", "FAILED"]
    assert status(report_data.aborted()) == ["WARNING", "WARNING"]
    assert status(report_data.left_dirty()) == ["PASSED", "PASSED", "FAILED"]
    assert status(report_data.passed(simulated=True)) == ["NOT_AVAILABLE", "NOT_AVAILABLE"]


def test_a_drill_without_a_site_has_no_findings_to_give() -> None:
    run = report_data.passed()
    with pytest.raises(Refused, match="no site"):
        asff(evidence(replace(run, plan=run.plan.model_copy(update={"sites": {}}))))


@pytest.mark.parametrize(
    ("kind", "word"),
    [("pass", "PASSED"), ("fail", "FAILED"), ("inconclusive", "WARNED"), ("aborted", "WARNED"),
     ("dirty", "FAILED")],
)  # fmt: skip
def test_a_statement_passes_only_what_passed_and_was_put_back(kind: str, word: str) -> None:
    told = json.loads(statement(evidence(report_data.ALL[kind]())))
    assert told["predicate"]["result"] == word
    assert {s["name"]: s["digest"]["sha256"] for s in told["subject"]} == FILES
    assert set(told) == {"_type", "subject", "predicateType", "predicate"}


def test_an_envelope_holds_the_bytes_that_were_signed() -> None:
    made = json.loads(envelope(b'{"a":1}', "SHA256:k", lambda data: data))
    assert base64.b64decode(made["payload"]) == b'{"a":1}'
    assert base64.b64decode(made["signatures"][0]["sig"]) == pae(b'{"a":1}')
    assert pae(b"xyz") == b"DSSEv1 28 application/vnd.in-toto+json 3 xyz"


def test_the_sheet_has_every_sample_and_mark_and_no_formula() -> None:
    run = report_data.missed()
    why = '=HYPERLINK("http://x")'
    spoilt = replace(run, samples=(replace(run.samples[0], why=why), *run.samples[1:]))
    rows = list(csv.reader(io.StringIO(sheet(evidence(spoilt)))))
    assert tuple(rows[0]) == HEADS
    assert len(rows) == 1 + len(run.samples) + len(run.marks)
    assert sum(row[7] == "lost" for row in rows) == 19
    assert not [cell for row in rows[1:] for cell in row if cell.startswith("=")]
    assert [row[4] for row in rows[1:]] == sorted(row[4] for row in rows[1:])


@pytest.mark.parametrize("kind", KINDS)
def test_markdown_tells_what_the_page_tells_and_nothing_marks_it_up(kind: str) -> None:
    page = report_data.ALL[kind]().page()
    told = markdown(page)
    assert told.startswith(f"# {'SIMULATED ' if page.simulated else ''}{page.verdict.upper()}")
    for text in (*page.limits, *page.left, *(f.text for f in page.findings), page.digests.result):
        assert escaped(text) in told
    spoilt = markdown(hostile(kind).page())
    assert "<script" not in spoilt
    assert "<img" not in spoilt
    cells = [line.count("|") - line.count("\\|") for line in spoilt.splitlines() if line[:1] == "|"]
    columns = [line.count("|") for line in told.splitlines() if line[:1] == "|"]
    assert set(cells) <= set(columns)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a\\|b"), ("<b>", "&lt;b>"), ("# x", "\\# x"), ("- x", "\\- x"), ("> x", "\\> x"),
        ("1. x", "1\\. x"), ("12) x", "12\\) x"), ("[x](y)", "\\[x\\](y)"), ("`a`", "\\`a\\`"),
        ("orders-web 3.5", "orders-web 3.5"), ("&lt;", "&amp;lt;"),
    ],
)  # fmt: skip
def test_text_is_shown_by_markdown_as_it_is(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_ten_thousand_events_make_a_page_that_can_be_read() -> None:
    run = report_data.passed()
    note = NoteAdded(who="ada@example.com", text=PAYLOAD)
    last = run.events[-1]
    many = tuple(last._replace(seq=n, data=note) for n in range(10_000))
    page = replace(run, events=(*run.events[:-1], *many)).page()
    assert len(page.decisions) < 250
    assert page.decisions[-1].what.startswith("and ")
