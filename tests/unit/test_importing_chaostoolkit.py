"""Experiments of Chaos Toolkit, activity by activity: what each becomes, or why it cannot."""

from typing import Any

import pytest

from dr.core.importing.outline import Told
from tests.unit.foreign import calling, drill_of, gaps, of_chaos

RDS = "chaosaws.rds.actions"
FAIL_OVER = {
    "type": "action",
    "name": "fail-over",
    "provider": calling(f"{RDS}.failover_db_cluster", db_cluster_identifier="orders"),
}
ALARM = "chaosaws.cloudwatch.probes.get_alarm_state_value"
STATUS = "chaosaws.rds.probes.cluster_status"
ADDRESS = "https://orders.example/health"
NO_FAILOVER = "a reboot without failover is no kind of step"
IN_ORDER = "aws.ec2.stop_instance stops one instance that is named, in order"
OF_A_PATH = "of a JSON path, only one value at one place can be expected"
EXIT_CODE = "of a process, only its exit code can be expected"
UNEXPECTED = "its tolerance is not one that http.get can expect: "


def process(**over: Any) -> dict[str, Any]:
    return {"type": "process", "path": "./a.sh", **over}


def http(**over: Any) -> dict[str, Any]:
    return {"type": "http", "url": ADDRESS, **over}


STEPS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    # provider, kind of the step that it becomes, its parameters
    (calling(f"{RDS}.failover_db_cluster", db_cluster_identifier="orders"),
     "aws.rds.failover", {"cluster": "orders"}),
    (calling(f"{RDS}.failover_db_cluster", db_cluster_identifier="orders",
             target_db_instance_identifier="orders-2"),
     "aws.rds.failover", {"cluster": "orders", "to": "orders-2"}),
    (calling(f"{RDS}.reboot_db_instance", db_instance_identifier="ledger", force_failover=True),
     "aws.rds.reboot_failover", {"instance": "ledger"}),
    (calling("chaosaws.elasticache.actions.test_failover", replication_group_id="carts",
             node_group_id="0001"),
     "aws.elasticache.failover", {"group": "carts"}),
    (calling("chaosaws.s3.actions.delete_object", bucket_name="docs", object_key="a/b"),
     "aws.s3.delete_objects", {"bucket": "docs", "prefix": "a/b", "at_most": 1}),
    (process(arguments="--zone 'a b'"), "command.run", {"argv": ["./a.sh", "--zone", "a b"]}),
    (process(arguments={"--zone": "a", "--now": ""}), "command.run",
     {"argv": ["./a.sh", "--zone", "a", "--now"]}),
    (process(arguments=["-n", 3], timeout=[1, 1.5]), "command.run",
     {"argv": ["./a.sh", "-n", "3"], "timeout": "2500ms"}),
    (process(timeout="soon"), "command.run", {"argv": ["./a.sh"]}),
]  # fmt: skip

NO_STEPS: list[tuple[dict[str, Any], str]] = [
    # provider, why it is no step
    (calling(f"{RDS}.reboot_db_instance", db_instance_identifier="ledger"), NO_FAILOVER),
    (calling(f"{RDS}.reboot_db_instance", db_instance_identifier="ledger", force_failover="yes"),
     NO_FAILOVER),
    (calling(f"{RDS}.stop_db_instance", db_instance_identifier="a", db_snapshot_identifier="b"),
     "a snapshot is not made while stopping"),
    (calling("chaosaws.ec2.actions.stop_instance", instance_id="i-1", force=True), IN_ORDER),
    (calling("chaosaws.ec2.actions.stop_instance", az="us-east-1a"), IN_ORDER),
    (calling("chaosaws.elasticache.actions.test_failover", replication_group_id="carts",
             node_group_id="0002"),
     "aws.elasticache.failover does not choose among node groups"),
    (calling("chaosaws.s3.actions.delete_object", bucket_name="a", object_key="b", version_id="c"),
     "deleting a version has no way back; no kind of step does it"),
    (calling(f"{RDS}.failover_db_cluster"), "db_cluster_identifier is not given as text"),
    (calling(f"{RDS}.failover_db_cluster", db_cluster_identifier="a\u202e"),
     "db_cluster_identifier has an invisible character"),
    (process(arguments="'"), "its arguments cannot be split: No closing quotation"),
    (process(arguments=5), "its arguments are neither text nor a list nor a mapping"),
    (process(arguments=[None]), "a word of its command is not given as text"),
    (http(), "a provider of type http is no kind of step"),
]  # fmt: skip

PROBES: list[tuple[dict[str, Any], Any, dict[str, Any]]] = [
    # provider, tolerance, parameters of the probe that it becomes
    (http(), None, {"url": ADDRESS}),
    (http(), True, {"url": ADDRESS}),
    (http(), 204, {"url": ADDRESS, "expect": {"status": 204}}),
    (http(headers={"Accept": "text/html"}, verify_tls=False), 200,
     {"url": ADDRESS, "expect": {"status": 200}, "headers": {"Accept": "text/html"},
      "verify": False}),
    (http(), {"type": "regex", "pattern": "all is well"},
     {"url": ADDRESS, "expect": {"contains": "all is well"}}),
    (http(), {"type": "jsonpath", "path": "$.zones[1].state", "expect": "up"},
     {"url": ADDRESS, "expect": {"json": {"zones.1.state": "up"}}}),
    (http(), {"type": "jsonpath", "path": "$.replicas", "expect": [3]},
     {"url": ADDRESS, "expect": {"json": {"replicas": 3}}}),
    (process(), None, {"argv": ["./a.sh"], "exit": 0}),
    (process(), 3, {"argv": ["./a.sh"], "exit": 3}),
    (calling(STATUS, cluster_id="orders"), "available", {"cluster": "orders"}),
]  # fmt: skip

NO_PROBES: list[tuple[dict[str, Any], Any, str]] = [
    # provider, tolerance, why it is no probe
    (calling(ALARM, alarm_name="a"), "ALARM",
     "only an alarm that must be OK has a place, among the detectors"),
    (calling(ALARM, alarm_name="a" * 256), "OK", "its alarm_name is longer than one can be"),
    (calling(STATUS, cluster_id="orders"), "stopped",
     "only a cluster that must be available can be asked for"),
    ({"type": "carrier-pigeon"}, None, "a provider of type carrier-pigeon is no kind of probe"),
    (http(method="POST"), 200, "http.get asks with GET, not POST"),
    (http(url="ftp://orders.example"), 200, "its url is no address of a web server"),
    (http(), 20, f"{UNEXPECTED}20"),
    (http(), {"type": "regex", "pattern": "a.*b"},
     f"{UNEXPECTED}{{'type': 'regex', 'pattern': 'a.*b'}}"),
    (http(), {"type": "jsonpath", "path": "$.a", "expect": [1, 2]}, OF_A_PATH),
    (http(), {"type": "jsonpath", "path": "$..a", "expect": 1}, OF_A_PATH),
    (http(), {"type": "jsonpath", "path": "$.a"}, OF_A_PATH),
    (http(), {"type": "jsonpath", "path": "$.a", "expect": "\x00"},
     "the expected value has an invisible character"),
    (process(), 256, EXIT_CODE),
    (process(), True, EXIT_CODE),
]  # fmt: skip


def asked(provider: dict[str, Any], tolerance: Any) -> dict[str, Any]:
    """Return a hypothesis of one probe."""
    probe = {"type": "probe", "name": "ask", "provider": provider, "tolerance": tolerance}
    return {"steady-state-hypothesis": {"title": "All is well", "probes": [probe]}}


@pytest.mark.parametrize(("provider", "kind", "params"), STEPS)
def test_an_action_becomes_the_step_that_does_the_same(
    provider: dict[str, Any], kind: str, params: dict[str, Any]
) -> None:
    outline = of_chaos({"name": "act", "provider": provider})

    assert gaps(outline) == []
    (step,) = drill_of(outline).disrupt
    assert (step.kind, step.with_) == (kind, params)


@pytest.mark.parametrize(("provider", "why"), NO_STEPS)
def test_an_action_that_no_step_can_be_says_why(provider: dict[str, Any], why: str) -> None:
    outline = of_chaos(FAIL_OVER, {"name": "act", "provider": provider})

    assert gaps(outline) == [("disrupt", f"action `act`: {why}", ("method", 1))]
    assert [step.id for step in drill_of(outline).disrupt] == ["fail-over"]


@pytest.mark.parametrize(("provider", "tolerance", "params"), PROBES)
def test_a_probe_and_its_tolerance_become_one_that_asks_the_same(
    provider: dict[str, Any], tolerance: Any, params: dict[str, Any]
) -> None:
    outline = of_chaos(FAIL_OVER, **asked(provider, tolerance))

    assert gaps(outline) == []
    (probe,) = drill_of(outline).probes
    assert (probe.id, probe.with_) == ("ask", params)


@pytest.mark.parametrize(("provider", "tolerance", "why"), NO_PROBES)
def test_a_probe_that_none_of_ours_can_be_says_why(
    provider: dict[str, Any], tolerance: Any, why: str
) -> None:
    outline = of_chaos(FAIL_OVER, **asked(provider, tolerance))

    place = ("steady-state-hypothesis", "probes", 0)
    assert gaps(outline) == [("probes", f"probe `ask`: {why}", place)]
    assert (outline.probes, outline.detect) == ([], [])


def test_controls_of_an_action_are_a_gap_and_the_action_stays() -> None:
    outline = of_chaos({**FAIL_OVER, "controls": [{"name": "tell"}]})

    why = "action `fail-over`: its controls have no place in a drill"
    assert gaps(outline) == [("disrupt", why, ("method", 0))]
    assert [step.id for step in drill_of(outline).disrupt] == ["fail-over"]


@pytest.mark.parametrize(
    ("pauses", "steps"),
    [
        ({}, [("fail-over", None)]),
        ({"before": None, "after": 0}, [("fail-over", None)]),
        ({"before": 1.5}, [("pause", "1500ms"), ("fail-over", None)]),
        ({"after": 86_400}, [("fail-over", None), ("pause", "1d")]),
    ],
)
def test_a_pause_becomes_a_wait_where_it_stands(
    pauses: dict[str, Any], steps: list[tuple[str, str | None]]
) -> None:
    outline = of_chaos({**FAIL_OVER, "pauses": pauses})

    assert gaps(outline) == []
    made = drill_of(outline).disrupt
    assert [(step.id, step.with_.get("for")) for step in made] == steps


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("pause", "why"),
    [("5", "that is no number of seconds"), (True, "that is no number of seconds"),
     ([5], "that is no number of seconds"), (-1, "of -1 s is no wait"),
     (0.0001, "of 0.0001 s is no wait"), (86_401, "of 86401 s is no wait")],
)  # fmt: skip
def test_a_pause_that_is_no_length_is_a_gap(when: str, pause: Any, why: str) -> None:
    outline = of_chaos({**FAIL_OVER, "pauses": {when: pause}})

    assert gaps(outline) == [("disrupt", f"a pause {when} {why}", ("method", 0))]
    assert [step.id for step in drill_of(outline).disrupt] == ["fail-over"]


def test_a_rollback_that_the_run_makes_by_itself_is_no_gap() -> None:
    outline = of_chaos(FAIL_OVER, rollbacks=[{**FAIL_OVER, "name": "fail-back"}])

    assert gaps(outline) == []
    assert drill_of(outline).return_ == "undo"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("failover_db_cluster", {"db_cluster_identifier": "ledger"}),
     ("reboot_db_instance", {"db_instance_identifier": "ledger", "force_failover": True})],
    ids=["the kind, aimed elsewhere", "aimed there, of another kind"],
)  # fmt: skip
def test_a_rollback_of_what_no_step_has_changed_is_a_gap(
    function: str, arguments: dict[str, Any]
) -> None:
    stopping = calling(f"{RDS}.stop_db_instance", db_instance_identifier="ledger")
    back = {"name": "back", "provider": calling(f"{RDS}.{function}", **arguments)}
    outline = of_chaos(FAIL_OVER, {"name": "stop", "provider": stopping}, rollbacks=[back])

    why = "rollback `back`: no step of the method has changed that"
    assert gaps(outline) == [("disrupt", why, ("rollbacks", 0))]


def test_a_service_that_only_the_provider_speaks_of_is_a_gap() -> None:
    hypothesis = asked(calling(STATUS, cluster_id="orders"), "available")
    outline = of_chaos(FAIL_OVER, **hypothesis)
    drill = drill_of(outline)

    why = "`ask` says what the provider says; give the service's --url"
    assert ("probes", why, ()) in gaps(outline)
    assert drill.objectives.rto is not None
    assert drill.objectives.rto.probe == "ask"

    told = of_chaos(FAIL_OVER, **hypothesis)
    drill = drill_of(told, Told(url=ADDRESS))
    assert [probe.kind for probe in drill.probes] == ["http.get", "aws.rds.cluster_status"]
    assert not any("the provider says" in text for _, text, _ in gaps(told))
