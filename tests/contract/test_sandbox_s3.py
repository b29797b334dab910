"""The sandbox's S3: replication that comes late, and copies what it should."""

import pytest

from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _status(cloud: Cloud, key: str) -> str | None:
    return cloud.east.s3.head_object(Bucket=cloud.out["bucket"], Key=key).get("ReplicationStatus")


def _versions(cloud: Cloud, key: str) -> list[str]:
    found = cloud.west.s3.list_object_versions(Bucket=cloud.out["standby_bucket"], Prefix=key)
    return [v["VersionId"] for v in found.get("Versions", [])]


def test_an_object_is_pending_then_completed_and_its_replica_has_its_version(
    cloud: Cloud,
) -> None:
    cloud.sandbox.post("times", {"replication_lag": 2.0})
    put = cloud.east.s3.put_object(Bucket=cloud.out["bucket"], Key="r/one", Body=b"text")
    assert _status(cloud, "r/one") == "PENDING"
    assert _versions(cloud, "r/one") == []
    eventually(lambda: _status(cloud, "r/one") == "COMPLETED")
    assert _versions(cloud, "r/one") == [put["VersionId"]]
    replica = cloud.west.s3.get_object(Bucket=cloud.out["standby_bucket"], Key="r/one")
    assert replica["Body"].read() == b"text"
    assert replica["ReplicationStatus"] == "REPLICA"


def test_every_version_is_replicated_in_order(cloud: Cloud) -> None:
    ids = [
        cloud.east.s3.put_object(Bucket=cloud.out["bucket"], Key="r/two", Body=body)["VersionId"]
        for body in (b"1", b"2", b"3")
    ]
    eventually(lambda: set(_versions(cloud, "r/two")) == set(ids))
    replica = cloud.west.s3.get_object(Bucket=cloud.out["standby_bucket"], Key="r/two")
    assert replica["Body"].read() == b"3"


def test_a_deletion_is_not_replicated_unless_the_rule_says_so(cloud: Cloud) -> None:
    cloud.east.s3.put_object(Bucket=cloud.out["bucket"], Key="r/three", Body=b"kept")
    eventually(lambda: _status(cloud, "r/three") == "COMPLETED")
    cloud.east.s3.delete_object(Bucket=cloud.out["bucket"], Key="r/three")
    cloud.east.s3.put_object(Bucket=cloud.out["bucket"], Key="r/after", Body=b"x")
    eventually(lambda: _status(cloud, "r/after") == "COMPLETED")
    kept = cloud.west.s3.get_object(Bucket=cloud.out["standby_bucket"], Key="r/three")
    assert kept["Body"].read() == b"kept"


def test_a_bucket_without_a_rule_replicates_nothing(cloud: Cloud) -> None:
    cloud.east.s3.create_bucket(Bucket="no-rule")
    cloud.east.s3.put_object(Bucket="no-rule", Key="a", Body=b"x")
    assert "ReplicationStatus" not in cloud.east.s3.head_object(Bucket="no-rule", Key="a")


def test_a_rule_applies_to_its_prefix_and_carries_deletions_if_it_says_so(cloud: Cloud) -> None:
    for bucket in ("from-here", "to-there"):
        cloud.east.s3.create_bucket(Bucket=bucket)
        cloud.east.s3.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    cloud.east.s3.put_bucket_replication(
        Bucket="from-here",
        ReplicationConfiguration={
            "Role": "arn:aws:iam::123456789012:role/r",
            "Rules": [
                {
                    "ID": "in",
                    "Priority": 1,
                    "Status": "Enabled",
                    "Filter": {"Prefix": "in/"},
                    "DeleteMarkerReplication": {"Status": "Enabled"},
                    "Destination": {"Bucket": "arn:aws:s3:::to-there"},
                }
            ],
        },
    )
    cloud.east.s3.put_object(Bucket="from-here", Key="out/a", Body=b"x")
    cloud.east.s3.put_object(Bucket="from-here", Key="in/a", Body=b"x")

    def there() -> list[str]:
        found = cloud.east.s3.list_objects_v2(Bucket="to-there")
        return [o["Key"] for o in found.get("Contents", [])]

    eventually(lambda: there() == ["in/a"])
    cloud.east.s3.delete_object(Bucket="from-here", Key="in/a")
    eventually(lambda: there() == [])
    markers = cloud.east.s3.list_object_versions(Bucket="to-there")["DeleteMarkers"]
    assert [m["Key"] for m in markers] == ["in/a"]
