"""`dr plan` before a run and `dr measure` after it: what can be measured, and what was."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from dr.core.samples import SAMPLES_HEADER
from tests.e2e.toy_service import TOY, Played, Toy, dr

PAGER = """
detect:
  - id: pager
    kind: http.json
    every: 100ms
    with: {url: "@URL@/incidents", firing: "[?status=='triggered']"}
disrupt:"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with Toy(tmp_path_factory.mktemp("toy")) as toy:
        yield toy.run()


def plan(place: Path, *changes: tuple[str, str]) -> tuple[int, str]:
    text = TOY.replace("@URL@", "http://127.0.0.1:9").replace("@OTHER@", "http://127.0.0.1:9")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    drill = place / "drill.yaml"
    drill.write_text(text)
    done = dr("plan", str(drill), home=place)
    return done.returncode, done.stdout + done.stderr


def test_a_plan_says_how_wide_its_result_will_be(tmp_path: Path) -> None:
    code, said = plan(tmp_path)

    assert code == 0, said
    # a period, a time limit, and a second for the request that disrupts
    assert "recovery time 20s, from fault, by probe toy; measured to within 1550ms" in said
    assert "no AWS account" in said


def test_a_plan_that_cannot_measure_its_own_target_is_refused(tmp_path: Path) -> None:
    code, said = plan(tmp_path, ("target: 20s", "target: 15s"))

    assert code == 2
    assert "DR0604" in said
    assert "too coarse for a target of 15s" in said
    accepted = plan(tmp_path, ("target: 20s", "target: 15s, too_coarse: inconclusive"))
    assert accepted[0] == 0
    assert "inconclusive near the target" in accepted[1]


def test_a_target_for_a_phase_that_nothing_ends_is_refused(tmp_path: Path) -> None:
    code, said = plan(tmp_path, ("blast_radius:", "  phases: {detected: 5s}\nblast_radius:"))

    assert code == 2
    assert "DR0611" in said


def copied(played: Played, place: Path) -> Path:
    bundle = place / played.run.name
    shutil.copytree(played.run, bundle)
    (bundle / "journal.db").unlink()
    return bundle


def test_measuring_again_gives_the_same_bytes(played: Played, tmp_path: Path) -> None:
    done = dr("measure", str(copied(played, tmp_path)), "--json", home=tmp_path)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == played.result
    assert "byte for byte" in done.stderr


def _edited(line: str, place: int, change: Callable[[str], str]) -> str:
    fields = line.split(",")
    fields[place] = change(fields[place])
    return ",".join(fields)


def _later(number: str) -> str:
    return str(int(number) + 1)


def _other_state(state: str) -> str:
    return {"up": "down", "down": "up"}.get(state, "up")


EDITS: tuple[Callable[[str], str], ...] = (
    lambda line: "",
    lambda line: line + line,
    lambda line: _edited(line, 0, lambda _: "net2"),
    lambda line: _edited(line, 1, _later),
    lambda line: _edited(line, 2, _later),
    lambda line: _edited(line, 3, _later),
    lambda line: _edited(line, 4, _later),
    lambda line: _edited(line, 5, _other_state),
    lambda line: _edited(line, 6, lambda why: why + "x"),
    lambda line: line.replace(",", ";", 1),
)


@pytest.mark.parametrize("edit", range(len(EDITS)))
def test_any_change_of_a_sample_shows(played: Played, tmp_path: Path, edit: int) -> None:
    bundle = copied(played, tmp_path)
    path = bundle / "samples" / "probes.csv"
    lines = path.read_text().splitlines(keepends=True)
    assert lines[0] == SAMPLES_HEADER
    at = Random(edit).randrange(1, len(lines))
    lines[at] = EDITS[edit](lines[at])
    path.write_text("".join(lines))

    done = dr("measure", str(bundle), home=tmp_path)

    assert done.returncode != 0
    shown = "NOT what the journal saw", "damaged", "DIFFERS"
    assert any(word in done.stderr for word in shown), done.stderr


def test_a_changed_event_or_a_missing_file_shows(played: Played, tmp_path: Path) -> None:
    bundle = copied(played, tmp_path)
    events = bundle / "events.jsonl"
    text = events.read_text()
    events.write_text(text.replace('"sent_us":', '"sent_us":1', 1))
    assert dr("measure", str(bundle), home=tmp_path).returncode != 0
    events.write_text(text)
    assert dr("measure", str(bundle), home=tmp_path).returncode == 0
    (bundle / "samples" / "probes.csv").unlink()
    assert dr("measure", str(bundle), home=tmp_path).returncode != 0


def test_the_time_to_detect_is_measured_and_judged_through_the_real_engine(tmp_path: Path) -> None:
    heal = '  - {id: heal, kind: command.run, with: {argv: [rm, "@FLAG@"]'
    pause = "  - {id: pause, kind: wait, within: 10s, with: {for: 1s}}\n"
    with Toy(tmp_path) as toy:
        run = toy.run(
            ("\ndisrupt:", PAGER),
            (heal, pause + heal),
            (
                "blast_radius:",
                "  phases: {detected: 10s, acting: 10s, recovered: 500ms}\nblast_radius:",
            ),
        )

    verdicts = {one["about"]: one["verdict"] for one in run.result["objectives"]}
    assert verdicts == {"toy": "pass", "detected": "pass", "acting": "pass", "recovered": "fail"}
    assert (run.verdict, run.code) == ("fail", 1)
    noticed = run.result["detections"][0]["detected"]
    # Between two questions, once the fault is there: the period, the answers, and the fault.
    assert noticed["upper_ms"] - noticed["lower_ms"] < 1_000
    ids = [phase["id"] for phase in run.result["phases"]]
    assert ids[:2] == ["onset", "detected"]
    assert "What noticed it" in (run.run / "report.html").read_text()
    assert "Recovery time by level" in (run.run / "report.html").read_text()
