"""The two PostgreSQL instances beside the estate's cluster, for drills of RDS itself.

They are not in `terraform/estate`: an instance takes the provider minutes. `orders-ledger` is
Multi-AZ and has a read replica in the standby Region; `orders-reports` is a single instance with a
snapshot. The service reads their names from the parameters /orders/ledger and /orders/reports.
"""

from typing import Any

from dr.cloud.aws import Aws
from dr.sandbox.inventory_data import NAME, PAIRS
from dr.sandbox.sim import PRIMARY

LEDGER = f"{NAME}-ledger"
LEDGER_STANDBY = f"{LEDGER}-standby"
REPORTS = f"{NAME}-reports"
SOURCES: dict[str, str | None] = {LEDGER: None, LEDGER_STANDBY: LEDGER, REPORTS: None}
PORT = 5432


def seed(east: Aws, west: Aws, outputs: dict[str, str]) -> tuple[str, str]:
    """Make the instances, the replica, the snapshot and the parameters.

    Returns the security group that lets PostgreSQL in, by Region.
    """
    near = _security_group(east, outputs["vpc_id"])
    far = _security_group(west, outputs["standby_vpc_id"])
    made = _instance(east, LEDGER, near, MultiAZ=True)
    _instance(east, REPORTS, near, MultiAZ=False)
    west.rds.create_db_instance_read_replica(
        DBInstanceIdentifier=LEDGER_STANDBY,
        SourceDBInstanceIdentifier=made,
        SourceRegion=PRIMARY,
        DBSubnetGroupName=NAME,
        VpcSecurityGroupIds=[far],
        Tags=PAIRS,
    )
    east.rds.create_db_snapshot(
        DBInstanceIdentifier=REPORTS, DBSnapshotIdentifier=f"{REPORTS}-nightly", Tags=PAIRS
    )
    for aws, name, value in (
        (east, "ledger", LEDGER),
        (east, "reports", REPORTS),
        (west, "ledger", LEDGER_STANDBY),
        (west, "reports", REPORTS),  # of which there is none, there
    ):
        aws.ssm.put_parameter(Name=f"/{NAME}/{name}", Type="String", Value=value, Tags=PAIRS)
    return near, far


def _security_group(aws: Aws, vpc: str) -> str:
    group = aws.ec2.create_security_group(
        GroupName=f"{NAME}-databases", Description="PostgreSQL from the VPC", VpcId=vpc
    )["GroupId"]
    aws.ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=PORT, ToPort=PORT, CidrIp="10.0.0.0/8"
    )
    return group


def _instance(aws: Aws, name: str, group: str, **more: Any) -> str:
    made = aws.rds.create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        BackupRetentionPeriod=7,
        MasterUsername=NAME,
        MasterUserPassword="only-in-the-sandbox",
        DBSubnetGroupName=NAME,
        VpcSecurityGroupIds=[group],
        Port=PORT,
        Tags=PAIRS,
        **more,
    )
    return made["DBInstance"]["DBInstanceArn"]
