"""A claim is corroborated, uncorroborated or contradicted by what somebody else has kept."""

import json
from typing import Any

import pytest

from dr.core.recorded import moment, parse
from dr.core.seal import Damaged
from dr.core.witnessing import claims, corroborate, safe_file, unclaimed
from dr.model import event as ev
from dr.model.base import Json
from dr.model.event import Call, Event, Way
from dr.model.progress import World
from dr.model.witness import Claim, Corroboration, Recorded, Standing
from tests.unit.report_story import Story, completed
from tests.unit.report_world import at

ACCOUNT = "123456789012"
ME = f"arn:aws:sts::{ACCOUNT}:assumed-role/dr-drill/dr"
EVENTS = completed(simulated=False, end=320)


def record(claim: Claim, **over: Any) -> dict[str, Any]:
    """Return the record that CloudTrail keeps of a claim."""
    return {
        "eventVersion": "1.11", "eventID": f"id-{claim.event}", "eventTime": claim.at[:19] + "Z",
        "eventSource": f"{claim.service}.amazonaws.com", "eventName": claim.operation,
        "requestID": claim.request_id, "recipientAccountId": ACCOUNT, "readOnly": False,
        "userIdentity": {"type": "AssumedRole", "arn": ME}, **over,
    }  # fmt: skip


def judged(
    *records: dict[str, Any], events: tuple[Event, ...] = EVENTS
) -> tuple[Corroboration, ...]:
    found = parse(json.dumps({"Records": list(records)}).encode())
    return corroborate(claims(events), found, frozenset({ACCOUNT}))


def test_each_effect_is_a_claim_with_its_request_and_moment() -> None:
    made = claims(EVENTS)

    assert [(c.step, c.way, c.operation) for c in made] == [
        ("dark-zone", "forward", "ReplaceNetworkAclAssociation"),
        ("evacuate", "forward", "UpdateAutoScalingGroup"),
        ("evacuate", "undo", "UpdateAutoScalingGroup"),
        ("dark-zone", "undo", "ReplaceNetworkAclAssociation"),
    ]
    assert all(c.request_id and c.at < c.until for c in made)


def test_a_record_that_says_the_same_corroborates() -> None:
    made = judged(*(record(c) for c in claims(EVENTS)))

    assert {one.standing for one in made} == {Standing.CORROBORATED}
    assert made[0].by == (f"id-{made[0].claim.event}",)


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"eventName": "DescribeNetworkAcls"}, "this request was ec2:DescribeNetworkAcls"),
        ({"eventSource": "rds.amazonaws.com"}, "this request was rds:"),
        ({"recipientAccountId": "999999999999"}, "in account 999999999999"),
        ({"eventTime": "2026-11-19T09:00:31Z"}, "this was at 2026-11-19"),
        ({"errorCode": "AccessDenied"}, "refused: AccessDenied"),
    ],
)
def test_a_record_that_says_something_else_contradicts(over: dict[str, Any], why: str) -> None:
    first = judged(record(claims(EVENTS)[0], **over))[0]

    assert first.standing is Standing.CONTRADICTED
    assert why in first.why


def test_the_absence_of_a_record_proves_nothing_and_says_why() -> None:
    first, *_, last = claims(EVENTS)
    nothing = judged()
    assert {one.standing for one in nothing} == {Standing.UNCORROBORATED}
    assert "no records of CloudTrail" in nothing[0].why
    ended = judged(record(first))
    assert "the records end before it" in ended[-1].why
    missing = judged(record(last, requestID="another"))
    assert "does not log every call" in missing[0].why


def test_a_rejected_request_is_a_claim_too() -> None:
    story = Story()
    story.begin()
    call = Call(service="rds", operation="FailoverDBCluster", request_id="r-1", status=400)
    story.tell(
        1,
        ev.StepFailed(
            step="fail-over", way=Way.FORWARD, world=World.FAILED, message="no", calls=(call,)
        ),
    )
    events = tuple(story.events)
    (claim,) = claims(events)

    assert judged(record(claim, errorCode="Throttling"), events=events)[0].standing is (
        Standing.CORROBORATED
    )
    assert "carried out" in judged(record(claim), events=events)[0].why


def asked(call: Call | None, handle: dict[str, Any] | None = None) -> tuple[Event, ...]:
    """Return a journal of one step on the cluster `orders`."""
    story = Story()
    story.begin()
    change: Json = {"cluster": "orders", "from": "a", "to": "b"}
    story.tell(
        0,
        ev.StepIntended(step="go", way=Way.FORWARD, params={}, change=change, undo=None, token="t"),
    )
    story.tell(
        1,
        ev.StepRequested(
            step="go", way=Way.FORWARD, sent_us=at(0.1), answered_us=at(1),
            calls=() if call is None else (call,), handle=handle,
        ),
    )  # fmt: skip
    story.tell(2, ev.NoteAdded(who="ada", text="it takes its time"))
    story.tell(30, ev.StepDoubted(step="go", way=Way.FORWARD, why="no answer"))
    return tuple(story.events)


def rds(at_: str, cluster: str = "orders") -> tuple[Recorded, ...]:
    event = {"SourceIdentifier": cluster, "Date": at_, "Message": "Failover completed"}
    return parse(json.dumps({"Events": [event]}).encode())


@pytest.mark.parametrize(
    ("given", "standing"),
    [
        (rds("2026-11-20T09:00:45.1+00:00"), Standing.CORROBORATED),
        (rds("2026-11-20T08:00:45+00:00"), Standing.UNCORROBORATED),
        (rds("2026-11-20T09:00:45+00:00", "billing"), Standing.UNCORROBORATED),
    ],
)
def test_an_event_of_the_resource_during_the_step_corroborates_its_effect(
    given: tuple[Recorded, ...], standing: Standing
) -> None:
    events = asked(Call(service="rds", operation="FailoverDBCluster", request_id="r", status=200))

    assert corroborate(claims(events), given, frozenset())[0].standing is standing


def test_an_experiment_of_fis_is_known_by_its_id() -> None:
    events = asked(None, {"experiment": "EXP1234"})
    told = {"id": "EXP1234", "startTime": 1_795_165_240.5, "state": {"status": "completed"}}
    told["targets"] = {"writers": {"resourceArns": ["arn:aws:rds:::db"]}, "none": {}}
    (found,) = parse(json.dumps({"experiment": told}).encode())
    assert found.names == ("EXP1234", "arn:aws:rds:::db")
    (one,) = corroborate(claims(events), (found,), frozenset())
    (unknown,) = corroborate(claims(events), (), frozenset())

    assert (found.at, one.standing) == ("2026-11-20T09:00:40.500000Z", Standing.CORROBORATED)
    assert "names no request to AWS" in unknown.why


def test_a_request_without_an_answer_has_no_id_to_look_for() -> None:
    events = asked(Call(service="rds", operation="FailoverDBCluster"))

    assert "there was no answer" in corroborate(claims(events), (), frozenset())[0].why


def test_looking_is_no_claim() -> None:
    events = asked(Call(service="rds", operation="DescribeDBClusters", request_id="r", status=200))

    assert [c.operation for c in claims(events)] == [""]


def test_the_servers_own_date_is_what_is_compared() -> None:
    date = "Fri, 20 Nov 2026 09:00:31 GMT"
    call = Call(service="rds", operation="X", request_id="r", status=200, date=date)

    assert claims(asked(call))[0].at == "2026-11-20T09:00:31.000000Z"


def test_what_the_same_principal_did_besides_is_shown() -> None:
    first, *_ = claims(EVENTS)
    hidden = {"eventID": "x", "requestID": "not-ours", "eventName": "ModifyDBCluster2014_10_31"}
    records = parse(
        json.dumps(
            {
                "Records": [
                    record(first),
                    record(first, **hidden),
                    record(first, **hidden, eventTime="2026-11-21T00:00:00Z"),
                    record(first, **{**hidden, "readOnly": True}),
                    record(first, **hidden, userIdentity={"arn": "somebody else"}),
                ]
            }
        ).encode()
    )
    made = corroborate(claims(EVENTS), records, frozenset({ACCOUNT}))

    assert [(one.id, one.operation) for one in unclaimed(EVENTS, made, records)] == [
        ("x", "ModifyDBCluster")
    ]


def test_a_lookup_holds_its_records_as_text() -> None:
    found = parse(
        json.dumps(
            {"Events": [{"CloudTrailEvent": json.dumps(record(claims(EVENTS)[0]))}]}
        ).encode()
    )

    assert found[0].request_id == claims(EVENTS)[0].request_id


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"Records":[{}]}', b'{"Events":[1]}', b'{"experiment":null}',
             b'{"Records":3}', b'{"Events":[{"CloudTrailEvent":"["}]}']
)  # fmt: skip
def test_what_holds_no_records_is_refused(data: bytes) -> None:
    with pytest.raises(Damaged):
        parse(data)


def test_a_moment_has_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        moment("2026-11-20T09:00:00")


@pytest.mark.parametrize(
    ("name", "safe"), [("a b/c.json", "a-b-c.json"), ("..", "records"), ("é.json", "-.json")]
)
def test_a_file_gets_a_name_that_an_addendum_may_hold(name: str, safe: str) -> None:
    assert safe_file(name) == safe
