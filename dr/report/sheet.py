"""Samples and marks as one CSV for a spreadsheet, in the order in which they were sent.

The raw files in `samples/` are the evidence; this is easier to look at. Times after the fault are
whole microseconds, empty where nothing was disrupted. A cell that a spreadsheet would take for a
formula has an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterator

from dr.core.fold import fold
from dr.model.reading import MarkState
from dr.model.timeline import Interval
from dr.report.evidence import Evidence
from dr.report.moments import moments
from dr.report.numbers import wall
from dr.report.untrusted import clean

HEADS = ("what", "id", "from", "number", "sent_utc", "after_fault_us", "took_us", "state", "why")
_FORMULA = ("=", "+", "-", "@")


def sheet(evidence: Evidence) -> str:
    """Return the file."""
    run = fold(evidence.plan, evidence.events)
    when = moments(run, evidence.events, evidence.result.started)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    for sent_us, what, id_, place, seq, took, state, why in sorted(_rows(evidence, run.fault)):
        at = wall(when.began, sent_us - when.began_us).isoformat().replace("+00:00", "Z")
        after = "" if run.fault is None else sent_us - run.fault[0]
        texts = (_cell(id_), _cell(place))
        writer.writerow((what, *texts, seq, at, after, took, state, _cell(why)))
    return out.getvalue()


_Row = tuple[int, str, str, str, int, int, str, str]


def _rows(evidence: Evidence, fault: Interval | None) -> Iterator[_Row]:
    for s in evidence.samples:
        took = s.done_us - s.sent_us
        yield s.sent_us, "sample", s.probe, s.vantage, s.seq, took, s.state.value, s.why
    for m in evidence.marks:
        held = evidence.found.get(m.marks)
        lost = (
            held is not None
            and fault is not None
            and m.state is MarkState.ACKED
            and m.done_us <= fault[0]
            and not held.get(m.seq)
        )
        state = "lost" if lost else m.state.value
        yield m.sent_us, "mark", m.marks, "", m.seq, m.done_us - m.sent_us, state, m.why


def _cell(text: str) -> str:
    text = clean(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
