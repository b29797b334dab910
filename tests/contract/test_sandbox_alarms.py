"""The sandbox's alarms follow what goes on there, and tell of it as CloudWatch does."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dr.sandbox.data.truth import read_truth
from dr.sandbox.patches.cloudwatch import verdict
from dr.sandbox.process import TRUTH
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually
from tests.contract.test_sandbox_fleet import Dark, _subnets

cloud = sandboxes.cloud


def alarm(cloud: Cloud, name: str) -> Any:
    (found,) = cloud.east.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def state(cloud: Cloud, name: str) -> str:
    return str(alarm(cloud, name)["StateValue"])


def put(cloud: Cloud, name: str, **more: Any) -> None:
    group = cloud.out["target_group_arn"].rpartition(":")[2]
    given: dict[str, Any] = {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "UnHealthyHostCount",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [{"Name": "TargetGroup", "Value": group}],
    }
    cloud.east.cloudwatch.put_metric_alarm(AlarmName=name, **{**given, **more})


@pytest.mark.sandbox
def test_an_alarm_fires_when_a_zone_is_lost_and_is_quiet_when_it_is_back(cloud: Cloud) -> None:
    name = cloud.out["unhealthy_alarm"]
    eventually(lambda: state(cloud, name) == "OK", within=20)
    quiet = alarm(cloud, name)
    with Dark(cloud, _subnets(cloud)[0]):
        eventually(lambda: state(cloud, name) == "ALARM", within=20)
    firing = alarm(cloud, name)
    assert firing["StateTransitionedTimestamp"] > quiet["StateTransitionedTimestamp"]
    assert firing["StateTransitionedTimestamp"] == firing["StateUpdatedTimestamp"]
    eventually(lambda: state(cloud, name) == "OK", within=20)

    history = cloud.east.cloudwatch.describe_alarm_history(
        AlarmName=name, HistoryItemType="StateUpdate"
    )["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history[:2]] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
    ]
    assert history[1]["Timestamp"] == firing["StateTransitionedTimestamp"]
    assert json.loads(history[1]["HistoryData"])["newState"]["stateValue"] == "ALARM"

    changes = [line for line in read_truth(Path(cloud.sandbox.home) / TRUTH) if line.about == name]
    assert [line.facts["state"] for line in changes][-2:] == ["ALARM", "OK"]
    for line in changes:
        assert line.what == "alarm.changed"
        assert int(str(line.facts["not_before_us"])) <= line.at_us


@pytest.mark.sandbox
def test_a_new_alarm_has_no_data_and_one_on_a_metric_that_is_not_made_stays_so(
    cloud: Cloud,
) -> None:
    put(cloud, "slow", Period=600)
    put(cloud, "elsewhere", MetricName="CPUUtilization")
    put(cloud, "nothing", Dimensions=[{"Name": "TargetGroup", "Value": "targetgroup/none/1"}])
    put(cloud, "quick")
    assert state(cloud, "slow") == "INSUFFICIENT_DATA"
    eventually(lambda: state(cloud, "quick") == "OK", within=20)
    assert {state(cloud, name) for name in ("elsewhere", "nothing")} == {"INSUFFICIENT_DATA"}
    history = cloud.east.cloudwatch.describe_alarm_history(AlarmName="elsewhere")
    assert [i["HistoryItemType"] for i in history["AlarmHistoryItems"]] == ["ConfigurationUpdate"]


@pytest.mark.sandbox
def test_a_state_that_was_set_lasts_until_the_next_evaluation(cloud: Cloud) -> None:
    put(cloud, "set")
    eventually(lambda: state(cloud, "set") == "OK", within=20)
    cloud.east.cloudwatch.set_alarm_state(AlarmName="set", StateValue="ALARM", StateReason="a test")
    eventually(lambda: state(cloud, "set") == "OK", within=20)


@pytest.mark.parametrize(
    ("points", "treat", "wanted"),
    [
        ([0, 0, 0], "missing", "OK"),
        ([0, 2, 0], "missing", "OK"),
        ([0, 2, 2], "missing", "ALARM"),
        ([2], "missing", "OK"),
        ([2, 2], "missing", "ALARM"),
        ([None, None, None], "missing", "INSUFFICIENT_DATA"),
        ([None, None, 2], "missing", "OK"),
        ([None, None, 2], "breaching", "ALARM"),
        ([None, None, None], "breaching", "ALARM"),
        ([0, 0, None], "breaching", "OK"),
        ([None, None, None], "notBreaching", "OK"),
        ([2, None, 2], "notBreaching", "ALARM"),
        ([None, None, None], "ignore", None),
        ([0, None, 2], "ignore", None),
        ([2, None, 2], "ignore", "ALARM"),
        ([0, 0, 0], "ignore", "OK"),
    ],
)
def test_so_many_of_the_last_points_decide(
    points: list[float | None], treat: str, wanted: str | None
) -> None:
    given = SimpleNamespace(
        comparison_operator="GreaterThanThreshold",
        threshold=1,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        treat_missing_data=treat,
    )
    assert verdict(given, points) == wanted


def test_all_of_the_points_decide_where_no_number_is_said_and_an_anomaly_is_not_judged() -> None:
    given = SimpleNamespace(
        comparison_operator="LessThanOrEqualToThreshold",
        threshold=1,
        evaluation_periods=2,
        datapoints_to_alarm=None,
        treat_missing_data=None,
    )
    assert (verdict(given, [1, 2]), verdict(given, [1, 1])) == ("OK", "ALARM")
    given.comparison_operator = "GreaterThanUpperThreshold"
    assert verdict(given, [9, 9]) is None
