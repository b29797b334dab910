"""What the sandbox's control plane says, in a form that can be compared: before and after a run."""

import asyncio
import functools
import json
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from dr.cloud.aws import Aws
from dr.probes.names import lookup
from dr.sandbox import inventory
from dr.sandbox.control import Sandbox

Snapshot = dict[str, Any]
MARK = "dr-mark#"


def snapshot(sandbox: Sandbox) -> Snapshot:
    """Return everything that a shipped drill can change."""
    out = next(iter(sandbox.outputs.values()))
    east, west = _hand(sandbox.endpoint, "us-east-1"), _hand(sandbox.endpoint, "us-west-2")
    return {
        "databases": [_clusters(east), _clusters(west)],
        "instances": [_instances(east), _instances(west)],
        "caches": _caches(east),
        "global": _global(east),
        "locks": _locks(east),
        "snapshots": [_snapshots(east), _snapshots(west)],
        "servers": _servers(east),
        "volumes": _volumes(east),
        "acls": [_acls(east), _acls(west)],
        "groups": [_groups(east), _groups(west)],
        "tables": _tables(east),
        "parameters": [
            _parameter(east, name)
            for name in (
                out["table_parameter"],
                "/orders/bucket",
                "/orders/archive",
                "/orders/ledger",
                "/orders/reports",
            )
        ]
        + [_parameter(west, "/orders/reports")],
        "objects": _objects(east, out["bucket"]),
        "states": _objects(west, "orders-terraform-state"),
        "checks": _checks(east),
        "records": _records(east, out["hosted_zone_id"]),
    }


@functools.cache
def _hand(endpoint: str, region: str) -> Aws:
    """Return clients for a sandbox: making them takes longer than all the looking."""
    return inventory.fake_hands(endpoint, region)


def _clusters(aws: Aws) -> dict[str, Any]:
    return {
        cluster["DBClusterIdentifier"]: {
            "status": cluster["Status"],
            "source": cluster.get("ReplicationSourceIdentifier"),
            "members": {
                m["DBInstanceIdentifier"]: m["IsClusterWriter"] for m in cluster["DBClusterMembers"]
            },
        }
        for cluster in aws.rds.describe_db_clusters()["DBClusters"]
    }


def _instances(aws: Aws) -> dict[str, Any]:
    return {
        one["DBInstanceIdentifier"]: (
            one["DBInstanceStatus"],
            one["AvailabilityZone"],
            one.get("SecondaryAvailabilityZone"),
            one.get("ReadReplicaSourceDBInstanceIdentifier"),
        )
        for one in aws.rds.describe_db_instances()["DBInstances"]
    }


def _snapshots(aws: Aws) -> list[str]:
    return sorted(
        one["DBSnapshotIdentifier"]
        for one in aws.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    )


def _global(aws: Aws) -> dict[str, Any]:
    return {
        found["GlobalClusterIdentifier"]: (
            found["Status"],
            sorted(
                (one["DBClusterArn"], one["IsWriter"], one["SynchronizationStatus"])
                for one in found["GlobalClusterMembers"]
            ),
        )
        for found in aws.rds.describe_global_clusters()["GlobalClusters"]
    }


def _caches(aws: Aws) -> dict[str, Any]:
    return {
        group["ReplicationGroupId"]: (
            group["Status"],
            {
                node["CacheClusterId"]: node["CurrentRole"]
                for shard in group["NodeGroups"]
                for node in shard["NodeGroupMembers"]
            },
        )
        for group in aws.elasticache.describe_replication_groups()["ReplicationGroups"]
    }


def _locks(aws: Aws) -> list[Any]:
    """Return the states of keys and secrets."""
    keys = (aws.kms.describe_key(KeyId=one["KeyId"]) for one in aws.kms.list_keys()["Keys"])
    return [
        sorted((one["KeyMetadata"]["KeyId"], one["KeyMetadata"]["KeyState"]) for one in keys),
        sorted(
            (one["Name"], "DeletedDate" in one)
            for one in aws.secretsmanager.list_secrets(IncludePlannedDeletion=True)["SecretList"]
        ),
    ]


def _servers(aws: Aws) -> dict[str, Any]:
    """Return what stands alone and is not on its way out, and what is registered for its part."""
    found = aws.ec2.describe_instances(
        Filters=[{"Name": "tag:Name", "Values": ["orders-archive*", "orders-quotes*"]}]
    )["Reservations"]
    states = {
        i["InstanceId"]: i["State"]["Name"]
        for reservation in found
        for i in reservation["Instances"]
        if i["State"]["Name"] != "terminated"
    }
    (group,) = aws.elbv2.describe_target_groups(Names=["orders-quotes"])["TargetGroups"]
    health = aws.elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    return {
        **states,
        "registered": {
            one["Target"]["Id"]: one["TargetHealth"]["State"]
            for one in health["TargetHealthDescriptions"]
        },
    }


def _volumes(aws: Aws) -> dict[str, Any]:
    """Return the named volumes, and where they are; those of the fleet come and go with it."""
    return {
        volume["VolumeId"]: (
            volume["State"],
            [(a["InstanceId"], a["Device"], a["State"]) for a in volume["Attachments"]],
        )
        for volume in aws.ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["Name"]}])[
            "Volumes"
        ]
    }


def _parameter(aws: Aws, name: str) -> str:
    return str(aws.ssm.get_parameter(Name=name)["Parameter"]["Value"])


def _acls(aws: Aws) -> dict[str, str]:
    """Return which ACL each subnet has, and every ACL there is."""
    found = aws.ec2.describe_network_acls()["NetworkAcls"]
    subnets = {a["SubnetId"]: acl["NetworkAclId"] for acl in found for a in acl["Associations"]}
    return {**subnets, **{acl["NetworkAclId"]: "there" for acl in found}}


def _groups(aws: Aws) -> dict[str, Any]:
    return {
        group["AutoScalingGroupName"]: (
            sorted(group["VPCZoneIdentifier"].split(",")),
            group["MinSize"],
            group["MaxSize"],
            group["DesiredCapacity"],
            sorted(p["ProcessName"] for p in group["SuspendedProcesses"]),
        )
        for group in aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    }


def _tables(aws: Aws) -> dict[str, Any]:
    return {
        name: sorted(_text(i) for i in aws.dynamodb.scan(TableName=name)["Items"])
        for name in aws.dynamodb.list_tables()["TableNames"]
    }


def _objects(aws: Aws, bucket: str) -> dict[str, str]:
    found = aws.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {one["Key"]: one["ETag"] for one in found}


def _records(aws: Aws, zone: str) -> list[str]:
    found = aws.route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return sorted(map(_text, found))


def _checks(aws: Aws) -> list[bool]:
    """Return of each health check whether it is inverted."""
    found = aws.route53.list_health_checks()["HealthChecks"]
    return [bool(one["HealthCheckConfig"].get("Inverted")) for one in found]


def _text(value: object) -> str:
    """Return the same text for the same value, whatever the order of its fields."""
    return json.dumps(value, sort_keys=True, default=str)


def marks_left(sandbox: Sandbox, run: str, url: str, part: str = "") -> list[int]:
    """Return the marks of a run that the database behind an URL of the estate still has.

    part: of the service, as "ledger/", which has a database of its own.
    """
    out = next(iter(sandbox.outputs.values()))
    at = urlsplit(out[url])
    found = asyncio.run(lookup(str(at.hostname), "A", sandbox.resolver, 5.0))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    place, until = f"http://{found[0]}:{at.port or 80}/{part}marks/{run}", time.monotonic() + 20
    while True:
        try:
            with opener.open(place, timeout=5) as answer:
                seqs: list[int] = json.loads(answer.read())["seqs"]
        except OSError:  # an instance that has just been let go may still be in rotation
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return seqs
