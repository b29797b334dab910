"""What guards ask: every usable answer is judged, and everything else counts as no answer."""

import json
from typing import Any

import pytest

from dr.cli.sources import Sources
from dr.engine.guards import Guards
from dr.model.brakes import Guard
from dr.model.units import Duration
from dr.ports import Asking
from tests.contract.loopback import Behaviour, Server, answer, hang, reset


def _asking(site: str | None, within_s: float) -> Asking:
    return Asking(within_s, None, None, None, None, None)


class _CloudWatch:
    def __init__(self, *states: str) -> None:
        self.states = states

    @property
    def cloudwatch(self) -> "_CloudWatch":
        return self

    def describe_alarms(self, *, AlarmNames: list[str]) -> dict[str, Any]:  # noqa: N803 - as boto3
        assert AlarmNames == ["errors"]
        alarms = [{"StateValue": state} for state in self.states]
        return {"MetricAlarms": [], "CompositeAlarms": alarms}


def ask(guard: Guard, *states: str) -> str | None:
    def aws(site: str | None) -> Any:
        return _CloudWatch(*states)

    return Sources(aws, _asking).ask(guard)


def asked(behave: Behaviour, **fields: Any) -> str | None:
    """Return why a guard trips on what a server answers."""
    with Server(behave) as server:
        return ask(Guard(**{name: _at(server, value) for name, value in fields.items()}))


def _at(server: Server, value: Any) -> Any:
    return value.replace("@", server.url) if isinstance(value, str) else value


def document(body: Any, status: int = 200) -> Behaviour:
    return answer(status, json.dumps(body).encode())


def vector(*values: str) -> Behaviour:
    result = [{"metric": {}, "value": [1700000000.1, value]} for value in values]
    return document({"status": "success", "data": {"resultType": "vector", "result": result}})


@pytest.mark.parametrize(("state", "why"), [("OK", None), ("ALARM", "the alarm fires"),
                                            ("INSUFFICIENT_DATA", None)])  # fmt: skip
def test_an_alarm_trips_only_when_it_fires(state: str, why: str | None) -> None:
    assert ask(Guard(alarm="errors"), state) == why


def test_an_alarm_that_does_not_exist_cannot_be_read() -> None:
    with pytest.raises(Exception, match="there is no alarm errors"):
        ask(Guard(alarm="errors"))


@pytest.mark.parametrize(
    ("body", "holds"),
    [({"status": "ok"}, True), ({"status": "bad"}, False), ({}, False), ([], False)],
)
def test_a_condition_that_does_not_hold_trips(body: Any, *, holds: bool) -> None:
    why = asked(document(body), http_json="@/x", expect="status == 'ok'")

    assert why == (None if holds else "it is not so that status == 'ok'")


@pytest.mark.parametrize(
    ("values", "limits", "why"),
    [
        (("0.01", "0.04"), {"above": "0.05"}, None),
        (("0.01", "0.051"), {"above": "0.05"}, "0.051 is above 0.05"),
        (("3",), {"below": "3"}, None),
        (("2.9",), {"above": "9", "below": "3"}, "2.9 is below 3"),
        (("+Inf",), {"above": "9"}, "Infinity is above 9"),
    ],
)
def test_a_query_trips_beyond_its_limits(
    values: tuple[str, ...], limits: dict[str, str], why: str | None
) -> None:
    assert asked(vector(*values), promql='rate(errors{a="b"}[1m])', url="@/", **limits) == why


def test_a_query_is_sent_whole() -> None:
    scalar = document({"data": {"resultType": "scalar", "result": [1, "7"]}})
    with Server(scalar) as server:
        guard = Guard(promql="a{b='c d'} + 1", url=f"{server.url}/prom/", above="9")
        assert ask(guard) is None

        line = server.requests[0].split(b"\r\n")[0]
    assert line == (b"GET /prom/api/v1/query?query=a%7Bb%3D%27c%20d%27%7D%20%2B%201 HTTP/1.1")


@pytest.mark.parametrize(
    "behave",
    [
        reset,
        hang,
        answer(503),
        answer(200, b"<html>"),
        document({"status": "error"}),
        document({"data": {"resultType": "matrix", "result": []}}),
        vector(),
        vector("NaN"),
        vector("seven"),
    ],
)
def test_what_is_no_usable_answer_trips_when_it_comes_too_often(behave: Behaviour) -> None:
    with Server(behave) as server:
        guard = Guard(
            promql="up", url=server.url, below="1", within=Duration.parse("300ms"), unreadable=2
        )
        guards = Guards([guard], Sources(lambda site: _CloudWatch(), _asking).ask)  # type: ignore[arg-type,return-value]
        said = [guards.ask(guard) for _ in range(2)]

    assert said[0] is None
    assert said[1] is not None
    assert said[1].why.startswith("could not be read 2 times in a row: ")


def test_a_status_page_that_cannot_be_reached_is_not_taken_for_a_good_one() -> None:
    with Server(answer()) as server:
        gone = server.url
    guard = Guard(http_json=gone, expect="ok", unreadable=1)

    assert Guards([guard], Sources(lambda site: _CloudWatch(), _asking).ask).ask(guard)  # type: ignore[arg-type,return-value]
