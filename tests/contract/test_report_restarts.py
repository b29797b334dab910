"""A report of a run across a restart: one axis where there is one, and a plain word where not."""

from itertools import pairwise
from pathlib import Path

import pytest

from dr.cli.evidence import page_of, provider_reported
from dr.report.evidence import read
from dr.report.html import render
from dr.report.parts import Page
from dr.stores.sealing import bundle_of
from tests.contract.bundles import Case, Place, a_case
from tests.contract.restarts import rebooted, unsynchronised


def pages(case: Case, place: Path) -> tuple[Page, Page]:
    """Return the page of a run as it is made at its end, and as it is made from its bundle."""
    run = Place.at(place).closed(case)
    return page_of(run), read(bundle_of(run.path).files, provider_reported).page()


@pytest.mark.parametrize("down", [-20, 10, 80])
def test_what_came_after_a_restart_is_shown_after_it(tmp_path: Path, down: float) -> None:
    whole, _ = pages(a_case(), tmp_path / "whole")
    for page in pages(rebooted(a_case(), down=down), tmp_path / "restarted"):
        asked = [step.asked_at for step in page.steps if step.asked_at]
        assert asked == sorted(asked) == [step.asked_at for step in whole.steps if step.asked_at]
        assert page.figures[0].title == "The whole run"
        (ended,) = [f.value for f in page.facts if f.name == "Ended"]
        assert "(after 3 min 2" in ended
        marked = [marker.x for marker in page.figures[0].markers]
        assert all(one <= other for one, other in pairwise(marked))


def test_boots_that_lie_nowhere_are_not_shown_as_one_time(tmp_path: Path) -> None:
    case = rebooted(a_case(), pairings=unsynchronised())
    for page in pages(case, tmp_path / "home"):
        (figure,) = page.figures
        assert figure.title == "2 boots, each on its own clock"
        assert page.limits[0].startswith("The machine that observes was started 2 times")
        assert "across a restart mean nothing" in render(page)
