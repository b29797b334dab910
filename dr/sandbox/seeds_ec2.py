"""Two servers beside the estate's fleet, for drills of EC2 and EBS.

They are not in `terraform/estate`: an attachment and a load balancer take the provider minutes.
`orders-archive` keeps old invoices on a disk of its own, of which there is a snapshot; the service
finds it by the parameter /orders/archive, and reads the disk block by block. `orders-quotes`
calculates quotes behind an internal load balancer; its program was put on it once, is in the image
made of it, and on what is built from that. /orders/quotes says which server that was.
"""

import base64
import hashlib
import json
from typing import Any

from dr.cloud.aws import Aws
from dr.sandbox.inventory_data import NAME, PAIRS

ARCHIVE = f"{NAME}-archive"
QUOTES = f"{NAME}-quotes"
DISK = f"{ARCHIVE}-data"
DEVICE = "/dev/sdf"
ENTRIES = 3
_BLOCK = 512 * 1024  # of a snapshot, as EBS has them


def seed(aws: Aws, outputs: dict[str, str]) -> None:
    """Make both servers, with what belongs to each."""
    (subnet,) = aws.ec2.describe_subnets(
        Filters=[
            {"Name": "vpc-id", "Values": [outputs["vpc_id"]]},
            {"Name": "availability-zone", "Values": [outputs["zone_b"]]},
            {"Name": "tag:tier", "Values": ["app"]},
        ]
    )["Subnets"]
    group = aws.ec2.create_security_group(
        GroupName=f"{NAME}-servers", Description="Servers", VpcId=outputs["vpc_id"]
    )
    place = {"SubnetId": subnet["SubnetId"], "SecurityGroupIds": [group["GroupId"]]}
    _archive(aws, place)
    _quotes(aws, place, outputs)


def _archive(aws: Aws, place: Any) -> None:
    """Make the archive's server with its disk, the snapshot and the parameter."""
    written = _written(aws.client("ebs"))
    disk: Any = {"DeviceName": DEVICE, "Ebs": {"SnapshotId": written, "VolumeType": "gp3"}}
    server = _server(aws, ARCHIVE, **place, BlockDeviceMappings=[disk])
    (volume,) = aws.ec2.describe_volumes(
        Filters=[
            {"Name": "attachment.instance-id", "Values": [server]},
            {"Name": "attachment.device", "Values": [DEVICE]},
        ]
    )["Volumes"]
    aws.ec2.create_tags(Resources=[volume["VolumeId"]], Tags=_named(DISK))
    aws.ec2.create_snapshot(
        VolumeId=volume["VolumeId"],
        Description="nightly",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": _named(f"{ARCHIVE}-nightly")}],
    )
    aws.ssm.put_parameter(Name=f"/{NAME}/archive", Type="String", Value=server, Tags=PAIRS)


def _quotes(aws: Aws, place: Any, outputs: dict[str, str]) -> None:
    """Make the quotes' server, its image, and the load balancer and target group before it.

    The balancer is one of its own: behind the estate's, a group without a healthy target would
    have Route 53 give up the whole Region.
    """
    server = _server(aws, QUOTES, **place)
    aws.ec2.create_image(
        InstanceId=server,
        Name=f"{QUOTES}-2026-10",
        TagSpecifications=[{"ResourceType": "image", "Tags": _named(QUOTES)}],
    )
    group = aws.elbv2.create_target_group(
        Name=QUOTES,
        VpcId=outputs["vpc_id"],
        Protocol="HTTP",
        Port=80,
        HealthCheckPath="/alive",
        Tags=PAIRS,
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer = aws.elbv2.create_load_balancer(
        Name=QUOTES, Subnets=[place["SubnetId"]], Scheme="internal", Tags=PAIRS
    )["LoadBalancers"][0]["LoadBalancerArn"]
    aws.elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    aws.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": server}])
    aws.ssm.put_parameter(Name=f"/{NAME}/quotes", Type="String", Value=server, Tags=PAIRS)


def _server(aws: Aws, name: str, **more: Any) -> str:
    made = aws.ec2.run_instances(
        ImageId=_image(aws),
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": _named(name)}],
        **more,
    )
    return made["Instances"][0]["InstanceId"]


def _written(ebs: Any) -> str:
    """Write what is on the disk, block by block, into a snapshot; return its id."""
    snapshot: str = ebs.start_snapshot(VolumeSize=1, Description="written by hand")["SnapshotId"]
    pages = [{"status": "ok", "entries": ENTRIES}]
    pages += [{"invoice": number, "cents": 990 + 35 * number} for number in range(1, ENTRIES + 1)]
    for number, page in enumerate(pages):
        data = json.dumps(page).encode().ljust(_BLOCK, b"\0")
        ebs.put_snapshot_block(
            SnapshotId=snapshot,
            BlockIndex=number,
            BlockData=data,
            DataLength=_BLOCK,
            Checksum=base64.b64encode(hashlib.sha256(data).digest()).decode(),
            ChecksumAlgorithm="SHA256",
        )
    ebs.complete_snapshot(SnapshotId=snapshot, ChangedBlocksCount=len(pages))
    return snapshot


def _image(aws: Aws) -> str:
    """Return the image of the fleet's instances: looking for another one takes long."""
    pages = aws.ec2.describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
    )
    return pages["Reservations"][0]["Instances"][0]["ImageId"]


def _named(name: str) -> Any:
    return [*PAIRS, {"Key": "Name", "Value": name}]
