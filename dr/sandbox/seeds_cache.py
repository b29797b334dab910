"""The cache of the service's sessions: a Redis replication group of a primary and a replica.

It is not in `terraform/estate`: the provider cannot use what moto makes. The service reads its name
from the parameter /orders/sessions.
"""

from dr.cloud.aws import Aws
from dr.sandbox.inventory_data import NAME, PAIRS

SESSIONS = f"{NAME}-sessions"
PRIMARY_NODE, REPLICA_NODE = f"{SESSIONS}-001", f"{SESSIONS}-002"
NODES: dict[str, str | None] = {PRIMARY_NODE: None, REPLICA_NODE: PRIMARY_NODE}
CLUSTERS = dict.fromkeys(NODES, SESSIONS)
_PORT = 6379


def seed(aws: Aws, outputs: dict[str, str]) -> None:
    """Make the group in two zones of the estate's VPC, and the parameter."""
    subnets = aws.ec2.describe_subnets(
        Filters=[
            {"Name": "vpc-id", "Values": [outputs["vpc_id"]]},
            {"Name": "tag:tier", "Values": ["data"]},
        ]
    )["Subnets"]
    group = aws.ec2.create_security_group(
        GroupName=f"{NAME}-caches", Description="Redis from the VPC", VpcId=outputs["vpc_id"]
    )["GroupId"]
    aws.ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=_PORT, ToPort=_PORT, CidrIp="10.0.0.0/8"
    )
    aws.elasticache.create_cache_subnet_group(
        CacheSubnetGroupName=NAME,
        CacheSubnetGroupDescription="Where the databases are, too",
        SubnetIds=[one["SubnetId"] for one in subnets],
    )
    aws.elasticache.create_replication_group(
        ReplicationGroupId=SESSIONS,
        ReplicationGroupDescription="Sessions of the customers",
        Engine="redis",
        CacheNodeType="cache.t4g.small",
        ReplicasPerNodeGroup=1,
        NumNodeGroups=1,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        PreferredCacheClusterAZs=[outputs["zone_a"], outputs["zone_b"]],
        CacheSubnetGroupName=NAME,
        SecurityGroupIds=[group],
        Port=_PORT,
        Tags=PAIRS,
    )
    aws.ssm.put_parameter(Name=f"/{NAME}/sessions", Type="String", Value=SESSIONS, Tags=PAIRS)
