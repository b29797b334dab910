"""Secrets of Secrets Manager, as DescribeSecret shows them; never their values.

Source:  AWS Secrets Manager API Reference, DescribeSecret (DeletedDate, OwningService,
         PrimaryRegion, ReplicationStatus).
"""

from pydantic import Field

from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.errors import Refused


class Secret(Record):
    arn: str = Field(description="ARN of the secret.")
    deleted: bool = Field(description="Whether it is marked for deletion.")
    owner: str | None = Field(description="Service that manages it, if one does.")
    replicated: bool = Field(description="Whether it is a replica or has replicas.")
    tags: dict[str, str] = Field(description="Its tags.")


def look(aws: Aws, secret: str) -> Secret:
    """Read what is known of a secret. Raises Refused if there is none."""
    client = aws.secretsmanager
    try:
        found = client.describe_secret(SecretId=secret)
    except client.exceptions.ResourceNotFoundException as error:
        raise Refused(f"secret {secret} does not exist in {aws.region}") from error
    return Secret(
        arn=found["ARN"],
        deleted="DeletedDate" in found,
        owner=found.get("OwningService"),
        replicated=bool(found.get("ReplicationStatus"))
        or found.get("PrimaryRegion") not in {None, "", aws.region},
        tags={tag["Key"]: tag.get("Value", "") for tag in found.get("Tags", []) if "Key" in tag},
    )
