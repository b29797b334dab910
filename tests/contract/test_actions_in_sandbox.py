"""The AWS actions, there and back, in the sandbox, where things take their time.

moto alone does most things at once. Here an action has to wait for what it asked for, as it has
to on AWS: the states on the way must read as "moving" and the way must end.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from dr.actions.asg_leave_zone import AsgLeaveZone
from dr.actions.asg_leave_zone import Params as LeaveZone
from dr.actions.dynamodb_delete_items import DynamodbDeleteItems
from dr.actions.dynamodb_delete_items import Params as DeleteItems
from dr.actions.dynamodb_restore_point_in_time import DynamodbRestorePointInTime
from dr.actions.dynamodb_restore_point_in_time import Params as RestorePointInTime
from dr.actions.ec2_zone_blackhole import Ec2ZoneBlackhole
from dr.actions.ec2_zone_blackhole import Params as ZoneBlackhole
from dr.actions.rds_failover import Params as Failover
from dr.actions.rds_failover import RdsFailover
from dr.actions.route53_failover import Params as MoveName
from dr.actions.route53_failover import Route53Failover
from dr.actions.s3_delete_objects import Params as DeleteObjects
from dr.actions.s3_delete_objects import S3DeleteObjects
from dr.actions.s3_undelete import Params as Undelete
from dr.actions.s3_undelete import S3Undelete
from dr.actions.ssm_set_parameter import Params as SetParameter
from dr.actions.ssm_set_parameter import SsmSetParameter
from dr.checks.dynamodb_content import DynamodbContent
from dr.checks.dynamodb_content import Params as TableContent
from dr.checks.elb_healthy_targets import ElbHealthyTargets
from dr.checks.elb_healthy_targets import Params as HealthyTargets
from dr.checks.rds_cluster_members import Params as ClusterMembers
from dr.checks.rds_cluster_members import RdsClusterMembers
from dr.checks.s3_content import Params as BucketContent
from dr.checks.s3_content import S3Content
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.progress import Progress
from dr.ports import Action
from dr.testing import INTENT
from tests.contract import sandboxes
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud


@dataclass
class Walk:
    """One action on its way: what each look said."""

    action: Action[Aws, Any, Any, Any]
    hand: Aws
    params: Record
    looks: list[Progress] = field(default_factory=list)

    def look(self, change: Record) -> Progress:
        now = self.action.progress(change, self.action.observe(self.hand, self.params))
        if self.looks[-1:] != [now]:
            self.looks.append(now)
        return now

    def go(self, change: Record) -> None:
        """Do as the engine does: wait while moving, ask once when untouched, wait to settle."""
        eventually(lambda: self.look(change) is Progress.UNTOUCHED)
        self.action.execute(self.hand.acting_hand(), change)
        eventually(lambda: self.look(change) is Progress.SETTLED)
        assert Progress.ASTRAY not in self.looks

    def there(self) -> Any:
        seen = self.action.observe(self.hand, self.params)
        change = self.action.plan(self.params, seen, INTENT)
        tags = self.action.tags(self.hand, change)
        for target in self.action.targets(change):
            assert tags[target].get("dr-drill") == "allowed", target
        self.go(change)
        return change

    def back(self, change: Record) -> None:
        self.go(self.action.undo(change))  # type: ignore[arg-type]  # a Change, of these actions


def test_rds_failover(cloud: Cloud) -> None:
    walk = Walk(RdsFailover(), cloud.east, Failover(cluster=cloud.out["db_cluster"]))
    members = ClusterMembers(cluster=cloud.out["db_cluster"], at_least=2)

    change = walk.there()
    walk.back(change)

    assert Progress.MOVING in walk.looks
    check = RdsClusterMembers()
    eventually(lambda: check.judge(members, None, check.observe(cloud.east, members)).holds)


def test_route53_failover(cloud: Cloud) -> None:
    out = cloud.out
    params = MoveName(
        zone=out["hosted_zone_id"], record=out["service_name"], to=out["standby_alb_dns"]
    )
    walk = Walk(Route53Failover(), cloud.west, params)

    walk.back(walk.there())


def test_zone_loss(cloud: Cloud) -> None:
    out = cloud.out
    dark = Walk(
        Ec2ZoneBlackhole(), cloud.east, ZoneBlackhole(vpc=out["vpc_id"], zone=out["zone_c"])
    )
    leave = Walk(AsgLeaveZone(), cloud.east, LeaveZone(group=out["asg_name"], zone=out["zone_c"]))
    wanted = HealthyTargets(target_group=out["target_group_arn"], at_least=3)
    check = ElbHealthyTargets()

    darkened = dark.there()
    left = leave.there()
    eventually(lambda: check.judge(wanted, None, check.observe(cloud.east, wanted)).holds)
    leave.back(left)
    dark.back(darkened)

    assert Progress.MOVING in leave.looks
    eventually(lambda: check.judge(wanted, None, check.observe(cloud.east, wanted)).holds)


def test_dynamodb_restore(cloud: Cloud) -> None:
    table = cloud.out["table"]
    check, content = DynamodbContent(), TableContent(table=table, prefix="item-", extra="refuse")
    delete = Walk(
        DynamodbDeleteItems(), cloud.east, DeleteItems(table=table, prefix="item-", at_most=50)
    )
    baseline = check.observe(cloud.east, content)
    read_at = time.time()

    def latest() -> float:
        return cloud.east.dynamodb.describe_continuous_backups(TableName=table)[
            "ContinuousBackupsDescription"
        ]["PointInTimeRecoveryDescription"]["LatestRestorableDateTime"].timestamp()

    # DynamoDB restores to whole seconds, and the items may have been written within this one.
    eventually(lambda: latest() // 1 > read_at)
    at = datetime.fromtimestamp(latest() // 1, UTC)

    deleted = delete.there()
    restore = Walk(
        DynamodbRestorePointInTime(),
        cloud.east,
        RestorePointInTime(table=table, at=at.isoformat()),
    )
    restored = restore.there()
    after = content.model_copy(update={"restored": restored.table})
    outcome = check.judge(after, baseline, check.observe(cloud.east, after))
    name = cloud.out["table_parameter"]
    switch = Walk(SsmSetParameter(), cloud.east, SetParameter(name=name, value=restored.table))
    switch.back(switch.there())
    restore.back(restored)
    delete.back(deleted)

    assert outcome.holds, outcome.why
    assert Progress.MOVING in restore.looks
    assert check.judge(content, baseline, check.observe(cloud.east, content)).holds


def test_s3_undelete(cloud: Cloud) -> None:
    bucket = cloud.out["bucket"]
    check, content = S3Content(), BucketContent(bucket=bucket, prefix="docs/", extra="refuse")
    baseline = check.observe(cloud.east, content)
    delete = Walk(
        S3DeleteObjects(),
        cloud.east,
        DeleteObjects(bucket=bucket, prefix="docs/", at_most=1000),
    )
    undelete = Walk(S3Undelete(), cloud.east, Undelete(bucket=bucket, prefix="docs/"))

    delete.back(delete.there())
    assert check.judge(content, baseline, check.observe(cloud.east, content)).holds
    delete.there()
    assert not check.judge(content, baseline, check.observe(cloud.east, content)).holds
    undelete.there()

    outcome = check.judge(content, baseline, check.observe(cloud.east, content))
    assert outcome.holds, outcome.why
    assert outcome.compared > 0
