"""Many runs of one home: history, comparison, portfolio, and the pack that an auditor gets."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dr.cli.exit_codes import Exit
from dr.cli.frame import run as dr
from dr.core.seal import INTENT_SIGNATURE, INTENT_STAMP, SEAL_SIGNATURE, SEAL_STAMP
from dr.core.series import quarter_of
from dr.model.due import Decision
from dr.stores.additions import attach
from dr.stores.decisions import record
from tests.contract.authority import Authority
from tests.contract.bundles import Place, a_case
from tests.contract.forging import begins
from tests.contract.verifiers import ask


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a home with a failed run, one that passed a quarter earlier, and a rehearsal."""
    place = Place.at(tmp_path_factory.mktemp("portfolio") / "home")
    place.clock.later = timedelta(days=-92)
    place.closed(a_case())
    place.clock.later = timedelta()
    place.closed(a_case(down=(0.9, 190), end=320))
    place.closed(a_case(simulated=True))
    return place


@pytest.fixture
def place(made: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return a copy of it."""
    shutil.copytree(made.home.path, tmp_path / "home")
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    return Place(type(made.home)(tmp_path / "home"), made.clock)


def test_a_history_shows_every_run_and_what_may_be_said(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dr(["history"]) == Exit.PASS
    said = capsys.readouterr().out
    assert said.count("definition 5f5f5f5f5f5f") == 2  # the rehearsal is a series of its own
    assert "orders-zone-loss-0002 2026-11-20 fail RTO 189" in said
    assert "rto: 1 of 2 met the target" in said
    assert "Worst: orders-zone-loss-0002." in said
    assert dr(["history", "orders-zone-loss", "--json"]) == Exit.PASS
    assert len(json.loads(capsys.readouterr().out)) == 3
    assert dr(["history", "other"]) == Exit.PASS
    assert "no runs" in capsys.readouterr().err


def test_two_runs_are_compared_the_older_first(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dr(["compare", "orders-zone-loss-0002", "orders-zone-loss-0001"]) == Exit.PASS
    said = capsys.readouterr().out
    assert said.startswith("orders-zone-loss-0001 2026-08-20 pass")
    assert "(fail): worse" in said
    assert dr(["compare", "orders-zone-loss-0001", "orders-zone-loss-0003"]) == Exit.PASS
    assert "note: one was a rehearsal" in capsys.readouterr().out
    assert dr(["compare", "orders-zone-loss-0001", "none"]) == Exit.REFUSED


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses |= {v for k, v in attrs if k in {"href", "src"} and v}


def test_a_portfolio_is_one_page_without_script_or_network(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "portfolio.html"

    assert dr(["portfolio", "--out", str(out)]) == Exit.PASS
    text = out.read_text()
    page = Page(text)
    assert "svg" in page.tags
    assert not page.tags & {"script", "iframe", "link", "img"}
    assert page.addresses == set()
    for wanted in (
        "1 of 2 met the target",
        "SIMULATED",
        "2026Q3",
        "2026Q4",
        "Every registered run",
    ):
        assert wanted in text
    assert dr(["portfolio"]) == Exit.PASS
    assert "orders               zone-loss        fail" in capsys.readouterr().out
    assert dr(["portfolio", "--json"]) == Exit.PASS
    assert json.loads(capsys.readouterr().out)["complete"] is True


def test_a_record_with_gaps_is_said_to_have_them(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = place.home.path / "runs"
    shutil.rmtree(runs / "orders-zone-loss-0002")  # the failed one
    (runs / "orders-zone-loss-0001/drill.yaml").write_text("\x1b[2Jx<script>")
    place.begun(a_case())
    out = tmp_path / "portfolio.html"

    assert dr(["portfolio", "--out", str(out)]) == Exit.FAIL
    text = out.read_text()
    assert "This record has gaps" in text
    assert "orders-zone-loss-0002 is registered as sealed, and its files are not here" in text
    assert "the evidence of orders-zone-loss-0001 does not hold" in text
    assert dr(["portfolio"]) == Exit.FAIL
    said = capsys.readouterr().out
    assert said.count("GAP: ") == 3
    assert "without an outcome: orders-zone-loss-0004" in said
    assert dr(["history"]) == Exit.PASS
    assert "in no series, because their files are not here" in capsys.readouterr().out


def test_a_pack_is_checked_with_what_is_in_it(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pack"
    quarter = quarter_of("2026-11-20T09:00:00Z")

    assert dr(["pack", "--period", quarter, "--out", str(out)]) == Exit.PASS
    assert sorted(p.name for p in (out / "bundles").iterdir()) == [
        "orders-zone-loss-0002", "orders-zone-loss-0003",
    ]  # fmt: skip
    assert (out / "reports/orders-zone-loss-0002.html").is_file()
    assert not list(out.rglob("journal.db*"))
    assert (out / "README.md").read_text().count("bash verify.sh") == 2
    ask(out)
    assert dr(["pack", "--period", quarter, "--out", str(out)]) == Exit.REFUSED
    assert dr(["pack", "--period", "2031Q1", "--out", str(tmp_path / "other")]) == Exit.REFUSED
    assert dr(["pack", "--period", "autumn", "--out", str(tmp_path / "other")]) == Exit.USAGE


def test_a_pack_with_something_missing_is_written_and_says_so(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(place.home.path / "runs/orders-zone-loss-0002")
    out = tmp_path / "pack"
    (tmp_path / ".pack.new").mkdir()  # of one that died half way

    assert dr(["pack", "--period", "2026Q4", "--out", str(out)]) == Exit.FAIL
    assert "orders-zone-loss-0002: missing" in capsys.readouterr().err
    readme = (out / "README.md").read_text()
    assert "| 2 | orders-zone-loss-0002 | missing | not here |" in readme
    assert "GAP: orders-zone-loss-0002" in readme


def test_a_pack_of_a_campaign_verifies_offline_timestamps_and_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DR_HOME", str(tmp_path / "home"))
    place, authority = Place.at(tmp_path / "home"), Authority.at(tmp_path / "authority")
    begins(place, in_s=600)
    key = "orders-zone-loss@2026Q4"
    decided = datetime(2026, 10, 1, tzinfo=UTC)
    record(place.home.path, Decision("approve", key, "ada", decided), "5" * 64)
    run = place.begun(a_case(), occurrence=key)
    run.write(INTENT_STAMP, authority.stamp((run.path / INTENT_SIGNATURE).read_bytes()))
    place.ended(run)
    stamp = authority.stamp((run.path / SEAL_SIGNATURE).read_bytes())
    attach(run, place.home.path, SEAL_STAMP, stamp, place.clock)
    quarter = quarter_of(place.clock.stamp())

    def pack(name: str, *words: str) -> int:
        return dr(["pack", "--period", quarter, "--out", str(tmp_path / name), *words])

    assert pack("whole", "--tsa-ca", str(authority.roots)) == Exit.PASS
    told = ask(tmp_path / "whole")
    assert not [line for line in told if "not checked" in line or "timestamp" in line], told

    assert pack("bare") == Exit.PASS
    assert "--tsa-ca was not given" in capsys.readouterr().err
    assert "--tsa-ca was not given" in (tmp_path / "bare/README.md").read_text()
    assert "not checked" in "".join(ask(tmp_path / "bare"))

    other = Authority.at(tmp_path / "other")
    assert pack("wrong", "--tsa-ca", str(other.roots)) == Exit.FAIL
    assert "does not hold by these certificates" in capsys.readouterr().err
