"""What there is at a site that a parameter could name: listed with read-only calls, for `dr init`.

Errors:  none; what cannot be listed says why, once for each reason.
Limits:  at most 200 of a sort. What is not listed may be there all the same.
Source:  the API references of the services.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from dr.cloud.aws import Aws

MOST: Final = 200
TIMEOUT_S: Final = 5.0

LISTED: Final[tuple[tuple[str, str, str, str, str], ...]] = (
    # kinds that begin with, parameter, service, call, where the names are in its answer
    ("aws.rds.", "cluster", "rds", "describe_db_clusters", "DBClusters[].DBClusterIdentifier"),
    ("aws.rds.", "instance", "rds", "describe_db_instances", "DBInstances[].DBInstanceIdentifier"),
    ("aws.rds.", "global_cluster", "rds", "describe_global_clusters",
     "GlobalClusters[].GlobalClusterIdentifier"),
    ("aws.dynamodb.", "table", "dynamodb", "list_tables", "TableNames[]"),
    ("dynamodb.marks", "table", "dynamodb", "list_tables", "TableNames[]"),
    ("aws.s3.", "bucket", "s3", "list_buckets", "Buckets[].Name"),
    ("s3.marks", "bucket", "s3", "list_buckets", "Buckets[].Name"),
    ("aws.asg.", "group", "autoscaling", "describe_auto_scaling_groups",
     "AutoScalingGroups[].AutoScalingGroupName"),
    ("aws.asg.", "zone", "ec2", "describe_availability_zones", "AvailabilityZones[].ZoneId"),
    ("aws.ec2.", "zone", "ec2", "describe_availability_zones", "AvailabilityZones[].ZoneId"),
    ("aws.ec2.", "vpc", "ec2", "describe_vpcs", "Vpcs[].VpcId"),
    ("aws.elb.", "target_group", "elbv2", "describe_target_groups",
     "TargetGroups[].TargetGroupArn"),
    ("aws.elasticache.", "group", "elasticache", "describe_replication_groups",
     "ReplicationGroups[].ReplicationGroupId"),
    ("aws.route53.", "zone", "route53", "list_hosted_zones", "HostedZones[].Id"),
    ("aws.cloudwatch.", "alarm", "cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName"),
    ("aws.kms.", "key", "kms", "list_keys", "Keys[].KeyId"),
    ("aws.secretsmanager.", "secret", "secretsmanager", "list_secrets", "SecretList[].Name"),
    ("aws.ssm.", "name", "ssm", "describe_parameters", "Parameters[].Name"),
)  # fmt: skip


@dataclass
class Looking:
    """Looks for what there is. say: told why nothing can be listed."""

    say: Callable[[str], None]
    _told: set[str] = field(default_factory=set)
    _found: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    _hands: dict[str, Aws] = field(default_factory=dict)

    def account(self) -> str | None:
        """Return whose credentials these are."""
        found = self._tried(lambda: [self._hand("us-east-1").sts.get_caller_identity()["Account"]])
        return found[0] if found else None

    def candidates(self, kind: str, param: str, region: str) -> list[str]:
        """Return the names that a parameter could have, in alphabetical order."""
        rows = [row for row in LISTED if kind.startswith(row[0]) and param == row[1]]
        if not rows:
            return []
        _, _, service, call, where = rows[0]
        key = (region, service, call)
        if key not in self._found:
            self._found[key] = self._tried(lambda: self._list(region, service, call, where))
        return self._found[key]

    def _list(self, region: str, service: str, call: str, where: str) -> list[str]:
        import itertools

        import jmespath

        client = self._hand(region).client(service)
        if client.can_paginate(call):
            found = client.get_paginator(call).paginate().search(where)
        else:
            found = jmespath.search(where, getattr(client, call)()) or ()
        return sorted(name for name in itertools.islice(found, MOST) if name is not None)

    def _hand(self, region: str) -> Aws:
        if region not in self._hands:
            self._hands[region] = Aws("", region, timeout_s=TIMEOUT_S)
        return self._hands[region]

    def _tried(self, ask: Callable[[], list[str]]) -> list[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return ask()
        except (BotoCoreError, ClientError) as error:
            why = str(error)
            if why not in self._told:
                self._told.add(why)
                self.say(f"nothing could be listed: {why}")
            return []
