"""The policy that `dr iam-policy` prints allows every call of a shipped drill, and nothing else.

Each drill is walked there and back in the sandbox; every call is noted with the permission and the
resources that AWS would ask for.
"""

from pathlib import Path
from typing import Any

import pytest

from dr.cli.catalogue import kinds, load
from dr.cli.kinds import of_plan
from dr.cloud.clock import Clock, rfc3339
from dr.core.binding import bind
from dr.core.parse import parse
from dr.core.planning import plan as plan_of
from dr.core.policy import policies
from dr.core.templates import late
from dr.core.uses import overlays
from dr.model.base import Json
from dr.model.intent import Intent
from dr.model.plan import Plan, PlannedStep, StepClass
from dr.model.progress import Progress
from dr.ports import Asking
from dr.probes import MARKS, PROBES
from dr.testing import ACCOUNT, INTENT
from tests.contract import sandboxes
from tests.contract.calls import Recorder, allows
from tests.contract.sandboxes import Cloud, eventually

pytestmark = pytest.mark.sandbox
cloud = sandboxes.cloud

DRILLS = Path(__file__).parents[2] / "drills"
RUN = "run-0001"
# What a restore does in our name, and what only a longer list of marks would need; the other one of
# the two ways in which one kind of step moves a writer; what a server with a profile takes.
UNSEEN = {
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "iam:PassRole",
    "rds:FailoverGlobalCluster",
}
# What only a run takes that ends before it has recovered, to put back what it broke.
UNSEEN_HERE = {"terraform-state-loss": {"s3:DeleteObjectVersion"}}


DRILL = pytest.mark.parametrize(
    "name",
    [
        "aurora-global-failover",
        "aurora-global-switchover",
        "backup-restore-job",
        "dynamodb-backup-restore",
        "dynamodb-region-evacuation",
        "dynamodb-restore",
        "ebs-snapshot-restore",
        "ec2-rebuild",
        "elasticache-failover",
        "kms-key-disabled",
        "rds-failover",
        "rds-point-in-time-restore",
        "rds-reboot-failover",
        "rds-snapshot-copy-restore",
        "rds-snapshot-restore",
        "route53-health-check",
        "s3-replica-read",
        "s3-roll-back",
        "s3-undelete",
        "secret-deleted",
        "zone-evacuation",
        "terraform-state-loss",
        "terraform-stuck-lock",
        "zonal-shift",
        "zone-loss",
    ],
)


class Walk:
    """A drill on its way there and back."""

    def __init__(self, plan: Plan, cloud: Cloud) -> None:
        self.plan = plan
        self.recorder = {site: Recorder(cloud.sandbox.endpoint) for site in plan.sites}
        self.kinds = of_plan(plan)
        self.changes: dict[str, Json] = {}
        self.undo: list[tuple[PlannedStep, Any, Any]] = []
        self.fault_at = rfc3339(Clock().now())

    def whole(self) -> None:
        self.marks("write")
        self.detect()
        for step in self.plan.steps:
            self.step(step)
        self.marks("read")
        for step, params, change in reversed(self.undo):
            back = self.kinds[step.kind].undo(change)  # type: ignore[union-attr]
            if isinstance(back, type(change)):
                self.go(step, params, back)
        self.marks("clean")

    def step(self, step: PlannedStep) -> None:
        if step.klass is StepClass.GATE or step.site is None:
            return
        kind: Any = self.kinds[step.kind]
        given = late(step.params, RUN, self.fault_at, self.changes)
        params = kind.params.model_validate(given, strict=False)
        hand = self.recorder[step.site].hand(self.plan.sites[step.site].region)
        seen = kind.observe(hand, params)
        if step.klass is StepClass.CHECK:
            return
        token = INTENT.token
        intent = Intent(run=RUN, step=step.id, token=token, expires=INTENT.expires)
        change = kind.plan(params, seen, intent)
        kind.tags(hand, change)
        self.changes[step.id] = change.as_json()
        self.go(step, params, change)
        self.undo.append((step, params, change))

    def go(self, step: PlannedStep, params: Any, change: Any) -> None:
        kind: Any = self.kinds[step.kind]
        assert step.site is not None
        hand = self.recorder[step.site].hand(self.plan.sites[step.site].region)

        def now() -> Progress:
            found: Progress = kind.progress(change, kind.observe(hand, params))
            return found

        eventually(lambda: now() is not Progress.MOVING)
        if now() is Progress.UNTOUCHED:
            kind.execute(hand.acting_hand(), change)
        eventually(lambda: now() is Progress.SETTLED)

    def detect(self) -> None:
        for spec in self.plan.detect:
            assert spec.site is not None
            site, recorder = self.plan.sites[spec.site], self.recorder[spec.site]
            asking = Asking(5.0, None, recorder.endpoint, ACCOUNT, site.region, None)
            made: Any = load(PROBES[spec.kind])(spec.with_, asking)
            made._aws._session = recorder.hand(site.region)._the_session()
            made._look()

    def marks(self, what: str) -> None:
        for spec in self.plan.marks:
            if spec.site is None:
                continue
            site, recorder = self.plan.sites[spec.site], self.recorder[spec.site]
            _, _, params = overlays(spec)[-1 if what == "read" else 0]
            given = late(params, RUN, self.fault_at, self.changes)
            asking = Asking(5.0, None, recorder.endpoint, ACCOUNT, site.region, None)
            made: Any = load(MARKS[spec.kind])(given, asking, RUN)
            made._acting._session = made._looking._session = recorder.hand(
                site.region
            )._the_session()
            if what == "write":
                made._put(1, 1)
            else:
                getattr(made, what)()


def _plan(name: str, cloud: Cloud) -> Plan:
    parsed = parse((DRILLS / f"{name}.yaml").read_text(), f"{name}.yaml")
    planned = plan_of(parsed, kinds(), simulated=True)
    return bind(planned, {"estate": dict(cloud.out)}, kinds(), parsed=parsed)


@DRILL
def test_the_policy_allows_each_call_of_a_drill_and_nothing_else(name: str, cloud: Cloud) -> None:
    walk = Walk(_plan(name, cloud), cloud)
    walk.whole()

    printed = policies(walk.plan, kinds()).by_site
    for site, recorder in walk.recorder.items():
        refused = [one for one in recorder.used if not allows(printed[site], *one)]
        assert refused == []
        granted = {a for statement in printed[site]["Statement"] for a in statement["Action"]}
        unused = granted - {permission for permission, _ in recorder.used}
        assert unused <= UNSEEN | UNSEEN_HERE.get(name, set())


@DRILL
def test_the_policy_reaches_no_other_resource(name: str, cloud: Cloud) -> None:
    """Only what AWS cannot tell apart is allowed on everything."""
    printed = policies(_plan(name, cloud), kinds()).by_site

    everything = {
        action
        for policy in printed.values()
        for statement in policy["Statement"]
        for action in statement["Action"]
        if "*" in statement["Resource"]
    }
    assert everything <= {
        "autoscaling:DescribeAutoScalingGroups",
        "backup:ListRestoreJobs",
        "backup:PutRestoreValidationResult",
        "cloudwatch:DescribeAlarms",
        "dynamodb:ListBackups",
        "dynamodb:ListTables",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeImages",
        "ec2:DescribeInstances",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeSnapshots",
        "ec2:DescribeSubnets",
        "ec2:DescribeVolumeStatus",
        "ec2:DescribeVolumes",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
    }


def test_a_policy_that_lacks_a_call_is_noticed(cloud: Cloud) -> None:
    walk = Walk(_plan("rds-failover", cloud), cloud)
    walk.whole()
    (policy,) = policies(walk.plan, kinds()).by_site.values()
    for statement in policy["Statement"]:
        statement["Action"] = [a for a in statement["Action"] if a != "rds:FailoverDBCluster"]

    assert not all(allows(policy, *one) for one in walk.recorder["primary"].used)
