"""What the estate holds before a drill: items, documents, databases, a cache, servers."""

import json

from dr.sandbox import (
    seeds_backup,
    seeds_cache,
    seeds_carts,
    seeds_ec2,
    seeds_global,
    seeds_locked,
    seeds_rds,
    seeds_state,
)
from dr.sandbox.inventory import fake_hands
from dr.sandbox.inventory_data import PAIRS
from dr.sandbox.sim import PRIMARY, STANDBY


def seed(endpoint: str, outputs: dict[str, str]) -> None:
    """Add what Terraform does not make, whichever way the rest was made."""
    aws = fake_hands(endpoint, PRIMARY)
    west = fake_hands(endpoint, STANDBY)
    groups = seeds_rds.seed(aws, west, outputs)
    seeds_global.seed(aws, west, groups)
    seeds_cache.seed(aws, outputs)
    seeds_carts.seed(aws, west)
    seeds_locked.seed(aws, outputs)
    seeds_ec2.seed(aws, outputs)
    seeds_state.seed(west)
    for number in range(1, 21):
        aws.dynamodb.put_item(
            TableName=outputs["table"],
            Item={
                "pk": {"S": f"item-{number:03d}"},
                "title": {"S": f"Article {number}"},
                "price_cents": {"N": str(990 + 35 * number)},
                "tags": {"L": [{"S": "sample"}, {"S": "even" if number % 2 == 0 else "odd"}]},
            },
        )
    aws.dynamodb.create_backup(TableName=outputs["table"], BackupName="nightly")
    seeds_backup.seed(aws, outputs)
    aws.ssm.put_parameter(Name="/orders/bucket", Type="String", Value=outputs["bucket"], Tags=PAIRS)
    documents = {"docs/welcome.txt": "Welcome to Orders.\n"}
    for number in range(1, 21):
        documents[f"docs/terms/{number:02d}.json"] = json.dumps({"clause": number})
    for key, text in documents.items():
        aws.s3.put_object(Bucket=outputs["bucket"], Key=key, Body=text.encode())
