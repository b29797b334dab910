"""dr.cloud.iam: which permission a call takes."""

from typing import Any

import pytest

from dr.cloud.iam import permissions


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "needed"),
    [
        ("rds", "FailoverDBCluster", {}, {"rds:FailoverDBCluster"}),
        ("elbv2", "DescribeTargetHealth", {}, {"elasticloadbalancing:DescribeTargetHealth"}),
        ("s3", "ListObjectsV2", {}, {"s3:ListBucket"}),
        ("s3", "ListObjectVersions", {}, {"s3:ListBucketVersions"}),
        ("s3", "HeadObject", {}, {"s3:GetObject"}),
        ("s3", "GetObject", {"VersionId": "v"}, {"s3:GetObjectVersion"}),
        ("s3", "DeleteObject", {"VersionId": "v"}, {"s3:DeleteObjectVersion"}),
        ("s3", "DeleteObject", {}, {"s3:DeleteObject"}),
        ("s3", "DeleteObjects", {"Delete": {"Objects": [{"Key": "a"}]}}, {"s3:DeleteObject"}),
        (
            "s3",
            "DeleteObjects",
            {"Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "v"}]}},
            {"s3:DeleteObject", "s3:DeleteObjectVersion"},
        ),
        ("ec2", "CreateNetworkAcl", {}, {"ec2:CreateNetworkAcl"}),
        (
            "ec2",
            "CreateNetworkAcl",
            {"TagSpecifications": [{}]},
            {"ec2:CreateNetworkAcl", "ec2:CreateTags"},
        ),
        ("sts", "GetCallerIdentity", {}, set()),
    ],
)
def test_a_call_takes_these_permissions(
    service: str, operation: str, parameters: dict[str, Any], needed: set[str]
) -> None:
    assert permissions(service, operation, parameters) == needed


def test_a_restore_writes_the_table_with_the_callers_permissions() -> None:
    needed = permissions("dynamodb", "RestoreTableToPointInTime")

    assert {"dynamodb:RestoreTableToPointInTime", "dynamodb:BatchWriteItem"} < needed
