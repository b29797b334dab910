"""Strips, changes and text from elsewhere."""

import pytest

from dr.model.base import Json
from dr.model.reading import Sample, State
from dr.report.bar import BAR_WIDTH, bar
from dr.report.changes import changed, fields
from dr.report.parts import FieldChange
from dr.report.strips import Shade, Window, of_samples
from dr.report.svg import LEFT, PLOT, Moment, Scene, draw
from dr.report.untrusted import clean, shortened

S = 1_000_000


def sample(at_us: int, state: State) -> Sample:
    return Sample("p", at_us, at_us, at_us, at_us + 1, state)


def test_equal_neighbours_become_one_stretch() -> None:
    samples = [sample(n * S, State.DOWN if 3 <= n < 6 else State.UP) for n in range(10)]
    stretches = of_samples(samples, S, Window(0, 10 * S, 100))
    assert [(s.first, s.past, s.shade) for s in stretches] == [
        (0, 30, Shade.GOOD),
        (30, 60, Shade.BAD),
        (60, 100, Shade.GOOD),
    ]


def test_one_failed_sample_among_a_hundred_thousand_is_seen() -> None:
    samples = [sample(n, State.DOWN if n == 77_777 else State.UP) for n in range(100_000)]
    stretches = of_samples(samples, 1, Window(0, 100_000, 768))
    assert [s.shade for s in stretches] == [Shade.GOOD, Shade.BAD, Shade.GOOD]


def test_where_nobody_looked_the_strip_is_empty() -> None:
    samples = [sample(0, State.UP), sample(1 * S, State.UP), sample(50 * S, State.UP)]
    stretches = of_samples(samples, S, Window(0, 100 * S, 100))
    assert [(s.first, s.past) for s in stretches] == [(0, 4), (50, 51)]


def test_samples_outside_the_window_are_not_drawn() -> None:
    samples = [sample(n * S, State.DOWN) for n in (0, 20)]
    assert of_samples(samples, S, Window(5 * S, 10 * S, 100)) == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"cluster": "db", "old": "a", "new": "b"},
            (FieldChange("value", "a", "b"), FieldChange("cluster", None, "db")),
        ),
        (
            {"from": {"desired": 6, "zones": ["a", "b"]}, "to": {"desired": 6, "zones": ["b"]}},
            (FieldChange("zones", "a, b", "b"),),
        ),
        (
            {"old_writer": None, "new_writer": "w2"},
            (FieldChange("writer", "none", "w2"),),
        ),
        (
            {"capacity_from": 1, "capacity_to": 2},
            (FieldChange("capacity", "1", "2"),),
        ),
        (
            {"from_": "x", "to": "y", "enabled": True},
            (FieldChange("value", "x", "y"), FieldChange("enabled", None, "yes")),
        ),
        ({"old_acl": "a"}, (FieldChange("old_acl", None, "a"),)),
        ({}, ()),
    ],
)
def test_a_change_is_told_field_by_field(change: Json, told: tuple[FieldChange, ...]) -> None:
    assert fields(change) == told


def test_a_change_in_one_line_names_both_ends() -> None:
    assert changed({"old_writer": "a", "new_writer": "b", "cluster": "c"}) == "writer a → b"
    assert changed({"table": "t"}) == "table t"


def test_what_cannot_be_seen_is_removed() -> None:
    assert clean("a\x1b[31mb\r\nc\td") == "a[31mb c d"
    assert clean("safe\u202eevil\u200b\u2028x") == "safeevil x"
    assert clean("x\ud800y") == "x\N{REPLACEMENT CHARACTER}y"
    assert clean("Grüße, 東京") == "Grüße, 東京"
    assert shortened("abcdef", 4) == "abc…"


def test_labels_of_near_markers_do_not_touch() -> None:
    moments = tuple(Moment(f"moment {n}", "other", n, n + 5) for n in range(6))
    figure = draw(
        Scene("f", "t", "d", False, Window(0, 1000, PLOT), 0, (), (), moments, ("a", "b"), None)
    )
    rows: dict[int, list[tuple[float, float]]] = {}
    for marker in figure.markers:
        begin = float(marker.label.x)
        end = begin + len(marker.label.text) * 6
        for other in rows.setdefault(marker.label.y, []):
            assert end <= other[0] or begin >= other[1]
        rows[marker.label.y].append((begin, end))
    assert all(LEFT <= m.x <= LEFT + PLOT for m in figure.markers)


@pytest.mark.parametrize("bounds", [(0, 0), (5, 9), (11, None), (0, None), (50, 90)])
def test_a_bar_shows_the_target_and_stays_inside(bounds: tuple[int, int | None]) -> None:
    drawn = bar(id_="b", words=("t", "d", "RTO"), bounds=bounds, target=10, simulated=False)
    assert 0 <= drawn.sure <= drawn.past <= BAR_WIDTH
    assert 0 < drawn.target < BAR_WIDTH
    if bounds[1] is not None:
        assert (drawn.past <= drawn.target) == (bounds[1] <= 10)
    assert (drawn.sure > drawn.target) == (bounds[0] > 10)
