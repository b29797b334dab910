"""Kinds of other packages: found by entry point, refused when broken, named in the plan."""

import importlib
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dr.actions.rds_failover import RdsFailover
from dr.cli import catalogue, frame, installed
from dr.cli.evidence import provider_reported
from dr.cli.exit_codes import Exit
from dr.cli.kinds import of_plan, others_differ
from dr.cli.looking import look
from dr.cli.plan_text import permissions, plan_text
from dr.cli.stage import Stage as PlanStage
from dr.core import codes
from dr.core.parse import parse
from dr.core.planning import plan as plan_of
from dr.model.errors import DefinitionError, Refused
from dr.model.plan import Plan
from dr.report.frozen import rules
from dr.testing import Stage
from tests.docs import pages

HERE = Path(__file__).parent / "other_package"
DRILL = """\
drill: flag-off
title: The shop survives without its checkout
service: shop
owner: team-shop
scenario: other
sites:
  primary: {account: "123456789012", region: us-east-1}
objectives:
  rto: {target: 60s, probe: shop}
blast_radius: {accounts: ["123456789012"], regions: [us-east-1], changes: 1}
probes:
  - {id: shop, kind: PROBE, every: 1s, within: 1s, with: {url: "https://shop.example/"}}
disrupt:
  - {id: off, kind: acme.flag.set, with: {flag: checkout, to: "off"}}
"""
PROBE = '''\
"""Ask the provider whether the shop is up."""

from pydantic import Field

from dr.model.base import Record
from dr.ports import Probe, Reading


class Params(Record):
    url: str = Field(description="What to ask.")


class Up(Probe):
    kind = "acme.up"
    params = Params
    provider_reported = True

    def __init__(self, params, asking):
        pass

    async def sample(self):
        raise NotImplementedError
'''

Package = Callable[..., Path]


def entry_point() -> tuple[str, str, str]:
    """Return group, kind and class of the one line that CONTRIBUTING shows."""
    (block,) = pages.blocks("CONTRIBUTING.md", "toml")
    ((group, points),) = tomllib.loads(block)["project"]["entry-points"].items()
    ((kind, target),) = points.items()
    return group, kind, target


GROUP, KIND, TARGET = entry_point()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """Return what puts a package where Python finds it: its entry points and its files."""

    def make(
        *points: tuple[str, str, str], name: str = "acme-dr", version: str = "1.2.0", **files: str
    ) -> Path:
        place = tmp_path / name
        metadata = place / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        (metadata / "entry_points.txt").write_text(
            "".join(f"[{group}]\n{kind} = {target}\n" for group, kind, target in points)
        )
        (place / "acme_dr").mkdir(exist_ok=True)
        for file, text in files.items():
            (place / "acme_dr" / f"{file}.py").write_text(text)
        monkeypatch.syspath_prepend(place)
        forget()
        return place

    yield make
    forget()


def forget() -> None:
    """Forget what is installed and loaded."""
    for cached in (installed.installed, catalogue._step_kind, catalogue._probe_kind):
        cached.cache_clear()
    for name in [name for name in sys.modules if name.split(".")[0] == "acme_dr"]:
        del sys.modules[name]
    importlib.invalidate_caches()


def an_action() -> str:
    return (HERE / "flag.py").read_text()


def planned(probe: str = "http.get") -> Plan:
    return plan_of(parse(DRILL.replace("PROBE", probe), "drill.yaml"), catalogue.kinds())


def test_an_action_in_another_package_takes_its_file_its_test_and_one_line(
    package: Package, tmp_path: Path
) -> None:
    place = package((GROUP, KIND, TARGET), flag=an_action())
    test = (HERE / "flag_tested.py").read_text()
    (place / "test_flag.py").write_text(test.replace("tests.contract.other_package", "acme_dr"))
    drill = tmp_path / "drill.yaml"
    drill.write_text(DRILL.replace("PROBE", "http.get"))

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=place,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(place), str(pages.ROOT)])},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "3 passed" in run("pytest", "-q", "-p", "no:cacheprovider", "test_flag.py")
    assert run("dr", "validate", str(drill)) == f"{drill}: ok\n"
    shown = run("dr", "actions", KIND)
    assert shown.startswith(f"{KIND} (action)\n\nSet a flag of the service")
    assert "Of another package: acme-dr 1.2.0" in shown


def test_plan_and_report_name_the_distribution_and_its_version(package: Package) -> None:
    package((GROUP, KIND, TARGET), flag=an_action())
    plan = planned()

    assert plan.as_json()["packages"] == {
        KIND: {"name": "acme-dr", "version": "1.2.0", "provider_reported": False}
    }
    assert f"{KIND} is of another package: acme-dr 1.2.0" in plan_text(plan)
    assert {fact.name: fact.value for fact in rules(plan)}["Other packages"] == (
        f"{KIND} is of acme-dr 1.2.0"
    )
    assert "ssm:PutParameter" in permissions(plan)["primary"]
    assert [type(one).__name__ for one in of_plan(plan).values()][1] == "FlagSet"


def test_the_engine_looks_through_it_as_through_any_other(package: Package, stage: Stage) -> None:
    package((GROUP, KIND, TARGET), flag=an_action())
    stage.admin("ssm").put_parameter(Name="checkout", Value="on", Type="String")

    (sight,) = look(planned(), PlanStage(simulated=False))
    assert sight.change == {"flag": "checkout", "old": "on", "new": "off"}
    assert sight.refused is None


def test_a_plan_of_our_kinds_names_no_package() -> None:
    text = (pages.ROOT / "drills" / "rds-failover.yaml").read_text()
    plan = plan_of(parse(text, "rds-failover.yaml"), catalogue.kinds())

    assert plan.packages == {}
    assert "package" not in plan_text(plan)


def test_that_a_probe_asks_the_provider_is_known_where_its_package_is_not(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = package(
        (GROUP, KIND, TARGET), ("dr.probes", "acme.up", "acme_dr.up:Up"), flag=an_action(), up=PROBE
    )
    plan = Plan.of_plain(planned("acme.up").as_json())
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one != str(place)])
    forget()

    assert provider_reported(plan) == {"shop"}
    assert others_differ(plan) == [
        f"{KIND} was of acme-dr 1.2.0, and is missing here",
        "acme.up was of acme-dr 1.2.0, and is missing here",
    ]
    with pytest.raises(Refused, match=r"is of acme-dr 1\.2\.0, which is not installed here"):
        of_plan(plan)


def test_another_version_than_that_of_the_plan_is_told(package: Package) -> None:
    package((GROUP, KIND, TARGET), flag=an_action())
    plan = planned()
    assert others_differ(plan) == []
    package((GROUP, KIND, TARGET), name="acme-dr", version="1.3.0", flag=an_action())

    assert others_differ(plan) == [f"{KIND} was of acme-dr 1.2.0, and is of acme-dr 1.3.0 here"]


BROKEN = {
    "it cannot be imported": (
        (GROUP, KIND, TARGET),
        "raise RuntimeError('half written')",
        "acme_dr.flag:FlagSet of acme-dr 1.2.0: RuntimeError: half written",
    ),
    "it lacks the class": ((GROUP, KIND, TARGET), "", "has no attribute 'FlagSet'"),
    "it is no action": ((GROUP, KIND, TARGET), "FlagSet = dict", "is no Action of dr.ports"),
    "it is another kind": (
        (GROUP, KIND, TARGET),
        an_action().replace('kind = "acme.flag.set"', 'kind = "acme.flag.put"'),
        "says that its kind is 'acme.flag.put', not 'acme.flag.set'",
    ),
    "its entry point names no class": (
        (GROUP, KIND, "acme_dr.flag"),
        "",
        "its entry point is 'acme_dr.flag', not module:Class",
    ),
    "it is an action and a check": (
        (GROUP, KIND, TARGET + "\n[dr.checks]\nacme.flag.set = acme_dr.flag:FlagSet"),
        "",
        "both acme-dr 1.2.0 and acme-dr 1.2.0 bring it",
    ),
}


@pytest.mark.parametrize(("point", "text", "why"), BROKEN.values(), ids=list(BROKEN))
def test_a_kind_that_is_broken_is_refused_in_its_place(
    package: Package,
    capsys: pytest.CaptureFixture[str],
    point: tuple[str, str, str],
    text: str,
    why: str,
) -> None:
    package(point, flag=text)
    with pytest.raises(DefinitionError) as caught:
        planned()
    (problem,) = caught.value.diagnostics

    assert problem.code == codes.BROKEN_KIND
    assert why in problem.message
    assert problem.span is not None
    assert problem.span.line == 14
    assert frame.run(["actions", KIND]) == Exit.USAGE
    assert why in capsys.readouterr().err


def test_a_broken_kind_does_not_keep_the_others_from_being_listed(
    package: Package, capsys: pytest.CaptureFixture[str]
) -> None:
    package(
        (GROUP, KIND, TARGET),
        ("dr.actions", "acme.flag.put", "acme_dr.gone:Gone"),
        flag=an_action(),
    )

    assert frame.run(["actions", "--json"]) == Exit.PASS
    said = capsys.readouterr()
    listed = {one["kind"]: one["package"] for one in json.loads(said.out)}
    assert listed[KIND] == "acme-dr 1.2.0"
    assert listed["aws.rds.failover"] is None
    assert "acme.flag.put" not in listed
    assert "refused: the kind `acme.flag.put` cannot be used" in said.err


def test_two_packages_that_bring_one_kind_are_both_named(package: Package) -> None:
    package((GROUP, KIND, TARGET), flag=an_action())
    package((GROUP, KIND, TARGET), name="other-dr", version="0.1")

    with pytest.raises(DefinitionError, match=r"both other-dr 0\.1 and acme-dr 1\.2\.0 bring it"):
        planned()


def test_nobody_takes_the_place_or_the_names_of_our_kinds(
    package: Package, capsys: pytest.CaptureFixture[str]
) -> None:
    package(
        ("dr.actions", "aws.rds.failover", TARGET),
        ("dr.actions", "aws.new.thing", TARGET),
        flag=an_action(),
    )

    assert frame.run(["actions"]) == Exit.PASS
    said = capsys.readouterr()
    assert said.out.count("aws.rds.failover ") == 1
    assert "refused: `aws.rds.failover` of acme-dr 1.2.0: names that begin with `aws`" in said.err
    assert catalogue.STEPS.load("aws.rds.failover") is RdsFailover
    assert catalogue.STEPS.package("aws.rds.failover") is None
    for kind in ("aws.rds.failover", "aws.new.thing"):
        assert "are for kinds of dr itself" in installed.installed()[kind].wrong


def test_a_kind_that_nobody_brings_is_as_unknown_as_before() -> None:
    with pytest.raises(DefinitionError) as caught:
        planned()

    assert [one.code for one in caught.value.diagnostics] == [codes.UNKNOWN_KIND]
