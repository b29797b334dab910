"""What the shipped drills do to the world, and how to put many of them through something."""

import queue
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from dr.sandbox.control import Sandbox
from tests.e2e.nursery import Nurseries, Nursery
from tests.e2e.rehearsing import Drill, Theatre, eventually, fresh, short
from tests.e2e.snapshots import Snapshot, snapshot

_ONCE = {
    "rds-failover": {"rds:FailoverDBCluster": (1, 1)},
    "zone-loss": {
        "ec2:CreateNetworkAcl": (1, 0),
        "ec2:ReplaceNetworkAclAssociation": (2, 2),
        "ec2:DeleteNetworkAcl": (0, 1),
        "autoscaling:UpdateAutoScalingGroup": (1, 1),
    },
    "zone-evacuation": {"autoscaling:UpdateAutoScalingGroup": (1, 1)},
    "dynamodb-restore": {
        "dynamodb:BatchWriteItem": (1, 0),
        "dynamodb:PutItem": (0, 20),
        "dynamodb:RestoreTableToPointInTime": (1, 0),
        "dynamodb:DeleteTable": (0, 1),
        "ssm:PutParameter": (1, 1),
    },
    "ebs-snapshot-restore": {
        "ec2:DetachVolume": (1, 1),
        "ec2:CreateVolume": (1, 0),
        "ec2:AttachVolume": (1, 1),
        "ec2:DeleteVolume": (0, 1),
    },
    "ec2-rebuild": {
        "ec2:StopInstances": (1, 0),
        "ec2:StartInstances": (0, 1),
        "ec2:RunInstances": (1, 0),
        "ec2:TerminateInstances": (0, 1),
        "elbv2:RegisterTargets": (1, 0),
        "elbv2:DeregisterTargets": (0, 1),
    },
    "s3-undelete": {"s3:DeleteObjects": (2, 0)},
    "aurora-global-failover": {
        "rds:FailoverGlobalCluster": (1, 0),
        "rds:SwitchoverGlobalCluster": (0, 1),
    },
    "aurora-global-switchover": {"rds:SwitchoverGlobalCluster": (1, 1)},
    "rds-snapshot-copy-restore": {
        "rds:StopDBInstance": (1, 0),
        "rds:StartDBInstance": (0, 1),
        "rds:CopyDBSnapshot": (1, 0),
        "rds:DeleteDBSnapshot": (0, 1),
        "rds:RestoreDBInstanceFromDBSnapshot": (1, 0),
        "rds:DeleteDBInstance": (0, 1),
        "ssm:PutParameter": (1, 1),
        "route53:ChangeResourceRecordSets": (1, 1),
    },
    "dynamodb-region-evacuation": {
        "ec2:CreateNetworkAcl": (3, 0),
        "ec2:ReplaceNetworkAclAssociation": (6, 6),
        "ec2:DeleteNetworkAcl": (0, 3),
        "route53:ChangeResourceRecordSets": (1, 1),
    },
    "backup-restore-job": {
        "dynamodb:BatchWriteItem": (1, 0),
        "dynamodb:PutItem": (0, 20),
        "backup:StartRestoreJob": (1, 0),
        "backup:PutRestoreValidationResult": (1, 0),
        "dynamodb:DeleteTable": (0, 1),
        "ssm:PutParameter": (1, 1),
    },
    "kms-key-disabled": {"kms:DisableKey": (1, 0), "kms:EnableKey": (1, 0)},
    "secret-deleted": {
        "secretsmanager:DeleteSecret": (1, 0),
        "secretsmanager:RestoreSecret": (1, 0),
    },
    "terraform-state-loss": {"s3:PutObject": (1, 0)},  # a copy is put, too
    "terraform-stuck-lock": {"s3:PutObject": (1, 0)},
    "route53-health-check": {"route53:UpdateHealthCheck": (1, 1)},
    "zonal-shift": {
        "ec2:CreateNetworkAcl": (1, 0),
        "ec2:ReplaceNetworkAclAssociation": (2, 2),
        "ec2:DeleteNetworkAcl": (0, 1),
        "arc-zonal-shift:StartZonalShift": (1, 0),
        "arc-zonal-shift:CancelZonalShift": (0, 1),
    },
    "elasticache-failover": {"elasticache:TestFailover": (1, 1)},
    "region-failover": {
        "ec2:CreateNetworkAcl": (3, 0),
        "ec2:ReplaceNetworkAclAssociation": (6, 6),
        "ec2:DeleteNetworkAcl": (0, 3),
        "rds:PromoteReadReplicaDBCluster": (1, 0),
        "route53:ChangeResourceRecordSets": (1, 1),
    },
}
"""By drill and operation: how often there, and how often on the way back."""

OF_MARKS = {"dynamodb:PutItem", "dynamodb:BatchWriteItem", "s3:DeleteObjects"}
"""What writing and removing marks does as well, as often as it likes."""

FOR_GOOD = {"region-failover"}
"""A promotion cannot be undone: these have a sandbox of their own each time."""

SHIPPED = tuple(_ONCE)
Job = TypeVar("Job")
Play = Callable[[Job, Sandbox, Nursery, Path], list[str]]


def forth_and_back(name: str) -> dict[str, tuple[int, int]]:
    """Return how often a drill does what, there and on the way back."""
    return _ONCE[name]


def once(name: str, *, whole: bool) -> dict[str, int]:
    """Return how often a drill does what. whole: marks are written beside it."""
    return {
        call: there + back
        for call, (there, back) in _ONCE[name].items()
        if not (whole and call in OF_MARKS)
    }


def counted(sandbox: Sandbox, calls: Iterable[str]) -> dict[str, int]:
    """Return how often these were carried out, counted at the interface."""
    found: Counter[str] = Counter()
    for entry in sandbox.get("calls"):
        found[entry["call"]] += entry["done"]
    return {call: found[call] for call in calls}


def unobserved(drill: Drill) -> None:
    """Leave nothing but the steps: such a drill proves nothing, and is over sooner."""
    short(drill)
    drill.update({"objectives": {}, "probes": [], "marks": [], "guards": []})


def world(sandbox: Sandbox, name: str) -> Snapshot:
    """Return what a drill must leave as it was."""
    seen = snapshot(sandbox)
    return {k: v for k, v in seen.items() if not (name in FOR_GOOD and k == "databases")}


def unlike(sandbox: Sandbox, name: str, before: Snapshot) -> list[str]:
    """Say what does not become as it was."""
    try:
        eventually(lambda: world(sandbox, name) == before, "as it was", 10)
    except AssertionError:
        now = world(sandbox, name)
        return [f"{k}: {v} to {now[k]}" for k, v in before.items() if now[k] != v]
    return []


def side_by_side(
    jobs: list[tuple[str, Job]],
    play: Play[Job],
    places: tuple[Theatre, Nurseries, Path],
) -> None:
    """Play (drill, job)s side by side until there are no more; fail for what is wrong."""
    sandboxes, nurseries, root = places
    waiting: queue.SimpleQueue[tuple[int, tuple[str, Job]]] = queue.SimpleQueue()
    for one in enumerate(jobs):
        waiting.put(one)
    wrong: list[str] = []

    def player() -> None:
        while True:
            try:
                number, (name, job) = waiting.get_nowait()
            except queue.Empty:
                return
            with ExitStack() as stack:
                own = fresh() if name in FOR_GOOD else sandboxes.sandbox()
                lent = stack.enter_context(own), stack.enter_context(nurseries.nursery())
                problems = play(job, *lent, root / str(number))
            if problems:
                wrong.append("\n".join([str(job), *problems]))
                print(wrong[-1])

    with ThreadPoolExecutor(sandboxes.most) as pool:
        for future in [pool.submit(player) for _ in range(sandboxes.most)]:
            future.result()
    assert not wrong, f"{len(wrong)} of {len(jobs)}, printed above"
