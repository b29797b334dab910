"""Where drills stand as metrics, and the rules that ring when nobody drills.

Units:  seconds of Unix time, as Prometheus wants them; whole ones.
Limits: the file says what was true when it was written; the rule on `dr_heartbeat_time_seconds`
        rings when it is no longer written.
Source: OpenMetrics 1.0; Prometheus alerting rules.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from dr.model.due import State
from dr.report.schedules.parts import Stands

RULES: Final = """\
groups:
  - name: dr
    rules:
      - alert: DrDrillOverdue
        expr: dr_drill_state{state="overdue"} == 1
        for: 1h
        labels: {severity: warning}
        annotations:
          summary: "[DRILL] {{ $labels.drill }} is overdue: its last pass is too old"
      - alert: DrDrillNeverPassed
        expr: dr_drill_max_age_seconds unless on(schedule, drill) dr_drill_passed_time_seconds
        for: 30d
        labels: {severity: info}
        annotations:
          summary: "[DRILL] {{ $labels.drill }} has never passed"
      - alert: DrDrillFailed
        expr: dr_drill_failed == 1
        labels: {severity: warning}
        annotations:
          summary: "[DRILL] {{ $labels.drill }} missed an objective the last time"
      - alert: DrDrillLeftDirty
        expr: dr_drill_dirty == 1
        labels: {severity: critical}
        annotations:
          summary: "[DRILL] {{ $labels.drill }} has left something changed"
      - alert: DrHeartbeatMissing
        expr: time() - dr_heartbeat_time_seconds > 7200 or absent(dr_heartbeat_time_seconds)
        for: 15m
        labels: {severity: warning}
        annotations:
          summary: "[DRILL] nobody looks at the drill schedules any more"
"""


def metrics(rows: Sequence[Stands], now: datetime) -> str:
    """Return the text of a file for a textfile collector."""
    return "\n".join(_lines(rows, now)) + "\n"


def _lines(rows: Sequence[Stands], now: datetime) -> Iterator[str]:
    yield from _family("dr_heartbeat_time_seconds", "When this was written.")
    yield f"dr_heartbeat_time_seconds {_seconds(now)}"
    # A gauge and no state set: the textfile collector of node_exporter knows none.
    yield from _family("dr_drill_state", "1 for the state in which a scheduled drill is.")
    for row in rows:
        for state in State:
            labels = _labels(row, state=state.value)
            yield f"dr_drill_state{labels} {int(row.found.state is state)}"
    yield from _family("dr_drill_max_age_seconds", "The age at which its last pass is too old.")
    for row in rows:
        yield f"dr_drill_max_age_seconds{_labels(row)} {row.max_age // timedelta(seconds=1)}"
    for name in ("attempted", "conclusive", "passed"):
        yield from _family(f"dr_drill_{name}_time_seconds", f"When it was last {name}.")
        for row in rows:
            at = getattr(row.found.ages, name)
            if at is not None:
                yield f"dr_drill_{name}_time_seconds{_labels(row)} {_seconds(at)}"
    yield from _family("dr_drill_failed", "1 if its last conclusive run missed an objective.")
    for row in rows:
        yield f"dr_drill_failed{_labels(row)} {int(bool(row.found.failed))}"
    yield from _family("dr_drill_dirty", "1 if its last run has left something changed.")
    for row in rows:
        yield f"dr_drill_dirty{_labels(row)} {int(bool(row.found.dirty))}"
    yield "# EOF"


def _family(name: str, help_: str) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {help_}"


def _labels(row: Stands, state: str = "") -> str:
    """Return the labels; names of schedules and drills need no escaping."""
    simulated = ',simulated="true"' if row.sandbox else ""
    which = f',state="{state}"' if state else ""
    return f'{{schedule="{row.schedule}",drill="{row.found.drill}"{simulated}{which}}}'


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
