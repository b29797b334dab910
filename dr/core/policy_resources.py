"""Which resources a permission is needed on, told from the parameters of the step that needs it.

A pattern names its parts in braces: `{table}` and its like are parameters of the step, `{region}`,
`{account}` and `{partition}` come from its site. What is not listed here, or has a part that is
not known yet, is needed on "*".

Limits:  several Describe calls know no resources (EC2, Auto Scaling, Elastic Load Balancing,
         ListTables, ListBackups), and cloudwatch:DescribeAlarms shows composite alarms only to who
         may see all.
Source:  Service Authorization Reference: "Resource types defined by" and "Actions defined by"
         Amazon RDS, DynamoDB, S3, EC2, EC2 Auto Scaling, Systems Manager, Route 53; Amazon
         DynamoDB Developer Guide, "Using IAM with DynamoDB backup and restore".
"""

from collections.abc import Mapping
from typing import Final

_GROUP: Final = (
    "arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{group}"
)
_RDS: Final = "arn:{partition}:rds:{region}:{account}:"
_ANYWHERE: Final = "arn:{partition}:rds:*:{account}:"
_GLOBAL: Final = "arn:{partition}:rds::{account}:global-cluster:{global_cluster}"
_CACHE: Final = "arn:{partition}:elasticache:{region}:{account}:replicationgroup:{group}"
_TABLE: Final = "arn:{partition}:dynamodb:{region}:{account}:table/"
_EC2: Final = "arn:{partition}:ec2:{region}:{account}:"
_SNAPSHOT: Final = "arn:{partition}:ec2:{region}::snapshot/*"  # of no account: it may be shared
_TARGETS: Final = (
    "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{target_group}/*"
)
_ZONE: Final = "arn:{partition}:route53:::hostedzone/{zone}"
_BUCKET: Final = "arn:{partition}:s3:::{bucket}"
_OBJECTS: Final = f"{_BUCKET}/{{prefix}}*"
_PARAMETER: Final = "arn:{partition}:ssm:{region}:{account}:parameter/{name}"
_TABLE_ITSELF: Final = (f"{_TABLE}{{table}}",)
_RESTORED_TABLE: Final = (f"{_TABLE}{{restored_table}}",)

_BY_PERMISSION: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        f"arc-zonal-shift:{name}": ("{balancer}",)
        for name in ("CancelZonalShift", "GetManagedResource", "StartZonalShift")
    },
    "autoscaling:UpdateAutoScalingGroup": (_GROUP,),
    "ec2:CreateNetworkAcl": (f"{_EC2}network-acl/*", f"{_EC2}vpc/{{vpc}}"),
    "ec2:CreateTags": (f"{_EC2}network-acl/*",),
    # Of servers and disks the run finds the ids, by their names.
    "ec2:AttachVolume": (f"{_EC2}instance/*", f"{_EC2}volume/*"),
    "ec2:CreateVolume": (_SNAPSHOT, f"{_EC2}volume/*"),
    "ec2:DeleteNetworkAcl": (f"{_EC2}network-acl/*",),
    "ec2:DeleteVolume": (f"{_EC2}volume/*",),
    **{
        f"ec2:{name}": (f"{_EC2}instance/*",)
        for name in ("StartInstances", "StopInstances", "TerminateInstances")
    },
    "ec2:RunInstances": (
        "arn:{partition}:ec2:{region}::image/*",
        *(
            f"{_EC2}{kind}/*"
            for kind in ("instance", "network-interface", "security-group", "subnet", "volume")
        ),
    ),
    **{
        f"ecs:{name}": ("arn:{partition}:ecs:{region}:{account}:service/{cluster}/{service}",)
        for name in ("DescribeServices", "UpdateService")
    },
    "iam:PassRole": ("arn:{partition}:iam::{account}:role/*",),
    "elasticloadbalancing:DeregisterTargets": (_TARGETS,),
    "elasticloadbalancing:RegisterTargets": (_TARGETS,),
    "ec2:DetachVolume": (f"{_EC2}instance/*", f"{_EC2}volume/*"),
    "ec2:ReplaceNetworkAclAssociation": (f"{_EC2}network-acl/*", f"{_EC2}subnet/*"),
    # DescribeDBInstances is asked for the members of a cluster, by a filter: that is all of them.
    "rds:DescribeDBInstances": (f"{_RDS}db:*",),
    "elasticache:ListTagsForResource": (_CACHE,),
    "elasticache:TestFailover": (_CACHE,),
    "elasticache:DescribeReplicationGroups": (_CACHE,),
    **{
        f"kms:{name}": ("arn:{partition}:kms:{region}:{account}:key/{key}",)
        for name in ("DescribeKey", "DisableKey", "EnableKey", "ListResourceTags")
    },
    **{
        # A secret's ARN ends in six characters that its name does not tell.
        f"secretsmanager:{name}": (
            "arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}*",
        )
        for name in ("DeleteSecret", "DescribeSecret", "RestoreSecret")
    },
    "rds:DescribeGlobalClusters": (_GLOBAL,),
    # Of the clusters of a global database only the run knows the names.
    "rds:FailoverGlobalCluster": (_GLOBAL, f"{_ANYWHERE}cluster:*"),
    "rds:SwitchoverGlobalCluster": (_GLOBAL, f"{_ANYWHERE}cluster:*"),
    "route53:ChangeResourceRecordSets": (_ZONE,),
    "route53:ListResourceRecordSets": (_ZONE,),
    "route53:ListTagsForResource": (_ZONE,),
    "s3:GetBucketTagging": (_BUCKET,),
    "s3:GetBucketVersioning": (_BUCKET,),
    "s3:ListBucket": (_BUCKET,),
    "s3:ListBucketVersions": (_BUCKET,),
    **{
        f"rds:{name}": (f"{_RDS}db:{{instance}}",)
        for name in ("PromoteReadReplica", "RebootDBInstance", "StartDBInstance", "StopDBInstance")
    },
    **{
        f"rds:{name}": (f"{_RDS}cluster:{{cluster}}",)
        for name in ("DescribeDBClusters", "FailoverDBCluster", "PromoteReadReplicaDBCluster")
    },
    **{
        f"s3:{name}": (_OBJECTS,)
        for name in (
            "DeleteObject",
            "DeleteObjectVersion",
            "GetObject",
            "GetObjectVersion",
            "PutObject",
        )
    },
    **{
        f"ssm:{name}": (_PARAMETER,)
        for name in ("GetParameter", "ListTagsForResource", "PutParameter")
    },
    **{
        f"dynamodb:{name}": _TABLE_ITSELF
        for name in (
            "BatchWriteItem",
            "DescribeContinuousBackups",
            "DescribeTable",
            "ListTagsOfResource",
            "PutItem",
            "Query",
            "Scan",
        )
    },
}

# A restore writes the new table with the caller's permissions, and only ever deletes that one.
_WRITTEN_BY_RESTORE: Final = frozenset(
    f"dynamodb:{name}"
    for name in (
        "BatchWriteItem",
        "DeleteItem",
        "DeleteTable",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "UpdateItem",
    )
)
_BOTH: Final = _TABLE_ITSELF + _RESTORED_TABLE
_BY_RESTORE: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(_WRITTEN_BY_RESTORE, _RESTORED_TABLE),
    "dynamodb:DescribeTable": _BOTH,
    "dynamodb:RestoreTableToPointInTime": _BOTH,
    "dynamodb:RestoreTableFromBackup": (f"{_TABLE}{{table}}/backup/*", *_RESTORED_TABLE),
    "dynamodb:DescribeBackup": (f"{_TABLE}{{table}}/backup/*",),
}
_RESTORED_INSTANCE: Final = f"{_RDS}db:{{restored_instance}}"
_WITH_IT: Final = tuple(f"{_RDS}{kind}:*" for kind in ("og", "pg", "subgrp"))
_BY_INSTANCE_RESTORE: Final[Mapping[str, tuple[str, ...]]] = {
    "rds:AddTagsToResource": (_RESTORED_INSTANCE,),
    "rds:DeleteDBInstance": (_RESTORED_INSTANCE,),
    "rds:DescribeDBSnapshots": (f"{_RDS}db:{{instance}}", f"{_RDS}snapshot:*"),
    "rds:RestoreDBInstanceFromDBSnapshot": (_RESTORED_INSTANCE, f"{_RDS}snapshot:*", *_WITH_IT),
    "rds:RestoreDBInstanceToPointInTime": (
        _RESTORED_INSTANCE,
        f"{_RDS}db:{{instance}}",
        *_WITH_IT,
    ),
}
_COPY: Final = f"{_RDS}snapshot:{{restored_instance}}"
_FROM: Final = "arn:{partition}:rds:{from_region}:{account}:"
_BY_COPY: Final[Mapping[str, tuple[str, ...]]] = {
    "rds:AddTagsToResource": (_COPY,),
    "rds:CopyDBSnapshot": (_COPY, f"{_FROM}snapshot:*"),
    "rds:DeleteDBSnapshot": (_COPY,),
    "rds:DescribeDBSnapshots": (
        f"{_FROM}db:{{instance}}",
        f"{_FROM}snapshot:*",
        f"{_RDS}db:*",
        f"{_RDS}snapshot:*",
    ),
}
_VAULT: Final = "arn:{partition}:backup:{region}:{account}:backup-vault:{vault}"
# Backups that DynamoDB itself keeps for AWS Backup have ARNs of their tables.
_POINTS: Final = (
    "arn:{partition}:backup:{region}:{account}:recovery-point:*",
    f"{_TABLE}{{table}}/backup/*",
)
_BY_BACKUP: Final[Mapping[str, tuple[str, ...]]] = {
    "backup:GetRecoveryPointRestoreMetadata": _POINTS,
    "backup:ListRecoveryPointsByBackupVault": (_VAULT,),
    "backup:StartRestoreJob": _POINTS,
    "dynamodb:DeleteTable": _RESTORED_TABLE,
    "dynamodb:DescribeTable": _BOTH,
    "iam:PassRole": ("{role}",),
}
_STATE: Final = {
    f"s3:{name}": (f"{_BUCKET}/{{state}}", f"{_BUCKET}/{{state}}.tflock")
    for name in ("DeleteObjectVersion", "GetObjectVersion", "PutObject")
}
_CONTENT: Final = (f"{_TABLE}{{table}}", f"{_TABLE}{{restored}}")

_BY_KIND: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "aws.dynamodb.restore_point_in_time": _BY_RESTORE,
    "aws.dynamodb.restore_backup": _BY_RESTORE,
    "aws.backup.restore_table": _BY_BACKUP,
    # Which table a job has restored, only the run knows.
    "aws.backup.put_validation": {
        "dynamodb:DescribeTable": (f"{_TABLE}*",),
        "dynamodb:ListTagsOfResource": (f"{_TABLE}*",),
    },
    "aws.rds.copy_snapshot": _BY_COPY,
    "aws.rds.restore_point_in_time": _BY_INSTANCE_RESTORE,
    "aws.rds.restore_snapshot": _BY_INSTANCE_RESTORE,
    "aws.ec2.rebuild_instance": {"ec2:CreateTags": (f"{_EC2}instance/*",)},
    "aws.ec2.restore_volume": {"ec2:CreateTags": (f"{_EC2}volume/*",)},
    # Which health check it is, stands in the record: only the run knows.
    "aws.route53.invert_health_check": dict.fromkeys(
        ("route53:GetHealthCheck", "route53:ListTagsForResource", "route53:UpdateHealthCheck"),
        ("arn:{partition}:route53:::healthcheck/*",),
    ),
    "terraform.hold_lock": _STATE,
    "terraform.release_lock": _STATE,
    "terraform.restore_state": _STATE,
    "terraform.state": _STATE,
    "aws.dynamodb.content": {"dynamodb:DescribeTable": _CONTENT, "dynamodb:Scan": _CONTENT},
}

RESTORES: Final = frozenset(
    {
        "aws.backup.restore_table",
        "aws.dynamodb.restore_backup",
        "aws.dynamodb.restore_point_in_time",
    }
)
_NAME_LONGEST: Final = 255 - len("-dr-0123456789")
_INSTANCE_LONGEST: Final = 63 - len("-dr-0123456789")


def restored_table(table: str) -> str:
    """Return the pattern that the name of a table restored from this one fits."""
    return f"{table[:_NAME_LONGEST]}-dr-*"


def restored_instance(instance: str) -> str:
    """Return the pattern that the name of an instance restored from this one fits."""
    return f"{instance[:_INSTANCE_LONGEST]}-dr-*"


def resources(kind: str, permission: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ARNs, perhaps with `*`, that one kind needs a permission on.

    known: the parts of a pattern by name. "*" where a part is not known, or nothing is listed.
    """
    patterns = _BY_KIND.get(kind, {}).get(permission) or _BY_PERMISSION.get(permission, ())
    try:
        return tuple(pattern.format_map(known) for pattern in patterns) or ("*",)
    except KeyError:
        return ("*",)


def partition(region: str) -> str:
    """Return the partition of a Region, the second part of each ARN there."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
