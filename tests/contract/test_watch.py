"""The observer as the engine knows it: what it is told, what was seen, what is taken away."""

import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dr.core.fold import begin
from dr.core.samples import MARKS_HEADER, SAMPLES_HEADER, mark_line, sample_line
from dr.model.base import Json
from dr.model.drill import DetectorSpec, MarksSpec, Objectives, ProbeSpec
from dr.model.reading import Mark, MarkState, Sample, State
from dr.model.units import Duration
from dr.observer.seen import Seen
from dr.observer.spec import NOBODY
from dr.observer.watch import Watch
from tests.contract.oddities import PlacedMarks
from tests.property.worlds import a_plan

EVERY = Duration.parse("50ms")
ODD = {"odd": "tests.contract.oddities:Odd"}
MARKS = {
    "odd.marks": "tests.contract.oddities:OddMarks",
    "placed.marks": "tests.contract.oddities:PlacedMarks",
}


def a_probe(**params: Any) -> ProbeSpec:
    return ProbeSpec.model_validate({"id": "odd", "kind": "odd", "every": EVERY, "with": params})


def some_marks(kind: str, params: Json, **more: Any) -> MarksSpec:
    return MarksSpec.model_validate(
        {"id": "orders", "kind": kind, "every": EVERY, "with": params, **more}
    )


def a_watch(
    place: Path, *marks: MarksSpec, probes: tuple[ProbeSpec, ...] = (), **more: Any
) -> Watch:
    (place / "samples").mkdir(exist_ok=True)
    plan = a_plan(Objectives(), probes).model_copy(update={"marks": marks, **more})
    return Watch(
        plan=plan,
        run_id="r-0001",
        marks_run="r-0001.ab",
        directory=place,
        probe_kinds=ODD,
        mark_kinds=MARKS,
        asking=lambda site, within_s: NOBODY,
        longest_us=60_000_000,
    )


def disrupted(watch: Watch) -> None:
    run = begin(watch.plan)
    run.fault = (1, 2)
    watch.tell(run)


def a_sample(seq: int, sent_us: int) -> Sample:
    return Sample("odd", seq, sent_us, sent_us, sent_us + 10, State.UP)


def write(place: Path, name: str, header: str, lines: list[str]) -> None:
    path = place / "samples" / name
    new = not path.exists()
    with path.open("a") as file:
        file.write((header if new else "") + "".join(lines))


def test_probes_detectors_and_marks_are_told_what_only_the_run_knows(tmp_path: Path) -> None:
    written: Json = {"how": "$${x} of ${run.id}"}
    detector = DetectorSpec.model_validate(
        {"id": "pager", "kind": "odd", "every": EVERY, "with": written}
    )
    watch = a_watch(
        tmp_path,
        some_marks("odd.marks", written),
        probes=(a_probe(**written),),
        detect=(detector,),
    )
    watch.ensure()
    try:
        spec = json.loads((tmp_path / "samples" / "observer.spec.json").read_text())
    finally:
        watch.stop()

    told = [entry["params"] for entry in spec["probes"] + spec["marks"]]
    assert told == [{"how": "${x} of r-0001"}] * 3


def test_a_negative_control_is_told_the_same(tmp_path: Path) -> None:
    probe = a_probe(how="x").model_copy(update={"negative": {"how": "say $${ of ${run.id}"}})
    proof = a_watch(tmp_path, probes=(probe,)).prove("odd")

    assert proof is not None
    assert (proof.can_fail, proof.why) == (True, "say ${ of r-0001")


@pytest.mark.parametrize("seed", range(20))
def test_samples_come_in_order_of_sending_and_what_was_handed_out_stays(
    tmp_path: Path, seed: int
) -> None:
    rng = Random(seed)
    watch = a_watch(tmp_path, probes=(a_probe(),))
    written = [a_sample(n, n * 1_000) for n in range(60)]
    written.sort(key=lambda s: s.sent_us + rng.choice((0, 0, 0, 5_000)))
    given: list[tuple[Any, list[Sample]]] = []
    for first in range(0, 60, 7):
        batch = written[first : first + 7]
        write(tmp_path, "probes.csv", SAMPLES_HEADER, [sample_line(s) for s in batch])
        seen = watch.samples("odd")
        given.append((seen, sorted(written[: first + 7], key=lambda s: s.sent_us)))

    for seen, wanted in given:
        assert list(seen) == wanted
        assert (seen[-1], seen[-3:], len(seen)) == (wanted[-1], wanted[-3:], len(wanted))
        assert list(reversed(seen)) == wanted[::-1]
    with pytest.raises(IndexError):
        given[0][0][7]


def test_what_an_earlier_boot_wrote_is_not_shown_beside_what_this_one_does(tmp_path: Path) -> None:
    """Its moments are by another clock; figures come from all of it, put on one clock first."""
    lines = [sample_line(a_sample(n, at)) for n, at in enumerate((9_000, 9_500, 40, 90))]
    (tmp_path / "samples").mkdir()
    write(tmp_path, "probes.csv", SAMPLES_HEADER, lines[:1])
    seen = Seen(tmp_path / "samples")
    seen.leave_out(2, 0)
    assert len(seen.samples("odd")) == 0
    write(tmp_path, "probes.csv", SAMPLES_HEADER, lines[1:])
    seen.leave_out(4, 0)  # too late: it has been looked at

    assert [one.sent_us for one in seen.samples("odd")] == [40, 90]


def test_an_anchor_is_the_digest_of_the_whole_lines_so_far(tmp_path: Path) -> None:
    watch = a_watch(tmp_path, some_marks("odd.marks", {}), probes=(a_probe(),))
    assert watch.anchors() == []

    mark = Mark("orders", 1, 5, 9, MarkState.ACKED)
    write(tmp_path, "probes.csv", SAMPLES_HEADER, [sample_line(a_sample(1, 5)), "odd,2,5"])
    write(tmp_path, "marks.csv", MARKS_HEADER, [mark_line(mark)])
    first = {one.file: one for one in watch.anchors()}
    assert set(first) == {"samples/probes.csv", "samples/marks.csv"}
    assert watch.anchors() == []

    whole = (tmp_path / "samples" / "probes.csv").read_bytes()[: -len("odd,2,5")]
    probes = first["samples/probes.csv"]
    assert (probes.bytes, probes.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())


def test_what_was_read_back_is_anchored_when_nothing_is_read_any_more(tmp_path: Path) -> None:
    """A reading that is repeated writes it anew: an earlier anchor would accuse an honest run."""
    PlacedMarks.there = {"here": {"r-0001.ab"}}
    watch = a_watch(tmp_path, some_marks("placed.marks", {"place": "here"}))

    assert watch.read_back("orders") == 1
    assert watch.anchors() == []
    watch.stop()
    found = (tmp_path / "samples" / "found.csv").read_bytes()
    assert [(a.file, a.sha256) for a in watch.anchors()] == [
        ("samples/found.csv", hashlib.sha256(found).hexdigest())
    ]


def test_marks_are_removed_from_every_place_that_has_them(tmp_path: Path) -> None:
    mine, others = "r-0001.ab", "r-0002.cd"
    PlacedMarks.there = {"here": {mine, others}, "copy of r-0001": {mine}, "restored": {mine}}
    marks = some_marks(
        "placed.marks",
        {"place": "here"},
        read={"place": "restored"},
        copies=({"place": "copy of ${run.id}"},),
    )

    watch = a_watch(tmp_path, marks)
    disrupted(watch)
    assert watch.clean() == []
    # What was restored goes as a whole when its step is undone.
    assert PlacedMarks.there == {"here": {others}, "copy of r-0001": set(), "restored": {mine}}


def test_a_place_that_cannot_be_reached_yet_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    PlacedMarks.there = {}
    watch = a_watch(tmp_path, some_marks("placed.marks", {"place": "here"}))

    def later(seconds: float) -> None:
        PlacedMarks.there = {"here": {"r-0001.ab"}}

    monkeypatch.setattr(watch.clock, "sleep", later)
    assert watch.clean() == []
    assert PlacedMarks.there == {"here": set()}


def test_marks_that_could_not_be_removed_are_named_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dr.observer.watch._CLEAN_US", 0)
    PlacedMarks.there = {"here": {"r-0001.ab"}}
    marks = some_marks("placed.marks", {"place": "here"}, copies=({"place": "gone"},))

    watch = a_watch(tmp_path, marks)
    disrupted(watch)

    assert watch.clean() == ["marks orders of r-0001.ab may still be where `copies 0` says: 'gone'"]
    assert PlacedMarks.there == {"here": set()}


def test_before_anything_is_disrupted_there_are_no_copies(tmp_path: Path) -> None:
    """A replica that still follows has the deletions, too, and takes none itself."""
    PlacedMarks.there = {"here": {"r-0001.ab"}}
    marks = some_marks("placed.marks", {"place": "here"}, copies=({"place": "replica"},))

    assert a_watch(tmp_path, marks).clean() == []
