"""Every call a drill makes, with the permission and the resources that AWS would ask for.

The resources are told from the parameters of each call, without the tables of the program: that
is what a policy is held against.
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import boto3.session

from dr.cloud import iam
from dr.cloud.aws import Aws
from dr.testing import ACCOUNT


@dataclass
class Recorder:
    """The calls of a few hands: (permission, resource)."""

    endpoint: str
    used: set[tuple[str, str]] = field(default_factory=set)
    hands: dict[str, Aws] = field(default_factory=dict)
    shifted: str = ""  # what a zonal shift is on, which is what canceling it is authorised on

    def session(self, region: str) -> Any:
        session = boto3.session.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region
        )

        def note(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
            service = str(model.service_model.service_name)
            if service == "arc-zonal-shift":
                self.shifted = params.get("resourceIdentifier", self.shifted)
                params = {**params, "resourceIdentifier": self.shifted}
            at = str(context["client_region"])  # a hand may look elsewhere
            for permission in iam.permissions(service, str(model.name), params):
                for resource in _resources(permission, str(model.name), params, at):
                    self.used.add((permission, resource))

        session.events.register("provide-client-params", note)
        return session

    def hand(self, region: str) -> Aws:
        if region not in self.hands:  # a client of EC2 costs half a second
            session = self.session(region)
            self.hands[region] = Aws(ACCOUNT, region, endpoint=self.endpoint, session=session)
        return self.hands[region]


def _resources(permission: str, call: str, params: dict[str, Any], region: str) -> list[str]:  # noqa: PLR0911
    """Return the ARNs that AWS would authorise a call on."""
    service = permission.partition(":")[0]
    lead = f"arn:aws:{service}:{region}:{ACCOUNT}:"
    if service == "rds":
        return _databases(permission, call, params, lead)
    if service == "dynamodb":
        return _tables(permission, call, params, lead)
    if service == "s3":
        keys = [one["Key"] for one in params.get("Delete", {}).get("Objects", [])]
        keys += [params["Key"]] if "Key" in params else []
        bucket = f"arn:aws:s3:::{params['Bucket']}"
        return [f"{bucket}/{key}" for key in keys] or [bucket]
    if service in {"backup", "iam"}:
        return _backups(service, params, lead)
    if service in {"elasticache", "kms", "secretsmanager"}:
        return [_named(service, params, lead)]
    if service == "ssm":
        name = params.get("Name") or params["ResourceId"]
        return [f"{lead}parameter/{name.removeprefix('/')}"]
    if service == "arc-zonal-shift":
        return [params["resourceIdentifier"]]
    if service == "route53":
        return _names(params)
    return _fleet(permission, call, params, region)


def _fleet(permission: str, call: str, params: dict[str, Any], region: str) -> list[str]:
    lead = f"arn:aws:{permission.partition(':')[0]}:{region}:{ACCOUNT}:"
    if permission == "autoscaling:UpdateAutoScalingGroup":
        name = params["AutoScalingGroupName"]
        return [f"{lead}autoScalingGroup:0-0:autoScalingGroupName/{name}"]
    if permission.startswith("ec2:") and not permission.startswith("ec2:Describe"):
        found = _networks_and_servers(call, params, lead, region)
        return found if permission != "ec2:CreateTags" else _tagged(found, params, lead)
    return [params["TargetGroupArn"]] if call in {"RegisterTargets", "DeregisterTargets"} else ["*"]


def _tagged(found: list[str], params: dict[str, Any], lead: str) -> list[str]:
    """Return, of what is made, the kinds that are tagged as they are made."""
    kinds = tuple(f"{lead}{one['ResourceType']}/" for one in params["TagSpecifications"])
    return [one for one in found if one.startswith(kinds)]


def _backups(service: str, params: dict[str, Any], lead: str) -> list[str]:
    if service == "iam":
        return [params["IamRoleArn"]]
    vault = f"{lead}backup-vault:{params.get('BackupVaultName')}"
    return [params.get("RecoveryPointArn", vault if "BackupVaultName" in params else "*")]


def _named(service: str, params: dict[str, Any], lead: str) -> str:
    """Return the one resource of a call, which names it by its ARN or its name."""
    name = {"elasticache": "ReplicationGroupId", "kms": "KeyId", "secretsmanager": "SecretId"}
    given = str(params.get("ResourceName") or params[name[service]])
    if given.startswith("arn:"):
        return given
    kind = {"elasticache": "replicationgroup:", "kms": "key/", "secretsmanager": "secret:"}
    return f"{lead}{kind[service]}{given}{'-AbCdEf' if service == 'secretsmanager' else ''}"


def _names(params: dict[str, Any]) -> list[str]:
    if "HealthCheckId" in params or params.get("ResourceType") == "healthcheck":
        return ["arn:aws:route53:::healthcheck/an-id"]
    zone = params.get("HostedZoneId") or params["ResourceId"]
    return [f"arn:aws:route53:::hostedzone/{zone}"]


def _networks_and_servers(call: str, params: dict[str, Any], lead: str, region: str) -> list[str]:
    """Return the resources of EC2; what is only being made has no id yet."""
    volume = f"{lead}volume/{params.get('VolumeId', 'vol-1')}"
    acl, shared = f"{lead}network-acl/acl-1", f"arn:aws:ec2:{region}::"
    servers = [f"{lead}instance/{one}" for one in params.get("InstanceIds", ["i-1"])]
    known = {
        "CreateNetworkAcl": lambda: [acl, f"{lead}vpc/{params['VpcId']}"],
        "CreateVolume": lambda: [volume, f"{shared}snapshot/{params['SnapshotId']}"],
        "DeleteVolume": lambda: [volume],
        "RunInstances": lambda: [
            *servers,
            volume,
            f"{lead}network-interface/eni-1",
            f"{lead}subnet/{params['SubnetId']}",
            *(f"{lead}security-group/{one}" for one in params["SecurityGroupIds"]),
            f"{shared}image/{params['ImageId']}",
        ],
        **dict.fromkeys(("StartInstances", "StopInstances", "TerminateInstances"), lambda: servers),
        **dict.fromkeys(
            ("AttachVolume", "DetachVolume"),
            lambda: [volume, f"{lead}instance/{params['InstanceId']}"],
        ),
    }
    return known[call]() if call in known else [acl]


def _databases(permission: str, call: str, params: dict[str, Any], lead: str) -> list[str]:
    instance = params.get("DBInstanceIdentifier") or params.get("TargetDBInstanceIdentifier")
    found = _elsewhere(permission, call, params, lead)
    if found:
        return found
    if permission == "rds:AddTagsToResource":
        return [f"{lead}db:{instance}"]
    if call == "RestoreDBInstanceFromDBSnapshot":
        return [f"{lead}db:{instance}", f"{lead}snapshot:{params['DBSnapshotIdentifier']}"]
    if call == "RestoreDBInstanceToPointInTime":
        return [f"{lead}db:{instance}", f"{lead}db:{params['SourceDBInstanceIdentifier']}"]
    cluster = params.get("DBClusterIdentifier")
    return [f"{lead}cluster:{cluster}"] if cluster else [f"{lead}db:{instance or 'any'}"]


def _elsewhere(permission: str, call: str, params: dict[str, Any], lead: str) -> list[str]:
    """Return what calls about global databases and about snapshots alone are authorised on."""
    if "GlobalClusterIdentifier" in params:
        target = [value for key, value in params.items() if key == "TargetDbClusterIdentifier"]
        name = params["GlobalClusterIdentifier"]
        return [f"arn:aws:rds::{ACCOUNT}:global-cluster:{name}", *target]
    if call == "CopyDBSnapshot":
        source = [params["SourceDBSnapshotIdentifier"]] if permission == f"rds:{call}" else []
        return [f"{lead}snapshot:{params['TargetDBSnapshotIdentifier']}", *source]
    if call in {"DeleteDBSnapshot", "DescribeDBSnapshots"} and "DBSnapshotIdentifier" in params:
        return [f"{lead}snapshot:{params['DBSnapshotIdentifier']}"]
    return []


def _tables(permission: str, call: str, params: dict[str, Any], lead: str) -> list[str]:
    if call in {"ListTables", "ListBackups"}:
        return ["*"]
    if call == "DescribeBackup":
        return [params["BackupArn"]]
    if call.startswith("RestoreTable"):
        target = f"{lead}table/{params['TargetTableName']}"
        own = permission.removeprefix("dynamodb:").startswith("RestoreTable")
        source = params.get("BackupArn") or f"{lead}table/{params['SourceTableName']}"
        return [target, source] if own else [target]
    if "ResourceArn" in params:
        return [params["ResourceArn"]]
    names = [params["TableName"]] if "TableName" in params else list(params["RequestItems"])
    return [f"{lead}table/{name}" for name in names]


def allows(policy: dict[str, Any], permission: str, resource: str) -> bool:
    """Say whether a policy allows a permission on a resource, as IAM matches them."""
    return any(
        permission in statement["Action"]
        and any(
            pattern == "*" or fnmatchcase(resource, pattern) for pattern in statement["Resource"]
        )
        for statement in policy["Statement"]
    )
