"""Machine images (AMIs), as DescribeImages shows them.

Source:  Amazon EC2 API Reference, DescribeImages (Owners, ImageIds, filter `name`), Image (state).
"""

import re
from typing import TYPE_CHECKING

from pydantic import Field

from dr.cloud import ec2_named
from dr.cloud.aws import Aws

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import ImageTypeDef

LOOK = ("ec2:DescribeImages",)
AVAILABLE = "available"
_ID = re.compile(r"ami-[0-9a-f]{8,17}")


class Image(ec2_named.Named):
    """One image; its name is one of its own, not the tag."""

    state: str = Field(description="available, pending, failed, …")
    created: str = Field(description="When it was made, RFC 3339 in UTC.")


def look(aws: Aws, image: str) -> tuple[Image, ...]:
    """Read the image with an id, or those of this account with a name (wildcards are for EC2)."""
    client = aws.ec2
    if not _ID.fullmatch(image):
        asked = client.get_paginator("describe_images").paginate(
            Owners=["self"], Filters=[{"Name": "name", "Values": [image]}]
        )
        return tuple(_image(one) for page in asked for one in page["Images"])
    try:
        found = client.describe_images(ImageIds=[image])["Images"]
    except client.exceptions.ClientError as error:
        if error.response.get("Error", {}).get("Code") != "InvalidAMIID.NotFound":
            raise
        return ()
    return tuple(map(_image, found))


def _image(found: "ImageTypeDef") -> Image:
    return Image(
        id=found["ImageId"],
        name=found.get("Name", ""),
        state=found["State"],
        created=found.get("CreationDate", ""),
        tags=ec2_named.tags_of(found.get("Tags", [])),
    )
