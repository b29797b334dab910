"""Every drill that is shipped is sound, can be planned, and says first what it is."""

from pathlib import Path

import pytest

from dr.cli.catalogue import kinds
from dr.core.parse import parse
from dr.core.planning import plan
from tests.docs.pages import ROOT

DRILLS = sorted((ROOT / "drills").glob("*.yaml"))
EVERY = pytest.mark.parametrize("path", DRILLS, ids=lambda path: path.stem)


def test_there_are_drills() -> None:
    assert len(DRILLS) >= 5


@EVERY
def test_it_can_be_planned(path: Path) -> None:
    planned = plan(parse(path.read_text(), str(path)), kinds())

    assert planned.drill == path.stem
    assert {step.phase.value for step in planned.steps} >= {"disrupt", "verify"}


@EVERY
def test_its_first_line_says_what_it_is(path: Path) -> None:
    first = path.read_text().split("\n")[0]

    assert first.startswith("# ")
    assert first.endswith(".")


@EVERY
def test_the_configurations_it_names_are_there(path: Path) -> None:
    drill = parse(path.read_text(), str(path)).drill

    for configuration in drill.terraform.values():
        assert list((path.parent / configuration.dir).glob("*.tf"))
