"""What moto alone does, and what we make of it: an executable table.

Each line is one lie or gap that a patch of ours is there for, shown on plain moto in a process of
its own. When a line fails after a moto upgrade, moto has learnt it: drop the patch or adapt it.
"""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.sandbox

_PLAIN = r"""
import datetime, json
import boto3
from moto import mock_aws

found = {}
with mock_aws():
    def client(name, region="us-east-1"):
        return boto3.client(name, region, aws_access_key_id="t", aws_secret_access_key="t")
    rds, ec2, asg, elb = (client(n) for n in ("rds", "ec2", "autoscaling", "elbv2"))
    ddb, s3 = client("dynamodb"), client("s3")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24",
                          AvailabilityZone=f"us-east-1{z}")["Subnet"]["SubnetId"]
        for i, z in enumerate("abc")
    ]
    rds.create_db_subnet_group(DBSubnetGroupName="g", DBSubnetGroupDescription="g",
                               SubnetIds=subnets)
    rds.create_db_cluster(DBClusterIdentifier="c", Engine="aurora-postgresql",
                          MasterUsername="orders", MasterUserPassword="not-a-secret",
                          DBSubnetGroupName="g")
    for n in (1, 2):
        rds.create_db_instance(DBInstanceIdentifier=f"c-{n}", DBClusterIdentifier="c",
                               Engine="aurora-postgresql", DBInstanceClass="db.t4g.medium")
    instances = rds.describe_db_instances()["DBInstances"]
    found["distinct resource ids"] = len({i["DbiResourceId"] for i in instances})
    found["distinct zones"] = len({i["AvailabilityZone"] for i in instances})
    rds.describe_db_clusters()
    found["status of a failover"] = rds.failover_db_cluster(DBClusterIdentifier="c")[
        "DBCluster"]["Status"]
    rds.reboot_db_instance(DBInstanceIdentifier="c-1", ForceFailover=True)
    found["status of a reboot"] = rds.describe_db_instances(DBInstanceIdentifier="c-1")[
        "DBInstances"][0]["DBInstanceStatus"]
    try:
        client("rds", "us-west-2").create_db_cluster(
            DBClusterIdentifier="r", Engine="aurora-postgresql",
            ReplicationSourceIdentifier="arn:aws:rds:us-east-1:123456789012:cluster:c")
        found["replica without a user"] = "accepted"
    except Exception as error:
        found["replica without a user"] = error.response["Error"]["Code"]
    rds.create_db_instance(
        DBInstanceIdentifier="i", Engine="postgres", DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20, MasterUsername="orders", MasterUserPassword="not-a-secret",
        MultiAZ=True, BackupRetentionPeriod=7, DBSubnetGroupName="g",
        VpcSecurityGroupIds=[ec2.create_security_group(
            GroupName="s", Description="s", VpcId=vpc)["GroupId"]])
    def described(name, where=rds):
        return where.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    found["zone of a standby"] = described("i").get("SecondaryAvailabilityZone")
    west = client("rds", "us-west-2")
    west.create_db_instance_read_replica(
        DBInstanceIdentifier="far", SourceRegion="us-east-1",
        SourceDBInstanceIdentifier="arn:aws:rds:us-east-1:123456789012:db:i")
    found["zone of a replica in us-west-2"] = described("far", west)["AvailabilityZone"]
    found["status of what was stopped with a replica"] = rds.stop_db_instance(
        DBInstanceIdentifier="i")["DBInstance"]["DBInstanceStatus"]
    rds.start_db_instance(DBInstanceIdentifier="i")
    west.promote_read_replica(DBInstanceIdentifier="far")
    found["a promoted replica still has a source"] = (
        "ReadReplicaSourceDBInstanceIdentifier" in described("far", west))
    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="i", TargetDBInstanceIdentifier="again",
        RestoreTime=datetime.datetime(2051, 1, 1, tzinfo=datetime.timezone.utc))
    again = described("again")
    found["status of an instance restored to a moment to come"] = again["DBInstanceStatus"]
    found["a restored instance has a source"] = again[
        "ReadReplicaSourceDBInstanceIdentifier"]
    found["a restored instance keeps its security groups"] = (
        again["VpcSecurityGroups"] == described("i")["VpcSecurityGroups"])
    ddb.create_table(TableName="table", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                     AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                     BillingMode="PAY_PER_REQUEST")
    ddb.put_item(TableName="table", Item={"pk": {"S": "late"}})
    ddb.restore_table_to_point_in_time(
        SourceTableName="table", TargetTableName="again",
        RestoreDateTime=datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc))
    found["items at a moment before the table"] = ddb.scan(TableName="again")["Count"]
    found["status of a restored table"] = ddb.describe_table(TableName="again")["Table"][
        "TableStatus"]
    for bucket in ("a", "b"):
        s3.create_bucket(Bucket=f"bucket-{bucket}")
        s3.put_bucket_versioning(Bucket=f"bucket-{bucket}",
                                 VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(Bucket="bucket-a", ReplicationConfiguration={
        "Role": "arn:aws:iam::123456789012:role/r", "Rules": [{
            "ID": "r", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::bucket-b"}}]})
    s3.put_object(Bucket="bucket-a", Key="k", Body=b"x")
    found["replication status"] = s3.head_object(Bucket="bucket-a", Key="k").get(
        "ReplicationStatus")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ec2.create_launch_template(LaunchTemplateName="lite",
                               LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"})
    arn = elb.create_target_group(Name="tg", VpcId=vpc, Protocol="HTTP", Port=80)[
        "TargetGroups"][0]["TargetGroupArn"]
    asg.create_auto_scaling_group(AutoScalingGroupName="g", MinSize=0, MaxSize=9,
                                  DesiredCapacity=3, VPCZoneIdentifier=",".join(subnets),
                                  TargetGroupARNs=[arn],
                                  LaunchTemplate={"LaunchTemplateName": "lite"})
    def group():
        return asg.describe_auto_scaling_groups()["AutoScalingGroups"][0]["Instances"]
    found["subnets of three instances"] = len({
        i["SubnetId"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]})
    found["health of a new target"] = elb.describe_target_health(TargetGroupArn=arn)[
        "TargetHealthDescriptions"][0]["TargetHealth"]["State"]
    before = {i["InstanceId"] for i in group()}
    asg.update_auto_scaling_group(AutoScalingGroupName="g", VPCZoneIdentifier=subnets[2])
    found["instances that left a removed subnet"] = len(before - {
        i["InstanceId"] for i in group()})
    asg.suspend_processes(AutoScalingGroupName="g", ScalingProcesses=["Launch"])
    asg.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=4)
    found["instances launched while that is suspended"] = len(group()) - 3
    watch = client("cloudwatch")
    watch.put_metric_alarm(AlarmName="a", Namespace="AWS/ApplicationELB", Statistic="Maximum",
                           MetricName="UnHealthyHostCount", Period=60, EvaluationPeriods=1,
                           Threshold=0, ComparisonOperator="GreaterThanThreshold")
    found["state of a new alarm"] = watch.describe_alarms()["MetricAlarms"][0]["StateValue"]
    try:
        watch.describe_alarm_history(AlarmName="a")
        found["history of an alarm"] = "there is one"
    except NotImplementedError:
        found["history of an alarm"] = "not there"
print(json.dumps(found))
"""

# (what is looked at, what moto alone says, the patch that is there for it)
_TABLE: list[tuple[str, Any, str]] = [
    ("distinct resource ids", 1, "rds"),
    ("distinct zones", 1, "rds"),
    ("status of a failover", "available", "rds"),
    ("status of a reboot", "available", "rds_instances"),
    ("zone of a standby", None, "rds_instances"),
    ("zone of a replica in us-west-2", "us-east-1a", "rds_instances"),
    ("a promoted replica still has a source", True, "rds_instances"),
    ("status of an instance restored to a moment to come", "available", "rds_restores"),
    ("status of what was stopped with a replica", "stopped", "rds_instances"),
    ("a restored instance has a source", "i", "rds_restores"),
    ("a restored instance keeps its security groups", True, "rds_restores"),
    ("replica without a user", "InvalidParameterValue", "rds"),
    ("items at a moment before the table", 1, "dynamodb"),
    ("status of a restored table", "ACTIVE", "dynamodb"),
    ("replication status", None, "s3"),
    ("subnets of three instances", 1, "autoscaling"),
    ("instances that left a removed subnet", 0, "autoscaling"),
    ("instances launched while that is suspended", 1, "autoscaling"),
    ("health of a new target", "healthy", "elbv2"),
    ("state of a new alarm", "OK", "cloudwatch"),
    ("history of an alarm", "not there", "cloudwatch"),
]


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """Return what plain moto says, from a process that our patches have not touched."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_"))}
    done = subprocess.run(
        [sys.executable, "-c", _PLAIN], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("looked_at", "said", "patch"), _TABLE)
def test_moto_alone_still_needs_the_patch(
    plain: dict[str, Any], looked_at: str, said: object, patch: str
) -> None:
    assert plain[looked_at] == said, f"moto has changed: look at dr/sandbox/patches/{patch}.py"


def test_the_table_has_a_line_for_everything_that_is_looked_at(plain: dict[str, Any]) -> None:
    assert set(plain) == {looked_at for looked_at, _, _ in _TABLE}


def test_a_patch_over_a_method_that_is_gone_says_so() -> None:
    from dr.sandbox.patches.patching import PatchMisses, patch, patch_property
    from dr.sandbox.sim import Sim
    from dr.sandbox.world import Times

    class Moved:
        """A class of moto's that has changed."""

    sim = Sim(Times(), lambda what, about, **facts: None)
    with pytest.raises(PatchMisses, match="no method gone"):
        patch(sim, Moved, "gone", lambda *_: None)
    with pytest.raises(PatchMisses, match="no property gone"):
        patch_property(sim, Moved, "gone", lambda *_: None)
