"""The sample estate made by boto3: the same resources as `terraform/estate`, without Terraform.

For machines that have no Terraform, and for tests. What `terraform/estate` makes and no drill
touches (roles, secrets, security groups, a parameter group) is left out here.
"""

from dataclasses import dataclass
from typing import Any

from dr.cloud.aws import Aws
from dr.sandbox.inventory_data import NAME, PAIRS, TAG, alarms, buckets, table
from dr.sandbox.sim import ACCOUNT, PRIMARY, STANDBY

DOMAIN = "dr-estate.example"
CONTROL = "http://status.dr-estate.example"
_ZONES = ("a", "b", "c")


@dataclass(frozen=True)
class Site:
    """What one Region of the estate consists of."""

    vpc: str
    app: list[str]
    data: list[str]
    target_group: str
    balancer: str
    balancer_dns: str
    balancer_zone: str
    key_arn: str


def create(endpoint: str, service_port: int) -> dict[str, str]:
    """Make the estate and return its outputs, named as Terraform's."""
    aws = {region: fake_hands(endpoint, region) for region in (PRIMARY, STANDBY)}
    primary = _region(aws[PRIMARY], "10.10", 3, service_port)
    standby = _region(aws[STANDBY], "10.20", 1, service_port)
    _databases(aws, primary, standby)
    table(aws[PRIMARY])
    made = buckets(aws)
    zone = _names(aws[PRIMARY], primary, standby, service_port)
    alarms(aws[PRIMARY], primary.balancer, primary.target_group)
    alarms(aws[STANDBY], standby.balancer, standby.target_group)
    return {
        "account_id": ACCOUNT,
        "primary_region": PRIMARY,
        "standby_region": STANDBY,
        "service_name": f"{NAME}.{DOMAIN}",
        "service_url": f"http://{NAME}.{DOMAIN}:{service_port}",
        "control_url": f"{CONTROL}:{service_port}/",
        "hosted_zone_id": zone,
        "vpc_id": primary.vpc,
        **{f"zone_{letter}": f"{PRIMARY}{letter}" for letter in _ZONES},
        "asg_name": NAME,
        "target_group_arn": primary.target_group,
        "alb_arn": primary.balancer,
        "alb_dns": primary.balancer_dns,
        "standby_vpc_id": standby.vpc,
        "standby_asg_name": NAME,
        "standby_target_group_arn": standby.target_group,
        "standby_alb_dns": standby.balancer_dns,
        "primary_url": f"http://{primary.balancer_dns}:{service_port}",
        "standby_url": f"http://{standby.balancer_dns}:{service_port}",
        "db_cluster": NAME,
        "standby_db_cluster": f"{NAME}-standby",
        "table": f"{NAME}-items",
        "table_parameter": f"/{NAME}/table",
        "bucket": made[0],
        "standby_bucket": made[1],
        "kms_key_arn": primary.key_arn,
        "alarm_name": f"{NAME}-errors",
        "failing_alarm": f"{NAME}-failing",
        "unhealthy_alarm": f"{NAME}-unhealthy",
    }


def fake_hands(endpoint: str, region: str) -> Aws:
    """Return clients for a sandbox, with credentials that are worth nothing anywhere."""
    import boto3.session

    session = boto3.session.Session(
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106
        region_name=region,
    )
    return Aws(ACCOUNT, region, endpoint=endpoint, session=session)


def _tags(kind: str, **more: str) -> Any:
    named = {"Name": NAME, **more}
    pairs = [{"Key": key, "Value": value} for key, value in named.items()]
    return [{"ResourceType": kind, "Tags": [*PAIRS, *pairs]}]


def _region(aws: Aws, network: str, desired: int, port: int) -> Site:
    vpc = aws.ec2.create_vpc(CidrBlock=f"{network}.0.0/16", TagSpecifications=_tags("vpc"))
    vpc_id = vpc["Vpc"]["VpcId"]
    app, data = (
        [
            aws.ec2.create_subnet(
                VpcId=vpc_id,
                AvailabilityZone=f"{aws.region}{letter}",
                CidrBlock=f"{network}.{first + index}.0/24",
                TagSpecifications=_tags("subnet", tier=tier),
            )["Subnet"]["SubnetId"]
            for index, letter in enumerate(_ZONES)
        ]
        for first, tier in ((0, "app"), (100, "data"))
    )
    gateway = aws.ec2.create_internet_gateway(TagSpecifications=_tags("internet-gateway"))
    aws.ec2.attach_internet_gateway(
        InternetGatewayId=gateway["InternetGateway"]["InternetGatewayId"], VpcId=vpc_id
    )
    balancer = aws.elbv2.create_load_balancer(Name=NAME, Subnets=app, Tags=PAIRS)["LoadBalancers"][
        0
    ]
    group = aws.elbv2.create_target_group(
        Name=NAME,
        VpcId=vpc_id,
        Protocol="HTTP",
        Port=port,
        HealthCheckPath="/alive",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
        Tags=PAIRS,
    )["TargetGroups"][0]["TargetGroupArn"]
    aws.elbv2.modify_target_group_attributes(
        TargetGroupArn=group,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}],
    )
    aws.elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=port,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    _fleet(aws, app, group, desired)
    key = _client(aws, "kms").create_key(
        Description=f"Database of {NAME}",
        Tags=[{"TagKey": k, "TagValue": v} for k, v in TAG.items()],
    )
    aws.ssm.put_parameter(
        Name=f"/{NAME}/table",
        Type="String",
        Value=f"{NAME}-items",
        Tags=PAIRS,
    )
    return Site(
        vpc=vpc_id,
        app=app,
        data=data,
        target_group=group,
        balancer=balancer["LoadBalancerArn"],
        balancer_dns=balancer["DNSName"],
        balancer_zone=balancer["CanonicalHostedZoneId"],
        key_arn=key["KeyMetadata"]["Arn"],
    )


def _fleet(aws: Aws, subnets: list[str], target_group: str, desired: int) -> None:
    image = aws.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    aws.ec2.create_launch_template(
        LaunchTemplateName=NAME,
        LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"},
        TagSpecifications=_tags("launch-template"),
    )
    aws.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=NAME,
        MinSize=1,
        MaxSize=6,
        DesiredCapacity=desired,
        VPCZoneIdentifier=",".join(subnets),
        TargetGroupARNs=[target_group],
        HealthCheckType="ELB",
        HealthCheckGracePeriod=120,
        LaunchTemplate={"LaunchTemplateName": NAME},
        Tags=[
            {"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in TAG.items()
        ],
    )


def _databases(aws: dict[str, Aws], primary: Site, standby: Site) -> None:
    engine = "aurora-postgresql"
    for region, site in ((PRIMARY, primary), (STANDBY, standby)):
        aws[region].rds.create_db_subnet_group(
            DBSubnetGroupName=NAME,
            DBSubnetGroupDescription=NAME,
            SubnetIds=site.data,
            Tags=PAIRS,
        )
    kept: Any = {"DBSubnetGroupName": NAME, "BackupRetentionPeriod": 7, "StorageEncrypted": True}
    source = aws[PRIMARY].rds.create_db_cluster(
        DBClusterIdentifier=NAME,
        Engine=engine,
        KmsKeyId=primary.key_arn,
        MasterUsername=NAME,
        MasterUserPassword="only-in-the-sandbox",
        DatabaseName=NAME,
        Port=5432,
        Tags=PAIRS,
        **kept,
    )
    _instances(aws[PRIMARY], NAME, engine, {f"{NAME}-1": "a", f"{NAME}-2": "b"})
    aws[STANDBY].rds.create_db_cluster(
        DBClusterIdentifier=f"{NAME}-standby",
        Engine=engine,
        KmsKeyId=standby.key_arn,
        Port=5432,
        ReplicationSourceIdentifier=source["DBCluster"]["DBClusterArn"],
        Tags=PAIRS,
        **kept,
    )
    _instances(aws[STANDBY], f"{NAME}-standby", engine, {f"{NAME}-standby-1": "a"})


def _instances(aws: Aws, cluster: str, engine: str, zones: dict[str, str]) -> None:
    for tier, (name, letter) in enumerate(zones.items()):
        aws.rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBClusterIdentifier=cluster,
            Engine=engine,
            DBInstanceClass="db.t4g.medium",
            DBSubnetGroupName=NAME,
            AvailabilityZone=f"{aws.region}{letter}",
            PromotionTier=tier,
            Tags=PAIRS,
        )


def _names(aws: Aws, primary: Site, standby: Site, port: int) -> str:
    made = aws.route53.create_hosted_zone(Name=DOMAIN, CallerReference=NAME)
    zone = made["HostedZone"]["Id"].rpartition("/")[2]
    aws.route53.change_tags_for_resource(
        ResourceType="hostedzone",
        ResourceId=zone,
        AddTags=PAIRS,
    )
    check = aws.route53.create_health_check(
        CallerReference=NAME,
        HealthCheckConfig={
            "Type": "HTTP",
            "FullyQualifiedDomainName": primary.balancer_dns,
            "Port": port,
            "ResourcePath": "/health",
            "RequestInterval": 10,
            "FailureThreshold": 3,
        },
    )["HealthCheck"]["Id"]
    aws.route53.change_tags_for_resource(
        ResourceType="healthcheck", ResourceId=check, AddTags=PAIRS
    )
    changes: list[Any] = []
    for role, site in (("PRIMARY", primary), ("SECONDARY", standby)):
        record: dict[str, Any] = {
            "Name": f"{NAME}.{DOMAIN}",
            "Type": "A",
            "SetIdentifier": {"PRIMARY": "primary", "SECONDARY": "standby"}[role],
            "Failover": role,
            "AliasTarget": {
                "DNSName": site.balancer_dns,
                "HostedZoneId": site.balancer_zone,
                "EvaluateTargetHealth": True,
            },
        }
        if role == "PRIMARY":
            record["HealthCheckId"] = check
        changes.append({"Action": "CREATE", "ResourceRecordSet": record})
    aws.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return zone


def _client(aws: Aws, service: str) -> Any:
    return aws.client(service)
