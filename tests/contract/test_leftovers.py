"""dr.cloud.left_acls, left_instances, left_tables: what is found, held and put back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr.actions.ec2_zone_blackhole import Ec2ZoneBlackhole, Params
from dr.cloud import left_acls, left_instances, left_tables
from dr.cloud.leftover import Leftover
from dr.model.errors import Refused
from dr.testing import INTENT, Stage
from tests.contract.database_instances import make

LIFE = timedelta(hours=24)
RESTORED = "orders-dr-0123456789"


def _network(stage: Stage) -> tuple[str, str, str]:
    """Make a VPC with a subnet under an ACL of its own; return the three."""
    ec2 = stage.admin("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=f"{stage.region}a"
    )["Subnet"]["SubnetId"]
    own = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    _move(stage, subnet, own)
    return vpc, subnet, own


def _acl_of(stage: Stage, subnet: str) -> tuple[str, str]:
    for acl in stage.admin("ec2").describe_network_acls()["NetworkAcls"]:
        for one in acl["Associations"]:
            if one["SubnetId"] == subnet:
                return acl["NetworkAclId"], one["NetworkAclAssociationId"]
    raise LookupError(subnet)


def _move(stage: Stage, subnet: str, acl: str) -> None:
    stage.admin("ec2").replace_network_acl_association(
        AssociationId=_acl_of(stage, subnet)[1], NetworkAclId=acl
    )


def _dark(stage: Stage, vpc: str) -> Leftover:
    stage.do(Ec2ZoneBlackhole(), Params(vpc=vpc, zone=f"{stage.region}a"))
    (found,) = left_acls.find(stage.hand)
    return found


def test_an_acl_tells_its_run_and_when_it_expires(stage: Stage) -> None:
    vpc, subnet, _ = _network(stage)

    found = _dark(stage, vpc)

    assert (found.kind, found.run) == (left_acls.KIND, INTENT.run)
    assert found.expires == datetime.fromisoformat(INTENT.expires)
    assert subnet in found.does


def test_a_subnet_goes_back_under_the_acl_it_had(stage: Stage) -> None:
    vpc, subnet, own = _network(stage)

    _dark(stage, vpc).remove()

    assert _acl_of(stage, subnet)[0] == own
    assert left_acls.find(stage.hand) == []


def test_a_subnet_whose_old_acl_is_gone_goes_under_the_default_one(stage: Stage) -> None:
    vpc, subnet, own = _network(stage)
    left = _dark(stage, vpc)
    stage.admin("ec2").delete_network_acl(NetworkAclId=own)

    left.remove()

    under = _acl_of(stage, subnet)[0]
    (acl,) = stage.admin("ec2").describe_network_acls(NetworkAclIds=[under])["NetworkAcls"]
    assert acl["IsDefault"]


def test_removing_twice_is_removing_once(stage: Stage) -> None:
    left = _dark(stage, _network(stage)[0])
    left.remove()

    left.remove()


def test_acls_of_others_are_not_found(stage: Stage) -> None:
    _network(stage)

    assert left_acls.find(stage.hand) == []


def _table(stage: Stage, name: str, items: tuple[str, ...]) -> Any:
    client = stage.admin("dynamodb")
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in items:
        client.put_item(TableName=name, Item={"pk": {"S": item}, "by": {"S": name}})
    return client


def _restored(stage: Stage, lost: tuple[str, ...] = ()) -> Any:
    """Have a table, one restored from it, and items that are lost since."""
    client = _table(stage, "orders", ("a", "b", "dr-mark#x-0001#1"))
    client.update_continuous_backups(
        TableName="orders",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    client.restore_table_to_point_in_time(
        SourceTableName="orders", TargetTableName=RESTORED, UseLatestRestorableTime=True
    )
    for item in lost:
        client.delete_item(TableName="orders", Key={"pk": {"S": item}})
    return client


def _find(stage: Stage, *, put_back: bool = False) -> Leftover:
    (found,) = left_tables.find(stage.hand, LIFE, put_back=put_back)
    return found


def test_a_restored_table_that_holds_nothing_of_its_own_may_go(stage: Stage) -> None:
    client = _restored(stage)

    found = _find(stage)

    assert (found.id, found.held) == (RESTORED, "")
    assert found.expires is not None
    assert found.expires > datetime.now(UTC)
    found.remove()
    assert client.list_tables()["TableNames"] == ["orders"]


def test_a_table_that_has_the_only_copy_of_items_is_held(stage: Stage) -> None:
    _restored(stage, lost=("a",))

    assert "has 1 items that orders lacks" in _find(stage).held


def test_items_are_put_back_and_those_that_are_there_stay_as_they_are(stage: Stage) -> None:
    client = _restored(stage, lost=("a",))
    client.put_item(TableName="orders", Item={"pk": {"S": "b"}, "by": {"S": "a customer"}})

    _find(stage, put_back=True).remove()

    items = {i["pk"]["S"]: i["by"]["S"] for i in client.scan(TableName="orders")["Items"]}
    assert items["a"] == "orders"
    assert items["b"] == "a customer"


def test_marks_that_are_gone_are_no_items_to_put_back(stage: Stage) -> None:
    _restored(stage, lost=("dr-mark#x-0001#1",))

    assert _find(stage).held == ""


def test_a_parameter_that_was_cut_over_is_set_back(stage: Stage) -> None:
    _restored(stage)
    ssm = stage.admin("ssm")
    ssm.put_parameter(Name="/orders/table", Value="orders", Type="String")
    ssm.put_parameter(Name="/orders/table", Value=RESTORED, Overwrite=True)

    found = _find(stage)
    assert "sets /orders/table back to orders" in found.does
    found.remove()

    assert ssm.get_parameter(Name="/orders/table")["Parameter"]["Value"] == "orders"


def test_a_table_that_is_in_use_is_held(stage: Stage) -> None:
    """A parameter that never named the old table was not cut over by a drill."""
    _restored(stage)
    stage.admin("ssm").put_parameter(Name="/reports/table", Value=RESTORED, Type="String")

    assert "/reports/table" in _find(stage).held


def test_a_table_whose_source_is_gone_is_held(stage: Stage) -> None:
    client = _restored(stage)
    client.delete_table(TableName="orders")

    assert "cannot be compared" in _find(stage).held


def test_a_table_with_such_a_name_that_was_not_restored_is_nobodys_leftover(stage: Stage) -> None:
    _table(stage, RESTORED, ("a",))

    assert left_tables.find(stage.hand, LIFE, put_back=True) == []


INSTANCE = "ledger-dr-0123456789"


def _restored_instance(stage: Stage) -> Any:
    rds = stage.admin("rds")
    make(stage)
    make(stage, INSTANCE)
    arn = rds.describe_db_instances(DBInstanceIdentifier=INSTANCE)["DBInstances"][0]
    rds.add_tags_to_resource(
        ResourceName=arn["DBInstanceArn"],
        Tags=[{"Key": key, "Value": value} for key, value in INTENT.tags().items()],
    )
    return rds


def test_a_restored_instance_may_go_and_what_points_at_it_is_pointed_back(stage: Stage) -> None:
    rds, ssm = _restored_instance(stage), stage.admin("ssm")
    ssm.put_parameter(Name="/orders/ledger", Value="ledger", Type="String")
    ssm.put_parameter(Name="/orders/ledger", Value=INSTANCE, Overwrite=True)

    (found,) = left_instances.find(stage.hand)
    assert (found.id, found.run, found.held) == (INSTANCE, INTENT.run, "")
    assert "sets /orders/ledger back to ledger" in found.does
    found.remove()

    assert ssm.get_parameter(Name="/orders/ledger")["Parameter"]["Value"] == "ledger"
    left = rds.describe_db_instances()["DBInstances"]
    assert [one["DBInstanceIdentifier"] for one in left] == ["ledger"]


def test_an_instance_in_use_is_held_while_there_is_nothing_to_go_back_to(stage: Stage) -> None:
    rds, ssm = _restored_instance(stage), stage.admin("ssm")
    ssm.put_parameter(Name="/orders/ledger", Value="ledger", Type="String")
    ssm.put_parameter(Name="/orders/ledger", Value=INSTANCE, Overwrite=True)
    rds.stop_db_instance(DBInstanceIdentifier="ledger")
    assert "ledger is not available" in left_instances.find(stage.hand)[0].held

    ssm.put_parameter(Name="/reports/ledger", Value=INSTANCE, Type="String")
    assert "/reports/ledger names it" in left_instances.find(stage.hand)[0].held


def test_an_instance_that_is_not_tagged_is_nobodys_leftover(stage: Stage) -> None:
    make(stage, INSTANCE)

    assert left_instances.find(stage.hand) == []


def test_no_other_table_is_ever_deleted(stage: Stage) -> None:
    left = left_tables._Left("orders", "x", True, datetime.now(UTC), 0, ())

    with pytest.raises(Refused):
        left_tables._remove(stage.hand, left)
