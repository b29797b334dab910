"""The Terraform state of the orders service as its deployment pipeline keeps it, for drills of it.

A small one, with a resource or two, and with its older versions; in a versioned bucket in the
standby Region, with a lock beside it while somebody is at work (`use_lockfile`). It is not the
state with which the estate of a sandbox was applied: that one stays beside the sandbox's files.
"""

import json

from dr.cloud.aws import Aws
from dr.sandbox.inventory_data import NAME, PAIRS

BUCKET = f"{NAME}-terraform-state"
KEY = "estate/terraform.tfstate"
LINEAGE = "2f0c7d1e-6a53-4b0e-9f7d-0c1b7a9e4d21"
SERIAL = 3


def seed(aws: Aws) -> None:
    """Make the bucket, and write the state as often as it has been applied."""
    aws.s3.create_bucket(
        Bucket=BUCKET,
        CreateBucketConfiguration={"LocationConstraint": aws.region},  # type: ignore[typeddict-item]
    )
    aws.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    aws.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": PAIRS})
    for serial in range(1, SERIAL + 1):
        aws.s3.put_object(Bucket=BUCKET, Key=KEY, Body=json.dumps(_state(serial)).encode())


def _state(serial: int) -> dict[str, object]:
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": serial,
        "lineage": LINEAGE,
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": "terraform_data",
                "name": f"release_{number}",
                "provider": 'provider["terraform.io/builtin/terraform"]',
                "instances": [{"schema_version": 0, "attributes": {"id": str(number)}}],
            }
            for number in range(serial)
        ],
        "check_results": None,
    }
