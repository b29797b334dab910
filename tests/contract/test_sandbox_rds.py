"""The sandbox's RDS: states that take time, and a writer that moves only afterwards."""

import pytest
from botocore.exceptions import ClientError

from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


def _cluster(cloud: Cloud, name: str, instances: int = 2) -> None:
    cloud.east.rds.create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        DBSubnetGroupName="orders",
        MasterUsername="orders",
        MasterUserPassword="not-a-secret",
    )
    for number in range(1, instances + 1):
        cloud.east.rds.create_db_instance(
            DBInstanceIdentifier=f"{name}-{number}",
            DBClusterIdentifier=name,
            Engine="aurora-postgresql",
            DBInstanceClass="db.t4g.medium",
            DBSubnetGroupName="orders",
        )


def _status(cloud: Cloud, name: str) -> str:
    return cloud.east.rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["Status"]


def _writer(cloud: Cloud, name: str) -> list[str]:
    found = cloud.east.rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    return [
        m["DBInstanceIdentifier"] for m in found["DBClusterMembers"] if m.get("IsClusterWriter")
    ]


def test_instances_differ_in_zone_and_resource_id(cloud: Cloud) -> None:
    _cluster(cloud, "spread", 3)
    found = cloud.east.rds.describe_db_instances(
        Filters=[{"Name": "db-cluster-id", "Values": ["spread"]}]
    )["DBInstances"]
    assert {i["AvailabilityZone"] for i in found} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert len({i["DbiResourceId"] for i in found}) == 3


def test_a_failover_is_failing_over_first_and_moves_the_writer_then(cloud: Cloud) -> None:
    _cluster(cloud, "moving")
    assert _writer(cloud, "moving") == ["moving-1"]
    answer = cloud.east.rds.failover_db_cluster(DBClusterIdentifier="moving")
    assert answer["DBCluster"]["Status"] == "failing-over"
    assert _status(cloud, "moving") == "failing-over"
    assert _writer(cloud, "moving") == ["moving-1"]
    eventually(lambda: _status(cloud, "moving") == "available")
    assert _writer(cloud, "moving") == ["moving-2"]


def test_the_old_writer_restarts_and_comes_back(cloud: Cloud) -> None:
    _cluster(cloud, "rejoining")

    def old() -> str:
        found = cloud.east.rds.describe_db_instances(DBInstanceIdentifier="rejoining-1")
        return found["DBInstances"][0]["DBInstanceStatus"]

    cloud.east.rds.failover_db_cluster(DBClusterIdentifier="rejoining")
    assert old() == "rebooting"
    eventually(lambda: old() == "available")
    assert _writer(cloud, "rejoining") == ["rejoining-2"]


def test_a_failover_during_a_failover_is_refused(cloud: Cloud) -> None:
    _cluster(cloud, "twice")
    cloud.east.rds.failover_db_cluster(DBClusterIdentifier="twice")
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        cloud.east.rds.failover_db_cluster(DBClusterIdentifier="twice")
    eventually(lambda: _status(cloud, "twice") == "available")
    assert _writer(cloud, "twice") == ["twice-2"]


def test_a_failover_goes_to_the_reader_that_was_named(cloud: Cloud) -> None:
    _cluster(cloud, "named", 3)
    cloud.east.rds.failover_db_cluster(
        DBClusterIdentifier="named", TargetDBInstanceIdentifier="named-3"
    )
    eventually(lambda: _writer(cloud, "named") == ["named-3"])


def test_a_failover_to_the_writer_itself_or_with_no_reader_is_refused(cloud: Cloud) -> None:
    _cluster(cloud, "alone", 1)
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        cloud.east.rds.failover_db_cluster(DBClusterIdentifier="alone")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        cloud.east.rds.failover_db_cluster(
            DBClusterIdentifier="alone", TargetDBInstanceIdentifier="alone-1"
        )
    with pytest.raises(ClientError, match="DBClusterNotFoundFault"):
        cloud.east.rds.failover_db_cluster(DBClusterIdentifier="nowhere")


def test_a_replica_cluster_has_a_source_until_it_is_promoted(cloud: Cloud) -> None:
    _cluster(cloud, "source")
    arn = cloud.east.rds.describe_db_clusters(DBClusterIdentifier="source")["DBClusters"][0][
        "DBClusterArn"
    ]
    cloud.west.rds.create_db_cluster(
        DBClusterIdentifier="replica",
        Engine="aurora-postgresql",
        DBSubnetGroupName="orders",
        ReplicationSourceIdentifier=arn,
    )
    cloud.west.rds.create_db_instance(
        DBInstanceIdentifier="replica-1",
        DBClusterIdentifier="replica",
        Engine="aurora-postgresql",
        DBInstanceClass="db.t4g.medium",
    )

    def replica() -> tuple[str, str | None]:
        found = cloud.west.rds.describe_db_clusters(DBClusterIdentifier="replica")["DBClusters"][0]
        return found["Status"], found.get("ReplicationSourceIdentifier")

    assert replica()[1] == arn
    cloud.sandbox.post("times", {"promote": 2.0})
    promoted = cloud.west.rds.promote_read_replica_db_cluster(DBClusterIdentifier="replica")
    assert promoted["DBCluster"]["Status"] == "promoting"
    assert replica() == ("promoting", arn)
    eventually(lambda: replica() == ("available", None))
    source = cloud.east.rds.describe_db_clusters(DBClusterIdentifier="source")["DBClusters"][0]
    assert source["ReadReplicaIdentifiers"] == []
    with pytest.raises(ClientError, match="InvalidDBClusterStateFault"):
        cloud.west.rds.promote_read_replica_db_cluster(DBClusterIdentifier="replica")
