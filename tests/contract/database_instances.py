"""Database instances for the tests: in moto, and as values."""

from typing import Any

from dr.cloud.rds_instances import Instance, Settings
from dr.testing import Stage

SETTINGS = Settings(
    subnet_group="data",
    security_groups=("sg-1",),
    parameter_group="orders-postgres",
    size="db.r6g.large",
    multi_az=True,
    public=False,
)


def an_instance(**more: Any) -> Instance:
    """Return an available Multi-AZ instance; settings= and its like change it."""
    return Instance(
        **{
            "id": "ledger",
            "status": "available",
            "zone": "us-east-1a",
            "standby_zone": "us-east-1b",
            "cluster": None,
            "source": None,
            "replicas": (),
            "retention_days": 7,
            "latest": "2026-03-01T12:00:00.500000Z",
            "settings": SETTINGS,
        }
        | more
    )


def make(stage: Stage, name: str = "ledger", **more: Any) -> str:
    """Make an instance with a security group of its own in moto; return the group's id."""
    ec2, rds = stage.admin("ec2"), stage.admin("rds")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]]
    rds.create_db_subnet_group(
        DBSubnetGroupName=f"{name}-data", DBSubnetGroupDescription="data", SubnetIds=subnets
    )
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.r6g.large",
        AllocatedStorage=20,
        BackupRetentionPeriod=7,
        MasterUsername="dr",
        MasterUserPassword="only-a-test",
        DBSubnetGroupName=f"{name}-data",
        VpcSecurityGroupIds=[group],
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
        **more,
    )
    return group
