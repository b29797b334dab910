"""`terraform.apply` through its whole life, on the real binary's built-in provider."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from dr.actions.terraform_apply import Change, Params, Seen, TerraformApply
from dr.cloud.child import Children
from dr.cloud.terraform import Terraform
from dr.cloud.terraform_json import PlanSummary, Resource
from dr.model.base import Json
from dr.model.errors import Failed, Refused
from dr.model.intent import Intent
from dr.model.progress import Progress
from dr.model.units import Duration
from dr.ports import Irreversible

SIZED = """
variable "size" { default = 1 }
variable "hold" { default = 0 }
variable "key" {
  default   = "none"
  sensitive = true
}
resource "terraform_data" "fleet" {
  input = var.size
}
resource "terraform_data" "slow" {
  triggers_replace = var.size
  provisioner "local-exec" { command = "sleep ${var.hold} && [ ${var.size} != 13 ]" }
}
output "size" { value = terraform_data.fleet.output }
"""
ACTION = TerraformApply()
INTENT = Intent(run="r-0001", step="s", token="0" * 32, expires="2099-01-01T00:00:00Z")

needs_terraform = [
    pytest.mark.terraform,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
]


class Bench:
    """The hands of one step, as the engine binds them: one per way."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "config"
        self.config.mkdir()
        (self.config / "main.tf").write_text(SIZED)

    def hand(self, way: str = "forward") -> Terraform:
        return Terraform(
            self.config, self.root / "work", {}, Children(self.root / "children" / way)
        )

    def settle(self, params: Params, change: Change, way: str = "forward") -> Seen:
        hand = self.hand(way)
        ACTION.execute(hand, change)
        child = hand.children.find("apply")
        assert child is not None
        child.wait(20)
        return ACTION.observe(hand, params)

    def size(self) -> object:
        return self.hand().outputs()["size"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    hand = made.hand("before")
    hand.initialise_once()
    hand.apply(hand.plan())
    return made


def params(variables: Json, **rest: object) -> Params:
    return Params.model_validate({"config": "estate", "vars": variables, **rest})


def planned(bench: Bench, of: Params) -> tuple[Change, Seen]:
    seen = ACTION.observe(bench.hand(), of)
    return ACTION.plan(of, seen, INTENT), seen


class TestForReal:
    pytestmark = needs_terraform

    def test_it_applies_what_was_planned_and_takes_it_back(self, bench: Bench) -> None:
        asked = params({"size": 3}, undo_vars={"size": 1})
        change, seen = planned(bench, asked)
        assert ACTION.progress(change, seen) is Progress.UNTOUCHED

        assert ACTION.progress(change, bench.settle(asked, change)) is Progress.SETTLED
        assert bench.size() == 3

        back = ACTION.undo(change)
        assert isinstance(back, Change)
        before = ACTION.observe(bench.hand("undo"), asked)
        assert ACTION.progress(back, before) is Progress.UNTOUCHED
        assert ACTION.progress(back, bench.settle(asked, back, "undo")) is Progress.SETTLED
        assert bench.size() == 1

    def test_a_world_that_is_there_already_is_settled(self, bench: Bench) -> None:
        change, seen = planned(bench, params({"size": 1}))

        assert ACTION.progress(change, seen) is Progress.SETTLED

    def test_a_running_apply_is_moving_and_found_by_a_resumed_run(self, bench: Bench) -> None:
        asked = params({"size": 2, "hold": 30})
        change, _ = planned(bench, asked)

        ACTION.execute(bench.hand(), change)  # returns although it goes on
        resumed = bench.hand()
        assert ACTION.progress(change, ACTION.observe(resumed, asked)) is Progress.MOVING

        child = resumed.children.find("apply")
        assert child is not None
        child.interrupt()
        child.wait(20)
        seen = ACTION.observe(resumed, asked)
        assert (seen.apply, ACTION.progress(change, seen)) == ("failed", Progress.ASTRAY)
        assert "tainted" in seen.message

    def test_asking_twice_applies_once(self, bench: Bench) -> None:
        asked = params({"size": 3})
        change, _ = planned(bench, asked)
        bench.settle(asked, change)
        serial = bench.hand().state_info().serial

        ACTION.execute(bench.hand(), change)

        assert bench.hand().state_info().serial == serial

    def test_an_apply_that_fails_says_so_and_leaves_the_world_astray(self, bench: Bench) -> None:
        asked = params({"size": 13})
        change, _ = planned(bench, asked)

        with pytest.raises(Failed, match="local-exec"):
            ACTION.execute(bench.hand(), change)

        assert ACTION.progress(change, ACTION.observe(bench.hand(), asked)) is Progress.ASTRAY

    def test_a_state_that_somebody_else_moved_is_astray_and_the_plan_refused(
        self, bench: Bench
    ) -> None:
        asked = params({"size": 3})
        change, _ = planned(bench, asked)
        other = bench.hand("other")
        other.apply(other.plan({"size": 9}))

        assert ACTION.progress(change, ACTION.observe(bench.hand(), asked)) is Progress.ASTRAY
        with pytest.raises(Refused, match="stale"):
            ACTION.execute(bench.hand(), change)
        assert bench.size() == 9

    def test_an_apply_whose_supervisor_died_is_looked_at_when_it_is_over(
        self, bench: Bench
    ) -> None:
        asked = params({"size": 2, "hold": 4})
        change, _ = planned(bench, asked)
        hand = bench.hand()
        ACTION.execute(hand, change)
        child = hand.children.find("apply")
        assert child is not None
        pids = child._pids()

        os.kill(pids["supervisor"], signal.SIGKILL)
        assert ACTION.progress(change, ACTION.observe(hand, asked)) is Progress.MOVING
        while child.state().survivor is not None:
            child.wait(0.1)

        seen = ACTION.observe(hand, asked)
        assert (seen.apply, ACTION.progress(change, seen)) == ("lost", Progress.SETTLED)

    def test_a_tampered_plan_is_refused(self, bench: Bench) -> None:
        asked = params({"size": 3})
        change, _ = planned(bench, asked)
        assert change.plan_sha256 is not None
        bench.hand().plan_file(change.plan_sha256).write_bytes(b"other")

        with pytest.raises(Refused, match="not the one"):
            ACTION.execute(bench.hand(), change)

    def test_a_secret_variable_is_refused(self, bench: Bench) -> None:
        with pytest.raises(Refused, match="TF_VAR_key"):
            planned(bench, params({"key": "s3cr3t"}))


def seen_with(**changes: tuple[Resource, ...]) -> Seen:
    plan = PlanSummary.model_validate(changes)
    return Seen(apply="none", lineage="l", serial=4, plan=plan, plan_sha256="p" * 64)


DATABASE = (Resource(address="aws_rds_cluster.orders", type="aws_rds_cluster"),)
SETTING = (Resource(address="aws_s3_bucket_versioning.b", type="aws_s3_bucket_versioning"),)


@pytest.mark.parametrize("field", ["destroys", "replaces"])
def test_a_plan_that_loses_data_is_refused_unless_it_is_named(field: str) -> None:
    seen = seen_with(**{field: DATABASE})

    with pytest.raises(Refused, match=r"aws_rds_cluster\.orders"):
        ACTION.plan(params({}), seen, INTENT)

    allowed = params({}, allow_destroy=("aws_rds_cluster.orders",))
    assert ACTION.plan(allowed, seen, INTENT).serial == 4


def test_a_plan_that_destroys_a_setting_is_not_refused() -> None:
    assert ACTION.plan(params({}), seen_with(destroys=SETTING), INTENT).does.endswith(
        "1 to destroy"
    )


def test_a_way_back_that_would_lose_data_is_refused_at_once() -> None:
    with pytest.raises(Refused, match="on undo"):
        ACTION.plan(params({}, undo_vars={}), seen_with(creates=DATABASE), INTENT)


def test_without_undo_variables_there_is_no_way_back() -> None:
    change = ACTION.plan(params({}), seen_with(creates=SETTING), INTENT)

    assert isinstance(ACTION.undo(change), Irreversible)


def test_a_change_survives_the_journal() -> None:
    change = ACTION.plan(
        params({"size": 2}, undo_vars={"size": 1}, timeout=Duration.parse("90s")),
        seen_with(updates=SETTING),
        INTENT,
    )

    assert Change.model_validate_json(change.model_dump_json()) == change


@pytest.mark.parametrize(
    ("seen", "progress"),
    [
        (Seen(apply="running"), Progress.MOVING),
        (Seen(apply="done"), Progress.SETTLED),
        (seen_with(updates=SETTING), Progress.UNTOUCHED),
        (seen_with(), Progress.SETTLED),
        (seen_with(updates=SETTING).model_copy(update={"serial": 5}), Progress.ASTRAY),
        (seen_with(updates=SETTING).model_copy(update={"lineage": "other"}), Progress.ASTRAY),
        (seen_with(updates=SETTING).model_copy(update={"apply": "failed"}), Progress.ASTRAY),
        (seen_with().model_copy(update={"apply": "lost"}), Progress.SETTLED),
    ],
)
def test_progress(seen: Seen, progress: Progress) -> None:
    change = ACTION.plan(params({}), seen_with(updates=SETTING), INTENT)

    assert ACTION.progress(change, seen) is progress
