"""Actions with nothing but the policy of their drill, before an IAM that enforces it.

The simulator knows permissions, not the resources of most of them: those are held against each
call in `test_policy_of_drills`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from botocore.exceptions import ClientError
from moto.core.authorization import enable_iam_authentication

from dr.actions.dynamodb_restore_point_in_time import DynamodbRestorePointInTime
from dr.actions.dynamodb_restore_point_in_time import Params as Restore
from dr.actions.ec2_zone_blackhole import Ec2ZoneBlackhole
from dr.actions.ec2_zone_blackhole import Params as Blackhole
from dr.actions.rds_failover import Params as Failover
from dr.actions.rds_failover import RdsFailover
from dr.cli.catalogue import kinds
from dr.cloud.aws import Aws
from dr.core.parse import parse
from dr.core.planning import plan as plan_of
from dr.core.policy import policies
from dr.testing import ACCOUNT, REGION, Stage
from tests.contract.test_dynamodb_restore_point_in_time import a_table
from tests.contract.test_ec2_zone_blackhole import Net
from tests.contract.test_rds_failover import a_cluster

DRILLS = Path(__file__).parents[2] / "drills"


def _cluster(stage: Stage) -> Failover:
    a_cluster(stage, "orders-a", "orders-b")
    return Failover(cluster="orders")


def _table(stage: Stage) -> Restore:
    a_table(stage)
    return Restore(table="orders")


def _network(stage: Stage) -> Blackhole:
    return Blackhole(vpc=Net(stage).vpc, zone=f"{REGION}a")


CASES: dict[str, tuple[Any, Callable[[Stage], Any], str]] = {
    "rds-failover": (RdsFailover(), _cluster, "rds:FailoverDBCluster"),
    "dynamodb-restore": (
        DynamodbRestorePointInTime(),
        _table,
        "dynamodb:RestoreTableToPointInTime",
    ),
    "zone-loss": (Ec2ZoneBlackhole(), _network, "ec2:ReplaceNetworkAclAssociation"),
}


def _permitted(stage: Stage, name: str, without: str = "") -> Stage:
    """Return hands of a user who may do what the drill's policy says, less one permission."""
    plan = plan_of(parse((DRILLS / f"{name}.yaml").read_text(), name), kinds())
    policy = policies(plan, kinds()).by_site["primary"]
    for statement in policy["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != without] or ["a:None"]
        statement["Resource"] = "*"
    iam = stage.admin("iam")
    iam.create_user(UserName="drill")
    iam.put_user_policy(UserName="drill", PolicyName="dr", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="drill")["AccessKey"]
    session = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    stage.hand = Aws(ACCOUNT, REGION, session=session)
    stage.acting = stage.hand.acting_hand()
    return stage


@pytest.mark.parametrize("name", CASES)
def test_the_policy_is_enough_there_and_back(stage: Stage, name: str) -> None:
    action, scene, _ = CASES[name]
    params = scene(stage)
    permitted = _permitted(stage, name)

    with enable_iam_authentication():
        change = permitted.do(action, params)
        permitted.undo(action, params, change)


@pytest.mark.parametrize("name", CASES)
def test_with_one_permission_less_it_is_refused(stage: Stage, name: str) -> None:
    action, scene, needed = CASES[name]
    params = scene(stage)
    permitted = _permitted(stage, name, without=needed)

    # DynamoDB speaks JSON, the simulator denies in XML: the code is lost there, the text is not.
    with enable_iam_authentication(), pytest.raises(ClientError, match=r"not authorized|403"):
        permitted.do(action, params)
