"""The sandbox's servers: starting takes time, one token makes one, an image holds the program."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.sandbox.patches.ec2 import carries
from dr.sandbox.seeds_ec2 import QUOTES
from tests.contract import sandboxes
from tests.contract.sandboxes import FAST, Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud
LONG = {**FAST, "launch": 3600.0}  # until the test says otherwise


def _server(cloud: Cloud, id_: str = "") -> Any:
    by = {"InstanceIds": [id_]} if id_ else {"Filters": [{"Name": "tag:Name", "Values": [QUOTES]}]}
    return cloud.east.ec2.describe_instances(**by)["Reservations"][0]["Instances"][0]


def _image(cloud: Cloud) -> str:
    (found,) = cloud.east.ec2.describe_images(
        Owners=["self"], Filters=[{"Name": "name", "Values": [f"{QUOTES}-*"]}]
    )["Images"]
    return str(found["ImageId"])


def _state(cloud: Cloud, id_: str) -> str:
    return str(_server(cloud, id_)["State"]["Name"])


def _run(cloud: Cloud, **more: Any) -> str:
    asked = {"ImageId": _image(cloud), "SubnetId": _server(cloud)["SubnetId"], **more}
    made = cloud.east.ec2.run_instances(MinCount=1, MaxCount=1, **asked)
    return str(made["Instances"][0]["InstanceId"])


def _health(cloud: Cloud, id_: str) -> str | None:
    (group,) = cloud.east.elbv2.describe_target_groups(Names=[QUOTES])["TargetGroups"]
    found = cloud.east.elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    states = {
        one["Target"]["Id"]: one["TargetHealth"]["State"]
        for one in found["TargetHealthDescriptions"]
    }
    return states.get(id_)


def test_a_server_is_pending_before_it_runs(cloud: Cloud) -> None:
    cloud.sandbox.post("times", LONG)
    made = _run(cloud)

    assert _state(cloud, made) == "pending"
    cloud.sandbox.post("times", FAST)
    eventually(lambda: _state(cloud, made) == "running")
    cloud.sandbox.post("times", LONG)
    cloud.east.ec2.stop_instances(InstanceIds=[made])
    cloud.east.ec2.start_instances(InstanceIds=[made])
    assert _state(cloud, made) == "pending"
    cloud.sandbox.post("times", FAST)
    eventually(lambda: _state(cloud, made) == "running")
    cloud.east.ec2.start_instances(InstanceIds=[made])  # which changes nothing
    assert _state(cloud, made) == "running"

    cloud.east.ec2.terminate_instances(InstanceIds=[made])
    with pytest.raises(ClientError, match="IncorrectInstanceState"):
        cloud.east.ec2.start_instances(InstanceIds=[made])


def test_the_same_token_makes_one_server(cloud: Cloud) -> None:
    made = _run(cloud, ClientToken="one-server")

    assert _run(cloud, ClientToken="one-server") == made
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        _run(cloud, ClientToken="one-server", InstanceType="m5.large")
    cloud.east.ec2.terminate_instances(InstanceIds=[made])


def test_a_new_target_is_initial_until_its_server_runs(cloud: Cloud) -> None:
    (group,) = cloud.east.elbv2.describe_target_groups(Names=[QUOTES])["TargetGroups"]
    arn, old = group["TargetGroupArn"], _server(cloud)["InstanceId"]
    eventually(lambda: _health(cloud, old) == "healthy")
    made = _run(cloud)
    eventually(lambda: _state(cloud, made) == "running")

    cloud.east.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": made}])
    eventually(lambda: _health(cloud, made) == "healthy")

    cloud.east.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": made}])
    assert _health(cloud, made) is None
    cloud.east.ec2.terminate_instances(InstanceIds=[made])


class _Ec2:
    """As much of moto's backend as holds servers and images."""

    def __init__(self) -> None:
        self.amis: dict[str, Any] = {}
        self.servers: dict[str, Any] = {}

    def get_instance_by_id(self, id_: str) -> Any:
        return self.servers.get(id_)

    def image(self, id_: str, of: str | None, copied_of: str | None = None) -> None:
        made = type("Image", (), {})()
        made.instance_id = of
        if copied_of is not None:
            made._dr_made_of = copied_of
        self.amis[id_] = made

    def server(self, id_: str, image: str) -> Any:
        made = type("Server", (), {})()
        made.id, made.image_id, made.ec2_backend = id_, image, self
        self.servers[id_] = made
        return made


def test_what_was_installed_goes_from_image_to_image_and_nowhere_else() -> None:
    ec2 = _Ec2()
    ec2.image("base", of=None)
    ec2.image("golden", of="first")
    ec2.image("copied", of=None, copied_of="first")
    ec2.image("again", of="second")
    ec2.image("of-a-lost-one", of="gone")

    assert carries(ec2.server("first", "base"), "first")
    assert carries(ec2.server("second", "golden"), "first")
    assert carries(ec2.server("third", "copied"), "first")
    assert carries(ec2.server("fourth", "again"), "first")
    assert not carries(ec2.server("fifth", "base"), "first")
    assert not carries(ec2.server("sixth", "of-a-lost-one"), "first")
    assert not carries(ec2.server("seventh", "unknown"), "first")
