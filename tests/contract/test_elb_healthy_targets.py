"""aws.elb.healthy_targets against moto, which calls running instances healthy."""

import pytest

from dr.checks.elb_healthy_targets import ElbHealthyTargets, Params, Seen
from dr.testing import Stage

CHECK = ElbHealthyTargets()


def a_target_group(stage: Stage, instances: int) -> tuple[str, list[str]]:
    ec2, elb = stage.admin("ec2"), stage.admin("elbv2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = elb.create_target_group(Name="orders", Protocol="HTTP", Port=80, VpcId=vpc)
    arn = str(made["TargetGroups"][0]["TargetGroupArn"])
    elb.create_load_balancer(
        Name="orders", Subnets=[s["SubnetId"] for s in ec2.describe_subnets()["Subnets"][:2]]
    )
    if not instances:
        return arn, []
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ran = ec2.run_instances(ImageId=image, MinCount=instances, MaxCount=instances)
    ids = [str(one["InstanceId"]) for one in ran["Instances"]]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": id_} for id_ in ids])
    return arn, ids


def test_enough_healthy_targets_hold(stage: Stage) -> None:
    arn, _ = a_target_group(stage, 3)
    params = Params(target_group=arn, at_least=3)

    outcome = CHECK.judge(params, None, stage.look(CHECK, params))

    assert outcome.holds, outcome.why
    assert (outcome.compared, outcome.level) == (3, 0)
    stage.needs_are_its_calls(CHECK)


def test_a_stopped_instance_is_not_counted_and_is_named(stage: Stage) -> None:
    arn, ids = a_target_group(stage, 3)
    stage.admin("ec2").stop_instances(InstanceIds=ids[:1])
    params = Params(target_group=arn, at_least=3)

    outcome = CHECK.judge(params, None, stage.look(CHECK, params))

    assert not outcome.holds
    assert "2 of 3 targets are healthy, 3 wanted" in outcome.why
    assert f"{ids[0]}:80 unused (Target.InvalidState)" in outcome.why


def test_a_group_without_targets_never_holds(stage: Stage) -> None:
    arn, _ = a_target_group(stage, 0)
    params = Params(target_group=arn, at_least=1)

    outcome = CHECK.judge(params, None, stage.look(CHECK, params))

    assert not outcome.holds
    assert outcome.compared == 0


@pytest.mark.parametrize(
    ("states", "holds"),
    [
        (["healthy", "healthy"], True),
        (["healthy", "healthy", "unhealthy (Target.Timeout)"], True),
        (["healthy", "initial (Elb.RegistrationInProgress)"], False),
        (["healthy", "draining"], False),
    ],
)
def test_only_healthy_counts(states: list[str], *, holds: bool) -> None:
    seen = Seen(states={f"i-{n}:80": state for n, state in enumerate(states)})

    assert CHECK.judge(Params(target_group="arn", at_least=2), None, seen).holds is holds
