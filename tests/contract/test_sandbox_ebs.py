"""The sandbox's volumes: they take time, keep to their zone, and have what their snapshot has."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.sandbox.seeds_ec2 import ARCHIVE, DEVICE, DISK, ENTRIES
from tests.contract import sandboxes
from tests.contract.sandboxes import FAST, Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud
LONG = {**FAST, "attach": 3600.0}  # until the test says otherwise


def _named(name: str) -> list[Any]:
    return [{"Name": "tag:Name", "Values": [name]}]


def _disk(cloud: Cloud) -> Any:
    (found,) = cloud.east.ec2.describe_volumes(Filters=_named(DISK))["Volumes"]
    return found


def _volume(cloud: Cloud, id_: str) -> Any:
    return cloud.east.ec2.describe_volumes(VolumeIds=[id_])["Volumes"][0]


def _server(cloud: Cloud) -> str:
    found = cloud.east.ec2.describe_instances(Filters=_named(ARCHIVE))["Reservations"]
    return str(found[0]["Instances"][0]["InstanceId"])


def _nightly(cloud: Cloud) -> str:
    (found,) = cloud.east.ec2.describe_snapshots(Filters=_named(f"{ARCHIVE}-nightly"))["Snapshots"]
    return str(found["SnapshotId"])


def _state(cloud: Cloud, id_: str) -> tuple[str, list[str]]:
    found = _volume(cloud, id_)
    return found["State"], [one["State"] for one in found["Attachments"]]


@contextmanager
def _restored(cloud: Cloud, **more: Any) -> Iterator[str]:
    """Have a volume made from the nightly snapshot, available."""
    asked = {"SnapshotId": _nightly(cloud), "AvailabilityZone": _disk(cloud)["AvailabilityZone"]}
    made = cloud.east.ec2.create_volume(**{**asked, **more})["VolumeId"]
    eventually(lambda: _state(cloud, made)[0] == "available")
    yield made
    cloud.east.ec2.delete_volume(VolumeId=made)


def _refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def test_a_volume_takes_its_time_and_cannot_be_had_before(cloud: Cloud) -> None:
    cloud.sandbox.post("times", LONG)
    server, zone = _server(cloud), _disk(cloud)["AvailabilityZone"]
    made = cloud.east.ec2.create_volume(SnapshotId=_nightly(cloud), AvailabilityZone=zone)

    assert _state(cloud, made["VolumeId"]) == ("creating", [])
    with _refused("IncorrectState"):
        cloud.east.ec2.attach_volume(
            VolumeId=made["VolumeId"], InstanceId=server, Device="/dev/sdg"
        )
    with _refused("IncorrectState"):
        cloud.east.ec2.delete_volume(VolumeId=made["VolumeId"])

    cloud.sandbox.post("times", FAST)
    eventually(lambda: _state(cloud, made["VolumeId"]) == ("available", []))
    cloud.east.ec2.delete_volume(VolumeId=made["VolumeId"])


def test_the_same_token_makes_one_volume(cloud: Cloud) -> None:
    asked = {"SnapshotId": _nightly(cloud), "AvailabilityZone": _disk(cloud)["AvailabilityZone"]}
    with _restored(cloud, ClientToken="once") as made:
        again = cloud.east.ec2.create_volume(**asked, ClientToken="once")

        assert again["VolumeId"] == made
        with _refused("IdempotentParameterMismatch"):
            cloud.east.ec2.create_volume(**asked, ClientToken="once", VolumeType="gp3")


def test_a_volume_goes_to_one_instance_of_its_zone_at_a_free_device(cloud: Cloud) -> None:
    server = _server(cloud)
    with _restored(cloud) as made:
        with _refused("InvalidParameterValue"):
            cloud.east.ec2.attach_volume(VolumeId=made, InstanceId=server, Device=DEVICE)
        with _refused("VolumeInUse"):
            cloud.east.ec2.attach_volume(
                VolumeId=_disk(cloud)["VolumeId"], InstanceId=server, Device="/dev/sdg"
            )
    with (
        _restored(cloud, AvailabilityZone="us-east-1a") as elsewhere,
        _refused("InvalidVolume.ZoneMismatch"),
    ):
        cloud.east.ec2.attach_volume(VolumeId=elsewhere, InstanceId=server, Device="/dev/sdg")


def test_attaching_and_detaching_take_time(cloud: Cloud) -> None:
    server = _server(cloud)
    with _restored(cloud) as made:
        cloud.sandbox.post("times", LONG)
        cloud.east.ec2.attach_volume(VolumeId=made, InstanceId=server, Device="/dev/sdg")
        assert _state(cloud, made) == ("in-use", ["attaching"])
        with _refused("IncorrectState"):
            cloud.east.ec2.detach_volume(VolumeId=made)
        cloud.sandbox.post("times", FAST)
        eventually(lambda: _state(cloud, made) == ("in-use", ["attached"]))
        with _refused("VolumeInUse"):
            cloud.east.ec2.delete_volume(VolumeId=made)

        cloud.sandbox.post("times", LONG)
        cloud.east.ec2.detach_volume(VolumeId=made, Force=True)
        assert _state(cloud, made) == ("in-use", ["detaching"])
        cloud.sandbox.post("times", FAST)
        eventually(lambda: _state(cloud, made) == ("available", []))
        with _refused("IncorrectState"):
            cloud.east.ec2.detach_volume(VolumeId=made, Force=True)


def test_a_mounted_volume_stays_busy_until_it_is_forced(cloud: Cloud) -> None:
    server = _server(cloud)
    with _restored(cloud) as made:
        cloud.east.ec2.attach_volume(VolumeId=made, InstanceId=server, Device="/dev/sdg")
        eventually(lambda: _state(cloud, made) == ("in-use", ["attached"]))

        cloud.east.ec2.detach_volume(VolumeId=made)
        assert _state(cloud, made) == ("in-use", ["busy"])

        cloud.east.ec2.detach_volume(VolumeId=made, Force=True)
        eventually(lambda: _state(cloud, made) == ("available", []))


def test_a_restored_volume_says_how_much_of_it_is_loaded(cloud: Cloud) -> None:
    def said(id_: str) -> Any:
        found = cloud.east.ec2.describe_volume_status(VolumeIds=[id_])["VolumeStatuses"][0]
        return found.get("InitializationStatusDetails")

    cloud.sandbox.post("times", {**FAST, "hydrate": 3600.0})
    with _restored(cloud, VolumeInitializationRate=100) as made:
        assert said(made) == {"InitializationType": "provisioned-rate", "Progress": 0}
        cloud.sandbox.post("times", {**FAST, "hydrate": 0.1})
        eventually(lambda: said(made)["Progress"] == 100)
    assert said(_disk(cloud)["VolumeId"]) is None  # it was not made from a snapshot by a request
    with _refused("InvalidParameterCombination"):
        cloud.east.ec2.create_volume(
            AvailabilityZone="us-east-1a", Size=1, VolumeInitializationRate=100
        )


def test_what_was_written_to_the_disk_is_in_its_snapshots(cloud: Cloud) -> None:
    """Its content came through the direct API, and goes from snapshot to snapshot."""
    ebs = cloud.east.client("ebs")
    source = _disk(cloud)["SnapshotId"]
    listed = ebs.list_snapshot_blocks(SnapshotId=source)["Blocks"]

    assert [block["BlockIndex"] for block in listed] == list(range(ENTRIES + 1))
    first = ebs.get_snapshot_block(SnapshotId=source, BlockIndex=0, BlockToken="any")
    assert json.loads(first["BlockData"].read().rstrip(b"\0"))["entries"] == ENTRIES
