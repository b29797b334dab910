"""Experiments of other tools, imported: each becomes a sound drill, or says what it cannot."""

import json
import re
from pathlib import Path

import pytest

from dr.cli import frame
from dr.cli.catalogue import kinds
from dr.cli.exit_codes import Exit
from dr.core.checking import check
from dr.core.linting import lint
from dr.core.parse import parse
from dr.model.drill import Drill
from tests.unit.planning_kinds import ROOT

CORPUS = ROOT / "tests" / "corpus-import"
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())
TOLD = ["--service", "orders", "--owner", "team-orders", "--url", "https://orders.example/health",
        "--rto", "10m", "--account", "123456789012", "--region", "us-east-1"]  # fmt: skip
NOTHING: list[str] = []

EXPECTED: dict[str, tuple[list[str], list[str]]] = {
    # file → the steps that it becomes, and a piece of each gap that is left when all is told
    "fis/a-circle.json": (["aws.rds.failover", "wait"], ["in a circle"]),
    "fis/aurora-failover-by-arn.json": (["aws.rds.failover"], []),
    "fis/aurora-failover-by-tag.json": (["aws.rds.failover"], ["--target tagged=ID"]),
    "fis/az-power-interruption.json": (
        ["aws.ec2.stop_instance", "aws.rds.failover", "aws.ec2.zone_blackhole"],
        ["asg-insufficient", "--target instances=ID", "pause-volume-io", "--target clusters=ID",
         "interrupt-az-power", "subnets=vpc-ID", "all of them"],
    ),
    "fis/both-clusters-after-an-assertion.json": (
        ["aws.rds.failover", "aws.rds.failover", "wait"], [],
    ),
    "fis/dynamodb-pause-replication.json": (NOTHING, ["global-table-pause-replication"]),
    "fis/ec2-terminate-half.json": (NOTHING, ["aws:ec2:terminate-instances"]),
    "fis/one-cluster-of-two.json": (["aws.rds.failover"], [r"draws COUNT\(1\) of 2"]),
    "fis/rds-reboot-with-failover.json": (["aws.rds.reboot_failover"], []),
    "fis/rds-reboot-without-failover.json": (NOTHING, ["without failover"]),
    "fis/ssm-automation.json": (NOTHING, ["start-automation-execution"]),
    "fis/zone-by-filter.json": (["aws.ec2.zone_blackhole"], ["found=vpc-ID", "all of them"]),
    "fis/zone-cut-off.json": (["wait", "aws.ec2.zone_blackhole"], []),
    "fis/zone-partition.json": (NOTHING, ["scope availability-zone", "packet-loss", "stop-task"]),
    "chaostoolkit/aurora-failover.json": (["aws.rds.failover", "wait"], []),
    "chaostoolkit/dates-and-fractions.yaml": (["command.run"], []),
    "chaostoolkit/fis-experiment.json": (NOTHING, ["start_experiment", "stop_experiments_by"]),
    "chaostoolkit/instance-reboot.json": (["aws.rds.reboot_failover"], []),
    "chaostoolkit/json-answer.json": (["aws.elasticache.failover"], ["not POST", "200, 302"]),
    "chaostoolkit/mixed-rollback.json": (
        ["aws.rds.failover", "command.run", "command.run"], ["which step a rollback undoes"],
    ),
    "chaostoolkit/process-with-rollback.json": (["command.run"], []),
    "chaostoolkit/secrets-and-controls.json": (
        ["aws.s3.delete_objects"], ["secrets", "controls", r"\$\{document\}"],
    ),
    "chaostoolkit/stop-a-server.json": (["aws.ec2.stop_instance"], ["rollback `start`"]),
    "chaostoolkit/stop-an-instance.json": (["aws.rds.stop_instance"], ["rollback `start`"]),
    "chaostoolkit/stop-random-instances.json": (NOTHING, ["all_targets_healthy", "stop_random"]),
    "chaostoolkit/two-processes.json": (["command.run", "command.run"], []),
    "chaostoolkit/zone-failure.yaml": (["wait", "aws.rds.failover", "wait"], ["fail_az"]),
}  # fmt: skip


def dr_import(
    path: Path, *options: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    code = frame.run(["import", path.parent.name, str(path), *options])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def drill_of(text: str) -> Drill:
    """Return the drill, of which everything holds."""
    checked = check(parse(text, "imported.yaml"), kinds())
    lint(checked)
    return checked.parsed.drill


def gaps_of(said: str) -> list[str]:
    return re.findall(r"^warning\[DR0124\]: (.*)$", said, re.MULTILINE)


def test_every_file_of_the_corpus_is_expected_to_become_something() -> None:
    assert {f"{path.parent.name}/{path.name}" for path in FILES} == set(EXPECTED)
    assert len(FILES) >= 15


@pytest.mark.parametrize("name", EXPECTED)
def test_it_becomes_a_sound_drill_or_names_what_it_cannot_express(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    steps, pieces = EXPECTED[name]
    code, out, err = dr_import(CORPUS / name, *TOLD, capsys=capsys)
    gaps = gaps_of(err)

    assert code == (Exit.FAIL if pieces or not steps else Exit.PASS)
    assert len(gaps) == len(pieces), gaps
    for piece in pieces:
        assert any(re.search(piece, gap) for gap in gaps), (piece, gaps)
    assert [step.kind for step in drill_of(out).disrupt] == steps if steps else out == ""
    assert out.count("# GAP: ") == (len(pieces) if steps else 0)


@pytest.mark.parametrize("name", [name for name, (steps, _) in EXPECTED.items() if steps])
def test_what_nobody_has_said_is_a_gap_and_can_be_no_run(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = dr_import(CORPUS / name, capsys=capsys)
    drill = drill_of(out)

    assert code == Exit.FAIL
    assert any("--service, --owner" in gap for gap in gaps_of(err))
    assert drill.service == "fill-me-in"
    assert drill.blast_radius.require_tag == {"dr-drill": "allowed"}


def test_a_target_that_is_chosen_by_tag_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    path = CORPUS / "fis" / "aurora-failover-by-tag.json"
    code, out, _ = dr_import(path, *TOLD, "--target", "tagged=orders", capsys=capsys)

    assert code == Exit.PASS
    assert drill_of(out).disrupt[0].with_ == {"cluster": "orders"}


def test_actions_that_start_together_do_and_the_next_waits_for_both(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = CORPUS / "fis" / "both-clusters-after-an-assertion.json"
    drill = drill_of(dr_import(path, capsys=capsys)[1])

    assert [step.after for step in drill.disrupt] == [None, (), ("fail-over", "fail-over-2")]
    assert [guard.alarm for guard in drill.guards] == ["orders-5xx", "ledger-5xx", None]


def test_an_action_in_the_background_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    drill = drill_of(dr_import(CORPUS / "chaostoolkit" / "two-processes.json", capsys=capsys)[1])

    assert [step.after for step in drill.disrupt] == [None, ()]
    assert isinstance(drill.return_, tuple)
    assert [step.with_["argv"] for step in drill.return_] == [["./undo-two.sh"], ["./undo-one.sh"]]
    assert drill.disrupt[1].with_["argv"] == ["./two.sh", "--size", "3"]


def test_the_rollback_of_the_only_command_becomes_its_undo(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = CORPUS / "chaostoolkit" / "process-with-rollback.json"
    (step,) = drill_of(dr_import(path, capsys=capsys)[1]).disrupt

    assert step.with_["undo"] == ["./repair.sh", "--zone", "a b"]
    assert step.within == 180_000_000


@pytest.mark.parametrize("title", ["null", "true", "${x}", "", "-"])
def test_a_rollback_of_what_cannot_be_said_is_no_drill(
    title: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "chaostoolkit").mkdir()
    path = tmp_path / "chaostoolkit" / "a.json"
    repair = {"name": "repair", "provider": {"type": "process", "path": "./repair.sh"}}
    path.write_text(json.dumps({"title": title, "method": [{"name": "x"}], "rollbacks": [repair]}))
    assert dr_import(path, *TOLD, capsys=capsys)[:2] == (Exit.FAIL, "")

    path.write_text(json.dumps({"title": title, "method": [repair]}))
    code, out, _ = dr_import(path, *TOLD, capsys=capsys)
    assert code == Exit.PASS
    assert drill_of(out).title


def test_a_steady_state_becomes_probes_and_an_alarm_a_detector(
    capsys: pytest.CaptureFixture[str],
) -> None:
    drill = drill_of(dr_import(CORPUS / "chaostoolkit" / "instance-reboot.json", capsys=capsys)[1])

    assert [probe.kind for probe in drill.probes] == ["http.get", "aws.rds.cluster_status"]
    assert drill.objectives.rto is not None
    assert drill.objectives.rto.probe == "storefront-answers"
    assert [one.with_ for one in drill.detect] == [{"alarm": "ledger-5xx"}]


def test_text_of_the_file_stays_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chaostoolkit").mkdir()
    path = tmp_path / "chaostoolkit" / "a.json"
    argv = ["./a.sh", "${terraform.x.y}", "a: b # c", "true", "1e3", '"', "\n", "- x", ""]
    action = {"type": "action", "name": "x\n# y: ${run.id}\u202e", "provider": {
        "type": "process", "path": argv[0], "arguments": argv[1:-1]}}  # fmt: skip
    experiment = {"title": "${run.id} # \u2028\x00", "method": [action]}
    path.write_text(json.dumps(experiment))
    drill = drill_of(dr_import(path, capsys=capsys)[1])

    assert drill.title == "$(run.id} # ??"
    assert drill.disrupt[0].with_["argv"] == [
        "./a.sh", "$${terraform.x.y}", "a: b # c", "true", "1e3", '"', "\n", "- x"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("{", "DR0101", 1),
        ('{"actions": \n1e}', "DR0101", 2),
        ("[]", "DR0123", 1),
        ("{}", "DR0123", 1),
        ('{"method": {}}', "DR0123", 1),
        ("a: &b [1]\nmethod: *b\n", "DR0106", 1),
        ("[" * 2_000, "DR0105", 1),
        ('{"actions": ' + "[" * 90_000, "DR0105", None),
        ('{"actions": {"a": ' + "[" * 60 + "]" * 60 + "}}", "DR0105", None),
        ("x", "DR0123", 1),
    ],
    ids=lambda value: str(value)[:20],
)
@pytest.mark.parametrize("tool", ["fis", "chaostoolkit"])
def test_what_is_no_experiment_is_an_error_at_its_place(
    tool: str,
    text: str,
    code: str,
    line: int | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / tool).mkdir()
    path = tmp_path / tool / "a.json"
    path.write_text(text)
    exit_code, out, err = dr_import(path, capsys=capsys)

    assert exit_code == Exit.USAGE
    assert out == ""
    assert err.startswith(f"error[{code}]"), err
    assert line is None or f"{path}:{line}:" in err


@pytest.mark.parametrize(
    "options",
    [["--account", "1"], ["--region", "x"], ["--rto", "5"], ["--rto", "0s"], ["--url", "ftp://a"],
     ["--service", "A b"], ["--target", "x"], ["--owner", "a\nb"], ["--name", "-"]],
    ids=" ".join,
)  # fmt: skip
def test_what_is_told_must_have_its_form(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = dr_import(CORPUS / "fis" / "zone-cut-off.json", *options, capsys=capsys)

    assert code == Exit.USAGE
    assert out == ""


def test_a_file_that_exists_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = CORPUS / "fis" / "zone-cut-off.json", tmp_path / "drill.yaml"
    assert dr_import(path, *TOLD, "--out", str(out), capsys=capsys)[:2] == (Exit.PASS, "")
    first = out.read_text()
    assert dr_import(path, "--out", str(out), capsys=capsys)[0] == Exit.USAGE
    assert out.read_text() == first
    assert frame.run(["validate", str(out)]) == Exit.PASS


def test_a_target_that_is_too_short_for_the_probe_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = CORPUS / "fis" / "zone-cut-off.json"
    code, out, err = dr_import(path, *TOLD[:-6], "--rto", "10s", capsys=capsys)

    assert code == Exit.FAIL
    assert any("too coarse" in gap for gap in gaps_of(err))
    assert "too_coarse: inconclusive" in out
    drill_of(out)
