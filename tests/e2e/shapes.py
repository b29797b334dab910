"""What an estate is made of, as the API tells it, without what is accidental: ids, ARNs, dates.

The sandbox makes more than the estate, for drills of what takes Terraform too long: all of that has
names of its own, and is left out here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dr.cloud.aws import Aws

NAME = "orders"  # `name` of terraform/estate
Tags = dict[str, str]


def shape(east: Aws, west: Aws) -> dict[str, Any]:
    """Return all that drills, probes and people can tell apart of an estate."""
    return {
        **{f"{aws.region} {name}": value for aws in (east, west) for name, value in _region(aws)},
        "table": _table(east),
        "buckets": {aws.region: _bucket(aws) for aws in (east, west)},
        "names": _names(east),
        "alarms": {aws.region: _alarms(aws) for aws in (east, west)},
    }


def tags(listed: Iterable[Mapping[str, Any]]) -> Tags:
    """Return tags but the name, which only people read."""
    found = {tag["Key"]: tag["Value"] for tag in listed if tag["Key"] != "Name"}
    return dict(sorted(found.items()))


def _picked(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: found.get(name) for name in names}


def _region(aws: Aws) -> list[tuple[str, Any]]:
    return [
        ("network", _network(aws)),
        ("balancer", _balancer(aws)),
        ("fleet", _fleet(aws)),
        ("database", _database(aws)),
        ("parameter", _parameter(aws)),
    ]


def _vpc(aws: Aws) -> Mapping[str, Any]:
    (vpc,) = [v for v in aws.ec2.describe_vpcs()["Vpcs"] if not v.get("IsDefault")]
    return vpc


def _subnets(aws: Aws) -> dict[str, Any]:
    found = aws.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [_vpc(aws)["VpcId"]]}])
    return {s["SubnetId"]: s for s in found["Subnets"]}


def _network(aws: Aws) -> Any:
    vpc, subnets = _vpc(aws), _subnets(aws).values()
    return {
        "vpc": (vpc["CidrBlock"], tags(vpc["Tags"])),
        "subnets": sorted(
            (s["CidrBlock"], s["AvailabilityZone"], tags(s["Tags"])) for s in subnets
        ),
    }


def _balancer(aws: Aws) -> Any:
    (balancer,) = aws.elbv2.describe_load_balancers(Names=[NAME])["LoadBalancers"]
    (group,) = aws.elbv2.describe_target_groups(Names=[NAME])["TargetGroups"]
    arn = balancer["LoadBalancerArn"]
    (listener,) = aws.elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
    tagged = aws.elbv2.describe_tags(ResourceArns=[arn, group["TargetGroupArn"]])
    attributes = aws.elbv2.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])
    return {
        "balancer": _picked(balancer, "LoadBalancerName", "Scheme", "Type"),
        "zones": sorted(zone["ZoneName"] for zone in balancer["AvailabilityZones"]),
        "group": _picked(
            group,
            *("TargetGroupName", "Protocol", "Port", "HealthCheckPath", "HealthCheckProtocol"),
            *("HealthCheckPort", "HealthCheckIntervalSeconds", "HealthCheckTimeoutSeconds"),
            *("HealthyThresholdCount", "UnhealthyThresholdCount", "TargetType", "Matcher"),
        ),
        "delay": {
            a["Key"]: a["Value"]
            for a in attributes["Attributes"]
            if a["Key"] == "deregistration_delay.timeout_seconds"
        },
        "listener": _picked(listener, "Port", "Protocol"),
        "leads": [
            (action["Type"], action.get("TargetGroupArn") == group["TargetGroupArn"])
            for action in listener["DefaultActions"]
        ],
        "tags": [tags(one["Tags"]) for one in tagged["TagDescriptions"]],
    }


def _fleet(aws: Aws) -> Any:
    (group,) = aws.autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    subnets = _subnets(aws)
    reservations = aws.ec2.describe_instances()["Reservations"]
    return {
        **_picked(
            group,
            *("AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity"),
            *("HealthCheckType", "HealthCheckGracePeriod"),
        ),
        "zones": sorted(
            subnets[name]["AvailabilityZone"] for name in group["VPCZoneIdentifier"].split(",")
        ),
        "groups": len(group["TargetGroupARNs"]),
        "tags": tags(group["Tags"]),
        "kept": all(tag["PropagateAtLaunch"] for tag in group["Tags"]),
        "instances": [
            (i["InstanceType"], tags(t for t in i["Tags"] if ":" not in t["Key"]))
            for reservation in reservations
            for i in reservation["Instances"]
            if i["State"]["Name"] == "running" and _of_fleet(i)
        ],
    }


def _of_fleet(instance: Mapping[str, Any]) -> bool:
    return any(tag["Key"] == "aws:autoscaling:groupName" for tag in instance["Tags"])


def _database(aws: Aws) -> Any:
    (cluster,) = [
        c
        for c in aws.rds.describe_db_clusters()["DBClusters"]
        if c["DBClusterIdentifier"] in {NAME, f"{NAME}-standby"}
    ]
    instances = aws.rds.describe_db_instances()["DBInstances"]
    return {
        **_picked(
            cluster,
            *("DBClusterIdentifier", "Engine", "EngineVersion", "Port", "StorageEncrypted"),
            *("BackupRetentionPeriod", "DBSubnetGroup"),
        ),
        "source": (cluster.get("ReplicationSourceIdentifier") or "").rpartition(":")[2],
        # Which one is accidental: Terraform makes them at the same time, the first is the writer.
        "writers": sum(m["IsClusterWriter"] for m in cluster["DBClusterMembers"]),
        "tags": tags(cluster["TagList"]),
        "instances": sorted(
            (
                i["DBInstanceIdentifier"],
                i["AvailabilityZone"],
                i["DBInstanceClass"],
                i["Engine"],
                i.get("PromotionTier"),
                sorted(tags(i["TagList"]).items()),
            )
            for i in instances
        ),
    }


def _parameter(aws: Aws) -> Any:
    name = f"/{NAME}/table"
    found = aws.ssm.get_parameter(Name=name)["Parameter"]
    listed = aws.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    return _picked(found, "Type", "Value"), tags(listed["TagList"])


def _table(aws: Aws) -> Any:
    name = aws.ssm.get_parameter(Name=f"/{NAME}/table")["Parameter"]["Value"]
    found = aws.dynamodb.describe_table(TableName=name)["Table"]
    backups = aws.dynamodb.describe_continuous_backups(TableName=name)
    listed = aws.dynamodb.list_tags_of_resource(ResourceArn=found["TableArn"])
    status = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return {
        "name": name,
        **_picked(found, "KeySchema", "AttributeDefinitions"),
        "billing": found["BillingModeSummary"]["BillingMode"],
        "recovery": status["PointInTimeRecoveryStatus"],
        "tags": tags(listed["Tags"]),
    }


def _bucket(aws: Aws) -> Any:
    (name,) = [
        b["Name"] for b in aws.s3.list_buckets()["Buckets"] if b["Name"].endswith(aws.region)
    ]
    found: dict[str, Any] = {
        "name": name,
        "versions": aws.s3.get_bucket_versioning(Bucket=name).get("Status"),
        "tags": tags(aws.s3.get_bucket_tagging(Bucket=name)["TagSet"]),
        "closed": aws.s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
    }
    if aws.region == "us-east-1":
        (rule,) = aws.s3.get_bucket_replication(Bucket=name)["ReplicationConfiguration"]["Rules"]
        found["replication"] = (
            _picked(rule, "ID", "Status", "DeleteMarkerReplication"),
            rule["Destination"]["Bucket"],
        )
    return found


def _names(aws: Aws) -> Any:
    (zone,) = aws.route53.list_hosted_zones()["HostedZones"]
    records = aws.route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (check,) = aws.route53.list_health_checks()["HealthChecks"]
    zone_id = zone["Id"].rpartition("/")[2]
    listed = aws.route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone_id)
    return {
        "zone": (zone["Name"], tags(listed["ResourceTagSet"]["Tags"])),
        "records": {
            record["SetIdentifier"]: {
                **_picked(record, "Name", "Type", "Failover"),
                "checked": record.get("HealthCheckId") == check["Id"],
                "evaluates": record["AliasTarget"]["EvaluateTargetHealth"],
            }
            for record in records
            if record["Type"] == "A"
        },
        "check": _picked(
            check["HealthCheckConfig"],
            *("Type", "Port", "ResourcePath", "RequestInterval", "FailureThreshold"),
        ),
    }


def _alarms(aws: Aws) -> Any:
    found = aws.cloudwatch.describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"]: _alarm(aws, alarm) for alarm in found}


def _alarm(aws: Aws, alarm: Mapping[str, Any]) -> Any:
    listed = aws.cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])
    return {
        **_picked(
            alarm,
            *("Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods"),
            *("DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData"),
        ),
        "dimensions": sorted(dimension["Name"] for dimension in alarm["Dimensions"]),
        "tags": tags(listed["Tags"]),
    }
