"""aws.arc.zonal_shift, and the sandbox's service behind it: moto has none."""

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from botocore.validate import ParamValidator

from dr.actions.arc_zonal_shift import ArcZonalShift, Change, Params, Seen, Shift
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.model.units import Duration
from dr.sandbox.data.rules import Fate, Rules
from dr.sandbox.sim import Sim
from dr.sandbox.world import Target, Times
from dr.sandbox.zonal_shift import ZonalShifts
from dr.testing import INTENT, Stage
from tests.contract import sandboxes
from tests.contract.data_world import EAST, FakeControl
from tests.contract.sandboxes import Cloud

cloud = sandboxes.cloud

ACTION = ArcZonalShift()
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/orders/0123456789abcdef"
THREE = ("use1-az1", "use1-az2", "use1-az6")
COMMENT = f"dr {INTENT.token[:10]}: {INTENT.run} {INTENT.step}"


def params(zone: str = "us-east-1c", expires: str = "2h") -> Params:
    return Params(balancer=ARN, zone=zone, expires=Duration.parse(expires))


def shift(comment: str = COMMENT, *, applied: bool = True) -> Shift:
    return Shift(id="s-1", zone="use1-az2", applied=applied, comment=comment)


def seen(*shifts: Shift, zone: str = "use1-az2") -> Seen:
    return Seen(zone=zone, zones=THREE, shifts=shifts)


def in_sandbox(cloud: Cloud) -> Params:
    return Params(balancer=cloud.out["alb_arn"], zone=cloud.out["zone_c"])


def look(cloud: Cloud, given: Params, change: Change) -> Progress:
    return ACTION.progress(change, ACTION.observe(cloud.east, given))


@pytest.mark.sandbox
def test_it_goes_there_and_back(cloud: Cloud) -> None:
    given, acting = in_sandbox(cloud), cloud.east.acting_hand()
    change = ACTION.plan(given, ACTION.observe(cloud.east, given), INTENT)
    assert (change.zone, change.expires) == ("use1-az2", "120m")
    assert look(cloud, given, change) is Progress.UNTOUCHED

    ACTION.execute(acting, change)

    assert look(cloud, given, change) is Progress.SETTLED
    with pytest.raises(Refused, match="shifted away from use1-az2 already"):
        ACTION.plan(given, ACTION.observe(cloud.east, given), INTENT)
    with pytest.raises(ClientError, match="ConflictException"):
        ACTION.execute(acting, change)  # a second one is turned away
    back = ACTION.undo(change)
    assert look(cloud, given, back) is Progress.UNTOUCHED
    ACTION.execute(acting, back)
    assert look(cloud, given, back) is Progress.SETTLED
    ACTION.execute(acting, back)  # nothing is left to cancel
    assert ACTION.undo(back) == change
    assert ACTION.tags(cloud.east, change)[given.balancer]["dr-drill"] == "allowed"
    assert ACTION.targets(change) == (given.balancer,)


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    told = {
        "zonalShiftId": "shift-1",
        "resourceIdentifier": ARN,
        "awayFrom": "use1-az2",
        "expiryTime": 1,
        "startTime": 0,
        "comment": COMMENT,
    }
    on_it = {**told, "appliedStatus": "APPLIED"}
    asked = {"resourceIdentifier": ARN}
    weights = dict.fromkeys(THREE, 1.0)
    with Stubber(stage.hand.arc_zonal_shift) as stub, Stubber(stage.hand.elbv2) as tags:
        stub.add_response(
            "get_managed_resource", {"appliedWeights": weights, "zonalShifts": []}, asked
        )
        tags.add_response("describe_tags", {"TagDescriptions": []}, {"ResourceArns": [ARN]})
        change = stage.plan(ACTION, params())
        assert ACTION.tags(stage.hand, change) == {}
    with Stubber(stage.acting.arc_zonal_shift) as stub:
        stub.add_response(
            "start_zonal_shift",
            {**told, "status": "ACTIVE"},
            {**asked, "awayFrom": "use1-az2", "expiresIn": "120m", "comment": COMMENT},
        )
        stub.add_response(
            "get_managed_resource", {"appliedWeights": weights, "zonalShifts": [on_it]}, asked
        )
        stub.add_response(
            "cancel_zonal_shift", {**told, "status": "CANCELED"}, {"zonalShiftId": "shift-1"}
        )
        ACTION.execute(stage.acting, change)
        ACTION.execute(stage.acting, ACTION.undo(change))

    assert stage.permissions == set(ACTION.needs)
    assert ACTION.doubt is Doubt.CONVERGENT


def test_a_load_balancer_that_is_not_registered_is_refused(stage: Stage) -> None:
    with Stubber(stage.hand.arc_zonal_shift) as stub:
        stub.add_client_error("get_managed_resource", "ResourceNotFoundException")
        with pytest.raises(Refused, match=r"not registered .* zonal_shift.config.enabled"):
            stage.plan(ACTION, params())


@pytest.mark.parametrize(
    ("now", "given", "why"),
    [
        (seen(zone=""), params("us-east-1z"), "nothing in us-east-1z to shift away from"),
        (seen(zone="use1-az4"), params("use1-az4"), "nothing in use1-az4"),
        (seen(shift("autoshift")), params(), "shifted away from use1-az2 already, by s-1"),
        (seen(), params(expires="30s"), "1 minute to 72 hours"),
        (seen(), params(expires="90s"), "in whole minutes"),
        (seen(), params(expires="73h"), "1 minute to 72 hours"),
    ],
)
def test_it_refuses(now: Seen, given: Params, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(given, now, INTENT)


@pytest.mark.parametrize(
    ("now", "forth", "back"),
    [
        (seen(), Progress.UNTOUCHED, Progress.SETTLED),
        (seen(shift()), Progress.SETTLED, Progress.UNTOUCHED),
        (seen(shift(applied=False)), Progress.MOVING, Progress.UNTOUCHED),
        (seen(shift("of somebody else")), Progress.ASTRAY, Progress.SETTLED),
    ],
)
def test_progress(now: Seen, forth: Progress, back: Progress) -> None:
    change = ACTION.plan(params(), seen(), INTENT)

    assert ACTION.progress(change, now) is forth
    assert ACTION.progress(ACTION.undo(change), now) is back


# The sandbox's own service ---------------------------------------------------------------------


@pytest.mark.sandbox
def test_every_answer_has_the_shape_that_botocore_knows(cloud: Cloud) -> None:
    client: Any = cloud.east.arc_zonal_shift
    model = botocore.session.get_session().get_service_model("arc-zonal-shift")
    begin = {"resourceIdentifier": cloud.out["alb_arn"], "expiresIn": "1h", "comment": "shape"}

    def checked(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        given = {k: v for k, v in answer.items() if k != "ResponseMetadata"}
        shape = model.operation_model(operation).output_shape
        assert shape is not None
        report = ParamValidator().validate(given, shape)
        assert not report.has_errors(), report.generate_report()
        return given

    begun = checked("StartZonalShift", client.start_zonal_shift(awayFrom="use1-az1", **begin))
    on_it = {"resourceIdentifier": cloud.out["alb_arn"]}
    managed = checked("GetManagedResource", client.get_managed_resource(**on_it))
    assert managed["appliedWeights"] == {"use1-az1": 0.0, "use1-az2": 1.0, "use1-az6": 1.0}
    (listed,) = client.list_zonal_shifts(status="ACTIVE")["items"]
    assert listed["zonalShiftId"] == begun["zonalShiftId"]
    checked("ListZonalShifts", client.list_zonal_shifts())
    ended = checked(
        "CancelZonalShift", client.cancel_zonal_shift(zonalShiftId=begun["zonalShiftId"])
    )
    assert ended["status"] == "CANCELED"
    with pytest.raises(client.exceptions.ConflictException):
        client.cancel_zonal_shift(zonalShiftId=begun["zonalShiftId"])


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"expiresIn": "73h"}, "ValidationException"),
        ({"awayFrom": "use1-az9"}, "ValidationException"),
        ({"awayFrom": "us-east-1a"}, "ValidationException"),
        ({"resourceIdentifier": "arn:aws:no:such:balancer"}, "ResourceNotFoundException"),
    ],
)
def test_what_aws_would_refuse_is_refused(cloud: Cloud, over: dict[str, str], code: str) -> None:
    client: Any = cloud.east.arc_zonal_shift
    usual = {
        "resourceIdentifier": cloud.out["alb_arn"],
        "awayFrom": "use1-az1",
        "expiresIn": "1h",
        "comment": "wrong",
    }

    with pytest.raises(ClientError) as caught:
        client.start_zonal_shift(**usual | over)

    assert caught.value.response["Error"]["Code"] == code
    assert client.list_zonal_shifts(status="ACTIVE")["items"] == []


def test_traffic_leaves_a_zone_whatever_its_health_and_comes_back_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dr.sandbox.zonal_shift._zones", lambda region: {"us-east-1c": "use1-az2"})
    now, wall = [100.0], [1_000.0]
    sim = Sim(Times(zonal_shift=0.5), lambda *_, **__: None)
    monkeypatch.setattr(sim, "now", lambda: now[0])
    monkeypatch.setattr("dr.sandbox.zonal_shift.time.time", lambda: wall[0])
    monkeypatch.setattr("dr.sandbox.zonal_shift._balancer", lambda region, arn: Balancer())
    monkeypatch.setattr("dr.sandbox.zonal_shift._weights", lambda resource, region: ["use1-az2"])
    shifts = ZonalShifts(sim)

    def away(after: float = 0.0) -> bool:
        now[0] += after
        return shifts.away(EAST, [ARN]) == {"us-east-1c"}

    begin = {"awayFrom": "use1-az2", "expiresIn": "1m", "comment": "", "resourceIdentifier": ARN}
    id_ = shifts._start(EAST, begin)["zonalShiftId"]
    assert [away(), away(0.4), away(0.2)] == [False, False, True]
    assert shifts.away(EAST, ["another"]) == set()
    shifts._cancel(EAST, id_)
    assert [away(0.4), away(0.2)] == [True, False]
    shifts._start(EAST, begin)
    assert away(1.0)
    wall[0] += 61
    assert not away()


class Balancer:
    arn, name = ARN, "orders"


def test_nobody_is_led_to_a_target_that_is_shifted_away_from(tmp_path: Any) -> None:
    control = FakeControl()
    control.fleet[EAST] = [
        Target(f"i-{z}", f"us-east-1{z}", f"app-{z}", running=True, shifted=z == "c") for z in "abc"
    ]
    control.dark.add("app-c")
    rules = Rules(control, None)  # type: ignore[arg-type]  # no database is asked

    assert rules.fates(EAST) == [Fate.SERVED, Fate.SERVED]
    control.fleet[EAST] = control.fleet[EAST][2:]
    control.dark.clear()
    assert rules.fates(EAST) == [Fate.NO_TARGET]
