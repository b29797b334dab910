"""What notices: http.json against a loopback server, and what asks AWS against moto."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue, ValidationError

from dr.cli.catalogue import load
from dr.cloud.clock import Clock
from dr.model.base import Json
from dr.model.reading import State
from dr.observer.client import Entry, Spec, Tail, ask_once, start, stop
from dr.ports import Asking, Reading
from dr.probes import PROBES
from dr.probes.http_json import since
from dr.testing import REGION, Stage
from tests.contract.loopback import Server, answer, free_port, hang

ASKING = Asking(5.0, None, None, None, REGION, None)
AWS_KINDS = ("aws.cloudwatch.alarm", "aws.elb.target_health", "aws.rds.cluster_status")


def ask(kind: str, **params: JsonValue) -> Reading:
    return ask_once(PROBES[kind], params, ASKING)


# http.json -----------------------------------------------------------------------------------

OPEN = "incidents[?status=='triggered']"


def pager(*incidents: JsonValue, **params: JsonValue) -> Reading:
    body = json.dumps({"incidents": incidents}).encode()
    with Server(answer(200, body)) as server:
        return ask("http.json", url=server.url, **params)


def test_an_expression_that_finds_nothing_is_quiet() -> None:
    assert pager(firing=OPEN) == Reading(State.UP)
    assert pager({"status": "resolved"}, firing=OPEN) == Reading(State.UP)
    assert pager(at=f"{OPEN}.created_at | [0]") == Reading(State.UP)


def test_an_expression_that_finds_something_fires_and_says_since_when() -> None:
    incident: JsonValue = {"status": "triggered", "created_at": "2026-03-01T12:00:00+01:00"}
    first = f"{OPEN}.created_at | [0]"

    assert pager(incident, firing=OPEN) == Reading(State.DOWN, "firing")
    assert pager(incident, at=first) == Reading(State.DOWN, "since 2026-03-01T11:00:00+00:00")
    assert pager(incident, firing=OPEN, at="nothing") == Reading(State.DOWN, "firing")


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (answer(503), "status 503"),
        (answer(200, b"<html>"), "the body is not JSON"),
        (answer(302), "status 302"),
    ],
)
def test_a_pager_that_gives_no_answer_has_neither_noticed_nor_not(behave: Any, why: str) -> None:
    with Server(behave) as server:
        assert ask("http.json", url=server.url, firing="a") == Reading(State.UNKNOWN, why)


def test_a_pager_that_is_gone_says_nothing() -> None:
    gone = ask("http.json", url=f"http://127.0.0.1:{free_port()}", firing="a")

    assert gone == Reading(State.UNKNOWN, "connection refused")


def test_without_an_expression_or_with_a_wrong_one_it_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs `firing`"):
        ask("http.json", url="http://127.0.0.1/")
    with pytest.raises(ValueError, match="Invalid jmespath"):
        ask("http.json", url="http://127.0.0.1/", firing="a[")


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (1_772_362_800, "since 2026-03-01T11:00:00+00:00"),
        (1_772_362_800_250, "since 2026-03-01T11:00:00.250000+00:00"),
        ("2026-03-01T11:00:00Z", "since 2026-03-01T11:00:00+00:00"),
        ("2026-03-01T11:00:00", ""),  # whose time?
        ("yesterday", ""),
        (True, ""),
        (None, ""),
        (1e300, ""),
    ],
)
def test_a_moment_is_read_in_the_usual_forms(moment: JsonValue, said: str) -> None:
    assert since(moment) == said


# AWS -----------------------------------------------------------------------------------------


def an_alarm(stage: Stage, state: str | None) -> Any:
    client = stage.admin("cloudwatch")
    client.put_metric_alarm(
        AlarmName="orders-5xx", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1,
        MetricName="m", Namespace="n", Period=60, Statistic="Sum", Threshold=1.0,
    )  # fmt: skip
    if state is not None:
        client.set_alarm_state(AlarmName="orders-5xx", StateValue=state, StateReason="a test")
    return client


def test_an_alarm_is_quiet_or_fires_and_says_since_when(stage: Stage) -> None:
    an_alarm(stage, "OK")
    assert ask("aws.cloudwatch.alarm", alarm="orders-5xx") == Reading(State.UP)

    an_alarm(stage, "ALARM")
    fires = ask("aws.cloudwatch.alarm", alarm="orders-5xx")
    assert fires.state is State.DOWN
    assert fires.why.startswith("since 20")
    assert fires.why.endswith(" to 1 s")


@pytest.mark.parametrize(
    ("taken_for", "state"),
    [("quiet", State.UP), ("firing", State.DOWN), ("unknown", State.UNKNOWN)],
)
def test_what_insufficient_data_means_is_the_drills_choice(
    stage: Stage, taken_for: str, state: State
) -> None:
    an_alarm(stage, "INSUFFICIENT_DATA")
    said = ask("aws.cloudwatch.alarm", alarm="orders-5xx", insufficient_data=taken_for)

    assert said.state is state


def test_an_alarm_that_is_not_there_says_nothing(stage: Stage) -> None:
    assert ask("aws.cloudwatch.alarm", alarm="other").state is State.UNKNOWN


def test_a_cluster_is_up_while_it_says_available(stage: Stage) -> None:
    rds = stage.admin("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="orders", Engine="aurora-postgresql", MasterUsername="dr",
        MasterUserPassword="password1",
    )  # fmt: skip
    assert ask("aws.rds.cluster_status", cluster="orders") == Reading(
        State.DOWN, "the cluster has no writer"
    )
    assert ask("aws.rds.cluster_status", cluster="other").state is State.UNKNOWN


def test_a_group_without_enough_healthy_targets_is_down(stage: Stage) -> None:
    vpc = stage.admin("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = stage.admin("elbv2").create_target_group(
        Name="orders", Protocol="HTTP", Port=80, VpcId=vpc
    )
    arn = made["TargetGroups"][0]["TargetGroupArn"]

    assert ask("aws.elb.target_health", target_group=arn) == Reading(
        State.DOWN, "0 of 0 targets are healthy"
    )


@pytest.mark.parametrize("kind", AWS_KINDS)
def test_what_asks_the_provider_says_so_and_sits_apart(kind: str) -> None:
    loaded = load(PROBES[kind])

    assert loaded.provider_reported
    assert loaded.apart
    assert loaded.needs


@pytest.mark.parametrize("kind", AWS_KINDS)
def test_aws_that_does_not_answer_says_nothing_of_the_service(
    fake_credentials: None, kind: str
) -> None:
    params: Json = {"alarm": "a", "cluster": "a", "target_group": "a"}
    needed = load(PROBES[kind]).params.model_fields
    with Server(hang) as server:
        asking = Asking(0.5, None, server.url, "123456789012", REGION, None)
        told = {name: value for name, value in params.items() if name in needed}
        said = ask_once(PROBES[kind], told, asking)

    assert said.state is State.UNKNOWN


def test_a_pager_that_hangs_is_not_a_pager_that_fires(tmp_path: Path) -> None:
    """Through a real observer: a time limit is a failure for a service, and not for a pager."""
    clock = Clock()
    with Server(hang) as server:
        entries = tuple(
            Entry(name, PROBES[kind], 50_000, 40_000, {"url": server.url, **more})
            for name, kind, more in (
                ("pager", "http.json", {"firing": "a"}),
                ("shop", "http.get", {}),
            )
        )
        running = start(Spec("r", clock.mono_us() + 30_000_000, entries), tmp_path, clock)
        clock.sleep(0.5)
        stop(running)
    states: dict[str, set[State]] = {}
    for sample in Tail.of_samples(running.samples_path).new():
        if "stopped" not in sample.why:
            states.setdefault(sample.probe, set()).add(sample.state)

    assert states["pager"] == {State.UNKNOWN}
    assert State.DOWN in states["shop"]
