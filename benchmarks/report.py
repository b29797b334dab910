"""How long it takes to make a report of a large run, and how large the page is.

    python -m benchmarks.report [--samples 100000] [--events 10000]

The evidence is read from bytes, as `dr report` does: the journal's chain is checked, the result
computed again, the page worked out and set. CPU time of this process.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from dr.core.canonical import canonical
from dr.core.lines import digest, write
from dr.core.samples import found_text, marks_text, samples_text
from dr.model.event import NoteAdded
from dr.model.reading import Sample, State
from dr.report.evidence import Evidence, read
from dr.report.html import render
from dr.report.junit import junit
from dr.report.markdown import markdown
from dr.report.redaction import redact
from dr.report.sheet import sheet
from tests.unit.report_data import passed
from tests.unit.report_world import RUN, at

ValueT = TypeVar("ValueT")
GOAL_SECONDS, GOAL_BYTES = 2.0, 1_000_000


def files(samples: int, events: int) -> dict[str, bytes]:
    """Return the files of a run with so many samples and events."""
    run = passed()
    period = 240 / (samples // 2)
    many = [
        Sample(
            probe,
            n,
            at(t),
            at(t),
            at(t + 0.001),
            State.DOWN if 0.9 <= t < 148 else State.UP,
            "timed out" if 0.9 <= t < 148 else "",
        )
        for n in range(samples // 2)
        for t in (-28 + n * period,)
        for probe in ("storefront", "checkout-api")
    ]
    plan = canonical(run.plan.as_json())
    intent = canonical({"run_id": RUN, "schema": "dr.intent/1"})
    prev, lines = digest(intent), []
    last = run.events[-1]
    notes = [
        last._replace(data=NoteAdded(who="ada", text=f"note {n}"))
        for n in range(events - len(run.events))
    ]
    for seq, event in enumerate((*run.events[:-1], *notes, last), start=1):
        line = write(event._replace(seq=seq, prev=prev))
        lines.append(line + b"\n")
        prev = digest(line)
    found = "".join(found_text(name, seqs) for name, seqs in run.found.items())
    return {
        "plan.json": plan,
        "intent.json": intent,
        "events.jsonl": b"".join(lines),
        "samples/probes.csv": samples_text(many).encode(),
        "samples/marks.csv": marks_text(run.marks).encode(),
        "samples/found.csv": found.encode(),
    }


def main() -> int:
    """Measure, print, and return 1 if a goal is missed."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("--samples", type=int, default=100_000)
    arguments.add_argument("--events", type=int, default=10_000)
    chosen = arguments.parse_args()
    bundle = files(chosen.samples, chosen.events)
    render(passed().page())  # templates and the control map are loaded once
    print(f"{chosen.samples} samples, {chosen.events} events")
    evidence, reading = timed(lambda: read(bundle, lambda plan: frozenset()))
    html, setting = timed(lambda: render(evidence.page()).encode())
    met = setting <= GOAL_SECONDS and len(html) <= GOAL_BYTES
    print(f"read and compute again {reading:6.2f} s")
    print(
        f"HTML                   {setting:6.2f} s, {len(html) / 1000:7.0f} kB; goal "
        f"{GOAL_SECONDS:.0f} s, {GOAL_BYTES // 1000} kB: {'met' if met else 'MISSED'}"
    )
    others: dict[str, Callable[[Evidence], object]] = {
        "Markdown": lambda e: markdown(e.page()),
        "JUnit": junit,
        "CSV": sheet,
        "redacted copy": lambda e: redact(bundle, lambda plan: frozenset()),
    }
    for name, make in others.items():
        _, took = timed(partial(make, evidence))
        print(f"{name:<22} {took:6.2f} s")
    return 0 if met else 1


def timed(make: Callable[[], ValueT]) -> tuple[ValueT, float]:
    """Return what was made, and the CPU seconds that took."""
    begin = time.process_time()
    made = make()
    return made, time.process_time() - begin


if __name__ == "__main__":
    raise SystemExit(main())
