"""aws.ec2.rebuild_instance against moto, where an instance runs at once.

That it takes time, and that one token makes one instance: tests/contract/test_sandbox_ec2.py.
"""

import json
from typing import Any

import pytest

from dr.actions.ec2_rebuild_instance import Change, Ec2RebuildInstance, Params, Seen, Way
from dr.cloud import ec2_named, left_servers
from dr.cloud.ec2_images import Image
from dr.cloud.ec2_instances import Instance
from dr.model.errors import Refused
from dr.model.progress import Doubt, Progress
from dr.testing import INTENT, Stage
from tests.contract.servers import an_instance, make_group, make_server, named

ACTION = Ec2RebuildInstance()
SERVER = Params(instance="server", image="golden-*")
GIVEN = Params(
    instance="server",
    image="golden-*",
    subnet="subnet-0b",
    type="m5.large",
    security_groups=("sg-0b",),
)
OLDER = Image(
    id="ami-0a", name="golden-1", state="available", created="2026-03-01T00:00:00.000Z", tags={}
)
NEWER = OLDER.model_copy(update={"id": "ami-0b", "created": "2026-03-02T00:00:00.000Z"})
PENDING = OLDER.model_copy(update={"id": "ami-0c", "created": "2026-03-03", "state": "pending"})
LOST = an_instance(state="stopped")


def seen(*images: Image, lost: Any = (LOST,), built: Any = ()) -> Seen:
    return Seen(lost=lost, images=images, built=built)


def planned() -> Change:
    return ACTION.plan(SERVER, seen(OLDER), INTENT)


def built(**more: Any) -> Instance:
    tags = planned().tags
    return an_instance(**{"id": "i-0b", "name": tags["Name"], "tags": tags, **more})


def make_image(stage: Stage, server: str, name: str = "golden-1") -> str:
    tags = [{"ResourceType": "image", "Tags": named(name)}]
    made = stage.admin("ec2").create_image(InstanceId=server, Name=name, TagSpecifications=tags)
    return str(made["ImageId"])


def make_profile(stage: Stage) -> str:
    iam = stage.admin("iam")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="server", AssumeRolePolicyDocument=policy)
    made = iam.create_instance_profile(InstanceProfileName="server")
    iam.add_role_to_instance_profile(InstanceProfileName="server", RoleName="server")
    return str(made["InstanceProfile"]["Arn"])


def test_a_server_is_built_like_the_lost_one_and_terminated(stage: Stage) -> None:
    profile = make_profile(stage)
    server = make_server(stage, InstanceType="t3.small", IamInstanceProfile={"Arn": profile})
    image = make_image(stage, server)
    stage.admin("ec2").stop_instances(InstanceIds=[server])

    change = stage.do(ACTION, SERVER)
    assert (change.image, change.profile, change.way) == (image, profile, Way.BUILD)
    assert stage.progress(ACTION, SERVER, change) is Progress.SETTLED
    assert ACTION.targets(change) == (image,)
    now = ACTION.observe(stage.hand, SERVER)
    (lost,), (made,) = now.lost, ec2_named.made(now.built, change.tags)
    assert made.name == change.name == f"server-dr-{INTENT.token[:10]}"
    for what in ("subnet", "type", "security_groups", "profile"):
        assert getattr(made, what) == getattr(lost, what), what

    back = stage.undo(ACTION, SERVER, change)
    assert stage.progress(ACTION, SERVER, back) is Progress.SETTLED
    assert [one.id for one in ACTION.observe(stage.hand, SERVER).lost] == [server]
    assert stage.permissions == set(ACTION.needs)


def test_one_token_is_used_for_every_attempt() -> None:
    assert ACTION.doubt is Doubt.TOKENED
    assert planned().token == INTENT.token


def test_of_several_images_it_takes_the_newest_that_is_available() -> None:
    assert ACTION.plan(SERVER, seen(OLDER, NEWER, PENDING), INTENT).image == "ami-0b"


def test_an_image_is_found_by_its_id_too_and_one_that_is_not_there_is_none(stage: Stage) -> None:
    image = make_image(stage, make_server(stage))

    there = ACTION.observe(stage.hand, Params(instance="server", image=image)).images
    assert [one.id for one in there] == [image]
    missing = Params(instance="server", image="ami-0123456789abcdef0")
    assert ACTION.observe(stage.hand, missing).images == ()


def test_what_is_given_goes_before_what_the_lost_one_had() -> None:
    for lost in ((LOST,), ()):
        change = ACTION.plan(GIVEN, seen(OLDER, lost=lost), INTENT)
        assert (change.subnet, change.type) == ("subnet-0b", "m5.large")
        assert change.security_groups == ("sg-0b",)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (seen(), "no image golden-\\* is available: there is none"),
        (seen(PENDING), "no image golden-\\* is available: ami-0c is pending"),
        (seen(OLDER, lost=()), "is gone, or says too little: give subnet, type and security_gr"),
        (seen(OLDER, lost=(an_instance(security_groups=()),)), "gets the default group"),
        (seen(OLDER, lost=(LOST, an_instance(id="i-0b"))), "2 instances are named server"),
    ],
)
def test_it_refuses(now: Seen, why: str) -> None:
    with pytest.raises(Refused, match=why):
        ACTION.plan(SERVER, now, INTENT)


@pytest.mark.parametrize(
    ("found", "building", "terminating"),
    [
        ([], Progress.UNTOUCHED, Progress.SETTLED),
        ([built(state="pending")], Progress.MOVING, Progress.UNTOUCHED),
        ([built()], Progress.SETTLED, Progress.UNTOUCHED),
        ([built(state="stopped")], Progress.ASTRAY, Progress.UNTOUCHED),
        ([built(state="shutting-down")], Progress.ASTRAY, Progress.MOVING),
        ([built(state="terminated")], Progress.ASTRAY, Progress.SETTLED),
        ([built(), built(id="i-0c")], Progress.ASTRAY, Progress.UNTOUCHED),
        ([built(tags={**planned().tags, "Name": "another"})], Progress.UNTOUCHED, Progress.SETTLED),
        ([an_instance(tags={"dr:run": "another-0001"})], Progress.UNTOUCHED, Progress.SETTLED),
    ],
)
def test_progress(found: list[Instance], building: Progress, terminating: Progress) -> None:
    change, now = planned(), seen(OLDER, built=tuple(found))

    assert ACTION.progress(change, now) is building
    assert ACTION.progress(ACTION.undo(change), now) is terminating
    assert ACTION.undo(ACTION.undo(change)) == change


def test_what_a_lost_run_built_is_found_and_removed_but_not_while_in_use(stage: Stage) -> None:
    make_image(stage, make_server(stage))
    change = stage.do(ACTION, SERVER)

    (left,) = left_servers.find(stage.hand)
    assert (left.kind, left.run, left.held) == ("server", INTENT.run, "")
    group, targets = make_group(stage), [{"Id": left.id}]
    stage.admin("elbv2").register_targets(TargetGroupArn=group, Targets=targets)
    assert [one.held for one in left_servers.find(stage.hand)] == [
        "it is in use: target group group names it"
    ]

    stage.admin("elbv2").deregister_targets(TargetGroupArn=group, Targets=targets)
    left.remove()
    assert left_servers.find(stage.hand) == []
    assert stage.progress(ACTION, SERVER, ACTION.undo(change)) is Progress.SETTLED
