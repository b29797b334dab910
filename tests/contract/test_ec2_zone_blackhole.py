"""aws.ec2.zone_blackhole against moto.

moto replaces associations as EC2 does, with a new id each time, but lets nothing feel an ACL, and
ignores the client token of a creation. That traffic stops is tested end to end with the sandbox.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.actions.ec2_zone_blackhole import Acl, Change, Ec2ZoneBlackhole, Params, Seen
from dr.cloud.left_acls import was
from dr.model.errors import Failed, Refused, Unclear
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, OTHER_INTENT, Stage

ACTION = Ec2ZoneBlackhole()
MINE = INTENT.tags()


class Net:
    """A VPC with two subnets in zone a, one of them under an ACL of its own, and one in b."""

    def __init__(self, stage: Stage) -> None:
        self.ec2 = stage.admin("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.a1, self.a2, self.b1 = (
            self._subnet(n, zone)
            for n, zone in enumerate(("us-east-1a", "us-east-1a", "us-east-1b"))
        )
        self.own = self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"]
        self.put(self.a2, self.own)

    def _subnet(self, n: int, zone: str) -> str:
        made = self.ec2.create_subnet(
            VpcId=self.vpc,
            CidrBlock=f"10.0.{n}.0/24",
            AvailabilityZone=zone,
            TagSpecifications=[
                {"ResourceType": "subnet", "Tags": [{"Key": "dr-drill", "Value": "allowed"}]}
            ],
        )
        return str(made["Subnet"]["SubnetId"])

    def acls(self) -> list[Any]:
        found = self.ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])
        return list(found["NetworkAcls"])

    def under(self) -> dict[str, str]:
        return {
            a["SubnetId"]: acl["NetworkAclId"] for acl in self.acls() for a in acl["Associations"]
        }

    def put(self, subnet: str, acl: str) -> None:
        (association,) = [
            a["NetworkAclAssociationId"]
            for one in self.acls()
            for a in one["Associations"]
            if a["SubnetId"] == subnet
        ]
        self.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)


def zone_a(net: Net) -> Params:
    return Params(vpc=net.vpc, zone="us-east-1a")


def test_it_goes_there_and_back_and_leaves_no_trace(stage: Stage) -> None:
    net = Net(stage)
    start, acls = net.under(), len(net.acls())

    change = stage.do(ACTION, zone_a(net))
    assert stage.progress(ACTION, zone_a(net), change) is Progress.SETTLED
    dark = net.under()
    assert dark[net.a1] == dark[net.a2] not in start.values()
    assert dark[net.b1] == start[net.b1]

    back = stage.undo(ACTION, zone_a(net), change)
    assert stage.progress(ACTION, zone_a(net), back) is Progress.SETTLED
    assert net.under() == start
    assert len(net.acls()) == acls


def test_the_acl_of_the_drill_is_tagged_and_lets_nothing_through(stage: Stage) -> None:
    net = Net(stage)
    change = stage.do(ACTION, zone_a(net))

    (acl,) = [a for a in net.acls() if a["NetworkAclId"] == net.under()[net.a1]]
    tags = {t["Key"]: t["Value"] for t in acl["Tags"]}
    assert tags == {**MINE, **was(change.subnets)}  # whose it is, and the way back
    assert not [e for e in acl["Entries"] if e["RuleAction"] == "allow"]


def test_needs_are_the_calls_it_makes(stage: Stage) -> None:
    net = Net(stage)
    change = stage.do(ACTION, zone_a(net))
    stage.undo(ACTION, zone_a(net), change)

    stage.needs_are_its_calls(ACTION)
    allowed = {"dr-drill": "allowed"}
    assert ACTION.tags(stage.hand, change) == {net.a1: allowed, net.a2: allowed}


def test_a_zone_can_be_named_by_its_id(stage: Stage) -> None:
    net = Net(stage)
    (subnet,) = net.ec2.describe_subnets(SubnetIds=[net.b1])["Subnets"]
    params = Params(vpc=net.vpc, zone=subnet["AvailabilityZoneId"])

    assert set(stage.plan(ACTION, params).subnets) == {net.b1}


def test_asking_twice_is_asking_once(stage: Stage) -> None:
    net = Net(stage)
    start, acls = net.under(), len(net.acls())
    change = stage.do(ACTION, zone_a(net))
    dark = net.under()
    stage.calls.clear()
    ACTION.execute(stage.acting, change)
    assert stage.calls == [("ec2", "DescribeNetworkAcls")]
    assert net.under() == dark
    assert len(net.acls()) == acls + 1

    back = stage.undo(ACTION, zone_a(net), change)
    ACTION.execute(stage.acting, back)
    assert net.under() == start
    assert ACTION.doubt is Doubt.CONVERGENT


@pytest.mark.parametrize("dies_at", range(3))
def test_dying_halfway_there_leaves_something_to_repeat_and_to_undo(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    net = Net(stage)
    start = net.under()
    change = stage.plan(ACTION, zone_a(net))
    _die(stage, monkeypatch, dies_at, ACTION, change)

    back = ACTION.undo(change)
    assert stage.progress(ACTION, zone_a(net), change) is Progress.UNTOUCHED
    if dies_at:
        assert stage.progress(ACTION, zone_a(net), back) is Progress.UNTOUCHED

    ACTION.execute(stage.acting, change)
    assert stage.progress(ACTION, zone_a(net), change) is Progress.SETTLED
    ACTION.execute(stage.acting, back)
    assert stage.progress(ACTION, zone_a(net), back) is Progress.SETTLED
    assert net.under() == start


@pytest.mark.parametrize("dies_at", range(3))
def test_dying_halfway_back_leaves_something_to_repeat(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    net = Net(stage)
    start = net.under()
    back = ACTION.undo(stage.do(ACTION, zone_a(net)))
    assert isinstance(back, Change)
    _die(stage, monkeypatch, dies_at, ACTION, back)
    assert stage.progress(ACTION, zone_a(net), back) is Progress.UNTOUCHED

    ACTION.execute(stage.acting, back)
    assert stage.progress(ACTION, zone_a(net), back) is Progress.SETTLED
    assert net.under() == start


class Died(Exception):
    """The process ended here."""


def _die(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    action: Ec2ZoneBlackhole,
    change: Change,
) -> None:
    """Run `execute` until just before its effect number `at`."""
    left = [at]

    def counted(call: Any) -> Any:
        def wrapped(**asked: Any) -> Any:
            if not left[0]:
                raise Died
            left[0] -= 1
            return call(**asked)

        return wrapped

    with monkeypatch.context() as patch:
        for name in (
            "create_network_acl",
            "replace_network_acl_association",
            "delete_network_acl",
        ):
            patch.setattr(stage.acting.ec2, name, counted(getattr(stage.acting.ec2, name)))
        with pytest.raises(Died):
            action.execute(stage.acting, change)


def test_two_steps_of_a_run_keep_out_of_each_others_way(stage: Stage) -> None:
    net = Net(stage)
    start = net.under()
    zone_b = Params(vpc=net.vpc, zone="us-east-1b")
    first = stage.do(ACTION, zone_a(net))
    second = stage.do(ACTION, zone_b, OTHER_INTENT)

    stage.undo(ACTION, zone_a(net), first)
    assert stage.progress(ACTION, zone_b, second) is Progress.SETTLED
    stage.undo(ACTION, zone_b, second)
    assert net.under() == start


def test_a_zone_that_is_dark_already_is_refused(stage: Stage) -> None:
    net = Net(stage)
    stage.do(ACTION, zone_a(net))

    with pytest.raises(Refused, match="already cut off, by run orders-0001"):
        stage.plan(ACTION, zone_a(net), OTHER_INTENT)


def test_a_zone_without_subnets_is_refused(stage: Stage) -> None:
    net = Net(stage)

    with pytest.raises(Refused, match="no subnet in us-east-1f"):
        stage.plan(ACTION, Params(vpc=net.vpc, zone="us-east-1f"))


def test_nothing_is_touched_if_somebody_else_has_been_at_a_subnet(stage: Stage) -> None:
    net = Net(stage)
    change = stage.plan(ACTION, zone_a(net))
    net.put(net.a1, net.own)
    before, acls = net.under(), len(net.acls())

    with pytest.raises(Failed, match=f"{net.a1} is under {net.own}"):
        ACTION.execute(stage.acting, change)
    assert stage.progress(ACTION, zone_a(net), change) is Progress.ASTRAY
    assert (net.under(), len(net.acls())) == (before, acls)


def test_an_association_that_changed_under_our_hands_is_unclear(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Net(stage)
    change = stage.plan(ACTION, zone_a(net))

    def stale(**_: Any) -> None:  # moto fails in another way; this is EC2's
        raise ClientError(
            {"Error": {"Code": "InvalidAssociationID.NotFound"}}, "ReplaceNetworkAclAssociation"
        )

    with monkeypatch.context() as patch:
        patch.setattr(stage.acting.ec2, "replace_network_acl_association", stale)
        with pytest.raises(Unclear, match=r"InvalidAssociationID\.NotFound"):
            ACTION.execute(stage.acting, change)

    assert stage.progress(ACTION, zone_a(net), change) is Progress.UNTOUCHED
    ACTION.execute(stage.acting, change)
    assert stage.progress(ACTION, zone_a(net), change) is Progress.SETTLED


def test_any_other_error_is_left_to_the_engine(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Net(stage)
    change = stage.plan(ACTION, zone_a(net))

    def denied(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation"}}, "CreateNetworkAcl")

    monkeypatch.setattr(stage.acting.ec2, "create_network_acl", denied)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ACTION.execute(stage.acting, change)


def now(*, one: str, two: str, drill: bool = True) -> Seen:
    """Return subnets 1 and 2 under these ACLs: own-1, own-2, other or drill."""
    acls = []
    for name in ("own-1", "own-2", "other", "drill"):
        if name == "drill" and not drill:
            continue
        subnets = {s: f"assoc-{s}" for s, acl in (("1", one), ("2", two)) if acl == name}
        run, step = (MINE["dr:run"], MINE["dr:step"]) if name == "drill" else (None, None)
        acls.append(Acl(id=name, run=run, step=step, subnets=subnets))
    return Seen(zone="us-east-1a", subnets=("1", "2"), acls=tuple(acls))


@pytest.mark.parametrize(
    ("seen", "there", "back"),
    [
        (now(one="own-1", two="own-2", drill=False), Progress.UNTOUCHED, Progress.SETTLED),
        (now(one="own-1", two="own-2"), Progress.UNTOUCHED, Progress.UNTOUCHED),
        (now(one="drill", two="own-2"), Progress.UNTOUCHED, Progress.UNTOUCHED),
        (now(one="drill", two="drill"), Progress.SETTLED, Progress.UNTOUCHED),
        (now(one="drill", two="other"), Progress.ASTRAY, Progress.ASTRAY),
        (now(one="own-2", two="own-2", drill=False), Progress.ASTRAY, Progress.ASTRAY),
        (now(one="nothing", two="own-2"), Progress.ASTRAY, Progress.ASTRAY),
    ],
)
def test_progress(seen: Seen, there: Progress, back: Progress) -> None:
    change = Change(
        vpc="vpc-1",
        zone="us-east-1a",
        dark=True,
        subnets={"1": "own-1", "2": "own-2"},
        tags=MINE,
        token=INTENT.token,
    )

    assert ACTION.progress(change, seen) is there
    assert ACTION.progress(ACTION.undo(change), seen) is back


def test_a_subnet_without_a_listed_acl_is_refused() -> None:
    with pytest.raises(Refused, match="is not listed"):
        ACTION.plan(Params(vpc="vpc-1", zone="us-east-1a"), now(one="nothing", two="own-2"), INTENT)
