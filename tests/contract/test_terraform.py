"""The real binary, with its built-in provider: no download, no cloud, tenths of a second."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dr.checks.terraform_no_drift import Params, TerraformNoDrift
from dr.cloud.child import Child, Children, ChildState
from dr.cloud.terraform import Terraform
from dr.cloud.terraform_binary import Binary
from dr.cloud.terraform_outcome import outcome, stream
from dr.model.errors import Failed, Refused, Unclear

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
]

SIZED = """
variable "size" {
  type    = number
  default = 1
}
variable "password" {
  type      = string
  default   = "hush"
  sensitive = true
}
resource "terraform_data" "fleet" {
  input = var.size
}
output "size" { value = terraform_data.fleet.output }
output "password" {
  value     = var.password
  sensitive = true
}
"""
SLOW = """
variable "seconds" { default = 30 }
resource "terraform_data" "quick" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.quick]
  provisioner "local-exec" { command = "sleep ${var.seconds}" }
}
"""
FAILING = """
resource "terraform_data" "good" {}
resource "terraform_data" "bad" {
  depends_on = [terraform_data.good]
  provisioner "local-exec" { command = "echo no such luck; exit 9" }
}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    directory.mkdir()
    return directory


def made(place: Path, text: str, work: str = "work") -> Terraform:
    (place / "main.tf").write_text(text)
    terraform = Terraform(place, place.parent / work, {"AWS_CA_BUNDLE": ""})
    terraform.init()
    return terraform


def test_a_plan_names_what_it_creates_and_its_apply_does_that(place: Path) -> None:
    terraform = made(place, SIZED)
    plan = terraform.plan({"size": 3})
    events: list[str] = []

    terraform.apply(plan, lambda event: events.append(str(event.get("type"))))

    assert [r.address for r in plan.summary.creates] == ["terraform_data.fleet"]
    assert plan.summary.secret_variables == ("password",)
    assert "apply_complete" in events
    assert terraform.outputs() == {"size": 3}  # and not the password
    assert terraform.plan({"size": 3}).summary.empty


def test_a_destruction_is_planned_and_applied_like_anything_else(place: Path) -> None:
    terraform = made(place, SIZED)
    terraform.apply(terraform.plan())

    terraform.destroy()

    assert [r.address for r in terraform.plan().summary.creates] == ["terraform_data.fleet"]


def test_a_replacement_is_told_from_an_update(place: Path) -> None:
    text = 'variable "v" { default = 1 }\nresource "terraform_data" "x" {\n  %s = var.v\n}\n'
    terraform = made(place, text % "triggers_replace")
    terraform.apply(terraform.plan())

    plan = terraform.plan({"v": 2})

    assert [r.address for r in plan.summary.replaces] == ["terraform_data.x"]
    assert (plan.summary.creates, plan.summary.destroys) == ((), ())


def test_after_a_drill_it_is_said_what_the_next_apply_would_do(place: Path) -> None:
    terraform = made(place, SIZED)
    terraform.apply(terraform.plan())
    check, asked = TerraformNoDrift(), Params(config="estate", refuse=False, next_apply=True)
    quiet = check.observe(terraform, asked)
    (place / "main.tf").write_text(SIZED.replace('"fleet"', '"other"').replace(".fleet", ".other"))

    seen = check.observe(terraform, asked)

    assert quiet.would == ()
    assert check.judge(asked, None, quiet).why == "no drift; the next apply would do nothing"
    assert seen.would == ("destroy terraform_data.fleet", "create terraform_data.other")
    assert "would destroy terraform_data.fleet" in check.judge(asked, None, seen).why
    assert terraform.lock() is None


def test_a_stale_plan_changes_nothing(place: Path) -> None:
    terraform = made(place, SIZED)
    old, new = terraform.plan({"size": 1}), terraform.plan({"size": 2})
    terraform.apply(new)

    with pytest.raises(Refused, match="Saved plan is stale"):
        terraform.apply(old)

    assert terraform.outputs() == {"size": 2}


def test_the_same_saved_plan_is_applied_once(place: Path) -> None:
    terraform = made(place, SIZED)
    plan = terraform.plan()
    terraform.apply(plan)
    before = terraform.state_info().serial

    terraform.apply(plan)

    assert terraform.state_info().serial == before


def test_the_state_has_an_identity_and_a_place(place: Path) -> None:
    terraform = made(place, SIZED)
    none = terraform.state_info()
    terraform.apply(terraform.plan())

    some = terraform.state_info()

    assert (none.serial, none.lineage) == (0, "")
    assert some.serial > 0
    assert some.lineage
    assert (some.backend, some.place) == ("local", str(place / "terraform.tfstate"))


def test_the_state_can_live_elsewhere_than_in_the_configuration(place: Path) -> None:
    made(place, SIZED)
    state = place.parent / "kept.tfstate"
    terraform = Terraform(place, place.parent / "other", {}, state=state)
    terraform.init()

    terraform.apply(terraform.plan({"size": 5}))

    assert terraform.outputs() == {"size": 5}
    assert terraform.state_info().place == str(state)
    assert not (place / "terraform.tfstate").exists()
    assert terraform.drift({"size": 5}) == ()
    terraform.destroy()
    assert terraform.outputs() == {}


def test_an_unknown_variable_is_refused(place: Path) -> None:
    terraform = made(place, SIZED)

    with pytest.raises(Refused, match="nosuch"):
        terraform.plan({"nosuch": 1})


def test_no_variable_stays_on_the_disk_or_in_the_arguments(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terraform = made(place, SIZED)
    seen: list[str] = []
    argv = terraform._binary.argv

    def listening(command: str, *args: str, **options: object) -> list[str]:
        line = argv(command, *args, **options)
        seen.extend(line)
        return line

    monkeypatch.setattr(terraform._binary, "argv", listening)
    terraform.plan({"password": "s3cr3t"})

    assert not any("s3cr3t" in word for word in seen)
    assert not list(terraform.work.glob("*.tfvars.json"))
    assert terraform.work.stat().st_mode & 0o077 == 0


def test_a_wrong_configuration_is_refused_with_its_place(place: Path) -> None:
    terraform = made(place, SIZED)
    (place / "more.tf").write_text('output "x" { value = var.undefined }\n')

    with pytest.raises(Refused, match=r"undeclared input variable.*more\.tf:1"):
        terraform.validate()
    with pytest.raises(Refused, match=r"undeclared input variable.*more\.tf:1"):
        terraform.plan()


def test_an_error_in_the_middle_says_what_was_done(place: Path) -> None:
    terraform = made(place, FAILING)

    with pytest.raises(Failed, match=r"exit status 9.*begun: 2, done: 1"):
        terraform.apply(terraform.plan())


def test_without_terraform_the_reader_is_told_what_to_install(place: Path) -> None:
    (place / "main.tf").write_text(SIZED)

    with pytest.raises(Refused, match="install Terraform"):
        Terraform(place, place.parent / "work", {"PATH": "/nowhere"}).init()


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no directory"):
        Terraform(tmp_path / "nowhere", tmp_path / "work", {})


def test_a_misspelt_method_runs_no_command(place: Path) -> None:
    with pytest.raises(AttributeError):
        Binary(place, {}).destory  # type: ignore[attr-defined]  # noqa: B018


def test_a_read_past_its_time_is_stopped(place: Path) -> None:
    slow = place.parent / "bin"
    slow.mkdir()
    script = slow / "terraform"
    script.write_text("#!/bin/sh\nexec sleep 30\n")
    script.chmod(0o755)
    binary = Binary(place, {"PATH": f"{slow}:{os.environ['PATH']}"})

    with pytest.raises(Refused, match="took longer"):
        binary.cmd("plan", timeout_s=0.1)


def begun(terraform: Terraform) -> Child:
    """Start the slow apply and wait until it is in the middle."""
    child = terraform.begin_apply(Path(terraform.plan().path), "apply")
    for event in stream(child):
        hook = event.get("hook")
        if event.get("type") == "apply_start" and "slow" in str(hook):
            return child
    raise AssertionError(child.tail())


def test_a_resumed_run_finds_the_apply_that_is_still_going(place: Path) -> None:
    terraform = made(place, SLOW.replace("30", "1"))
    begun(terraform)
    resumed = Terraform(place, terraform.work, {}, Children(terraform.children.root))

    child = resumed.begin_apply(Path("never/read"), "apply")

    assert child.wait(20).code == 0
    assert outcome(child) is None
    assert resumed.plan().summary.empty


def test_an_interrupted_apply_is_unclear_and_speaks_of_the_tainted_resource(place: Path) -> None:
    terraform = made(place, SLOW)
    child = begun(terraform)

    child.interrupt()
    child.wait(20)

    error = outcome(child)
    assert isinstance(error, Unclear)
    assert "untaint" in str(error)
    assert [r.address for r in terraform.plan({"seconds": 0}).summary.replaces] == [
        "terraform_data.slow"
    ]


def test_an_apply_past_its_time_is_stopped(place: Path) -> None:
    terraform = made(place, SLOW)

    with pytest.raises(Unclear, match="took too long"):
        terraform.apply(terraform.plan(), timeout_s=1.0)


def test_a_killed_apply_is_unclear_and_speaks_of_orphans(place: Path) -> None:
    terraform = made(place, SLOW)
    child = begun(terraform)

    os.killpg(child._pids()["child"], signal.SIGKILL)
    child.wait(20)

    error = outcome(child)
    assert isinstance(error, Unclear)
    assert "without being in the state" in str(error)
    assert "terraform_data.slow" in [r.address for r in terraform.plan().summary.creates]


def test_a_locked_state_is_refused_and_its_holder_named(place: Path) -> None:
    terraform = made(place, SLOW)
    waiting = terraform.plan()
    child = begun(terraform)
    other = Terraform(place, place.parent / "other", {})
    other.init()

    assert other.lock() is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dr.cloud.terraform.LOCK_TIMEOUT", "0s")
        with pytest.raises(Refused, match="acquiring the state lock"):
            other.apply(waiting)

    child.interrupt()
    child.wait(20)
    assert other.lock() is None


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def remote(place: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Terraform:
    """Make a configuration whose state and lock live in a bucket."""
    import boto3.session

    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    s3 = boto3.session.Session(region_name="us-east-1").client("s3")
    s3.create_bucket(Bucket="state")
    backend = (
        'terraform {\n  backend "s3" {\n    bucket = "state"\n    key = "orders"\n'
        '    region = "us-east-1"\n    use_lockfile = true\n  }\n}\n'
    )
    return made(place, backend + SLOW)


def test_a_remote_state_says_in_which_region_it_and_its_lock_live(
    place: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = remote(place, endpoint, monkeypatch).state_info()

    assert (info.backend, info.bucket, info.region) == ("s3", "state", "us-east-1")
    assert (info.lock, info.place) == ("lockfile", "state/orders")


def test_only_a_lock_that_our_own_dead_apply_left_is_released(
    place: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terraform = remote(place, endpoint, monkeypatch)
    child = begun(terraform)
    noted = terraform.note_lock(child)
    assert noted is not None
    assert terraform.release_lock() is None  # it still runs

    os.killpg(child._pids()["child"], signal.SIGKILL)
    assert child.wait(20).state is ChildState.ENDED

    assert terraform.lock() == noted
    stranger = Terraform(place, place.parent / "elsewhere" / "stranger", {})
    stranger.init()
    assert stranger.release_lock() is None  # not its own
    assert terraform.lock() == noted
    other_step_of_the_run = Terraform(place, terraform.work.parent / "undo", {})
    other_step_of_the_run.init()
    assert other_step_of_the_run.release_lock() == noted
    assert terraform.lock() is None


def test_events_arrive_while_the_apply_runs(place: Path) -> None:
    terraform = made(place, SLOW.replace("30", "0.6"))
    plan = terraform.plan()
    times: list[float] = []

    thread = threading.Thread(
        target=lambda: terraform.apply(plan, lambda _: times.append(time.monotonic()))
    )
    thread.start()
    thread.join(20)

    assert times[-1] - times[0] > 0.4
