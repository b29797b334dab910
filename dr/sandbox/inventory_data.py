"""The part of the boto3 estate that stands beside its network: data, and alarms."""

from typing import Any

from dr.cloud.aws import Aws
from dr.sandbox.sim import ACCOUNT, PRIMARY, STANDBY

NAME = "orders"
TAG = {"dr-drill": "allowed", "service": NAME}
PAIRS: Any = [{"Key": key, "Value": value} for key, value in TAG.items()]


def table(aws: Aws) -> None:
    """Make the table of the catalogue, with recovery to a point in time."""
    aws.dynamodb.create_table(
        TableName=f"{NAME}-items",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=PAIRS,
    )
    aws.dynamodb.update_continuous_backups(
        TableName=f"{NAME}-items",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )


def buckets(aws: dict[str, Aws]) -> tuple[str, str]:
    """Make both buckets, the second a replica of the first; return their names."""
    names = {region: f"{NAME}-documents-{ACCOUNT}-{region}" for region in (PRIMARY, STANDBY)}
    aws[PRIMARY].s3.create_bucket(Bucket=names[PRIMARY])
    aws[STANDBY].s3.create_bucket(
        Bucket=names[STANDBY], CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    for region, name in names.items():
        aws[region].s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}
        )
        aws[region].s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": PAIRS})
        aws[region].s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
    aws[PRIMARY].s3.put_bucket_replication(
        Bucket=names[PRIMARY],
        ReplicationConfiguration={
            "Role": f"arn:aws:iam::{ACCOUNT}:role/{NAME}-replication",
            "Rules": [
                {
                    "ID": "documents",
                    "Priority": 1,
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": f"arn:aws:s3:::{names[STANDBY]}"},
                }
            ],
        },
    )
    return names[PRIMARY], names[STANDBY]


def alarms(aws: Aws, balancer_arn: str, group_arn: str) -> None:
    """Make the alarms of one Region."""
    balancer = {"Name": "LoadBalancer", "Value": balancer_arn.partition("/")[2]}
    group = {"Name": "TargetGroup", "Value": group_arn.rpartition(":")[2]}
    failing: Any = {"MetricName": "HTTPCode_Target_5XX_Count", "Statistic": "Sum"}
    quick: Any = {"EvaluationPeriods": 3, "DatapointsToAlarm": 1}
    alarms: dict[str, dict[str, Any]] = {
        "errors": {**failing, "Threshold": 50, "EvaluationPeriods": 2, "Dimensions": [balancer]},
        "failing": {**failing, "Threshold": 10, **quick, "Dimensions": [balancer]},
        "unhealthy": {
            "MetricName": "UnHealthyHostCount",
            "Statistic": "Maximum",
            "Threshold": 0,
            **quick,
            "Dimensions": [balancer, group],
        },
    }
    for name, alarm in alarms.items():
        aws.cloudwatch.put_metric_alarm(
            AlarmName=f"{NAME}-{name}",
            Namespace="AWS/ApplicationELB",
            Period=60,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
            Tags=PAIRS,
            **alarm,
        )
