"""The global table of the carts, with a replica in each Region that the Region's service writes to.

It is not in `terraform/estate`, whose table has no replicas. The service reads its name from the
parameter /orders/carts, and answers /carts/health by writing the item `health`.
"""

from dr.cloud.aws import Aws
from dr.sandbox.carts import CARTS, HEALTH
from dr.sandbox.inventory_data import NAME, PAIRS


def seed(east: Aws, west: Aws) -> None:
    """Make the table, its replica and the parameters."""
    east.dynamodb.create_table(
        TableName=CARTS,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        Tags=PAIRS,
    )
    east.dynamodb.put_item(TableName=CARTS, Item={"pk": {"S": HEALTH}})
    east.dynamodb.update_table(
        TableName=CARTS, ReplicaUpdates=[{"Create": {"RegionName": west.region}}]
    )
    for aws in (east, west):
        aws.ssm.put_parameter(Name=f"/{NAME}/carts", Type="String", Value=CARTS, Tags=PAIRS)
