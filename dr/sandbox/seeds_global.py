"""The Aurora global database of the stock: a cluster in the primary Region, and one to take over.

It is not in `terraform/estate`: two more clusters take the provider minutes. The service of both
Regions reads its name from the parameter /orders/stock, and asks it at its writer endpoint.
"""

from typing import Any

from dr.cloud.aws import Aws
from dr.sandbox.inventory_data import NAME, PAIRS
from dr.sandbox.seeds_rds import PORT

STOCK = f"{NAME}-stock"
NEAR, FAR = f"{STOCK}-primary", f"{STOCK}-standby"
SOURCES: dict[str, str | None] = {f"{NEAR}-1": None, f"{FAR}-1": f"{NEAR}-1"}
_ENGINE = "aurora-postgresql"


def seed(east: Aws, west: Aws, groups: tuple[str, str]) -> None:
    """Make the clusters, the global database and the parameters. groups: security, by Region."""
    kept: Any = {
        "Engine": _ENGINE,
        "DBSubnetGroupName": NAME,
        "BackupRetentionPeriod": 7,
        "Port": PORT,
        "Tags": PAIRS,
    }
    source = east.rds.create_db_cluster(
        DBClusterIdentifier=NEAR,
        MasterUsername=NAME,
        MasterUserPassword="only-in-the-sandbox",
        VpcSecurityGroupIds=[groups[0]],
        **kept,
    )["DBCluster"]["DBClusterArn"]
    _instance(east, NEAR)
    made: Any = {"GlobalClusterIdentifier": STOCK, "Tags": PAIRS}
    east.rds.create_global_cluster(SourceDBClusterIdentifier=source, **made)
    west.rds.create_db_cluster(
        DBClusterIdentifier=FAR,
        GlobalClusterIdentifier=STOCK,
        VpcSecurityGroupIds=[groups[1]],
        **kept,
    )
    _instance(west, FAR)
    for aws in (east, west):
        aws.ssm.put_parameter(Name=f"/{NAME}/stock", Type="String", Value=STOCK, Tags=PAIRS)


def _instance(aws: Aws, cluster: str) -> None:
    aws.rds.create_db_instance(
        DBInstanceIdentifier=f"{cluster}-1",
        DBClusterIdentifier=cluster,
        Engine=_ENGINE,
        DBInstanceClass="db.r6g.large",
        DBSubnetGroupName=NAME,
        Tags=PAIRS,
    )
