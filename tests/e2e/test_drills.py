"""Each shipped drill in the sandbox: it passes, it tells the truth, it puts everything back."""

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest

from dr.sandbox.control import Sandbox
from tests.e2e.rehearsing import (
    DRILLS,
    Change,
    Drill,
    Evidence,
    Rehearsal,
    Theatre,
    eventually,
    fresh,
    short,
    written,
)
from tests.e2e.snapshots import MARK, Snapshot, marks_left, snapshot
from tests.e2e.truths import Held, NameWatch, Stretch, meets, within

pytestmark = pytest.mark.sandbox

TERRAFORM = {"pilot-light"}  # in test_drills_terraform
SHIPPED = sorted({path.stem for path in DRILLS.glob("*.yaml")} - TERRAFORM)
SIDE_BY_SIDE = 3  # most of a drill is waiting; what is said of one belongs together, in one process
IN_GROUPS = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"drills-{number % SIDE_BY_SIDE}"))
    for number, name in enumerate(SHIPPED)
]
PATHS = {  # the others: health
    "aurora-global-failover": "stock",
    "aurora-global-switchover": "stock",
    "backup-restore-job": "items",
    "dynamodb-backup-restore": "items",
    "dynamodb-region-evacuation": "carts",
    "dynamodb-restore": "items",
    "ebs-snapshot-restore": "archive",
    "ec2-rebuild": "quotes",
    "elasticache-failover": "sessions",
    "kms-key-disabled": "sealed",
    "rds-point-in-time-restore": "reports",
    "rds-reboot-failover": "ledger",
    "rds-replica-promotion": "ledger",
    "rds-snapshot-copy-restore": "reports",
    "rds-snapshot-restore": "reports",
    "route53-health-check": "docs",
    "s3-replica-read": "docs",
    "s3-roll-back": "terms",
    "s3-undelete": "docs",
    "secret-deleted": "payments",
    "terraform-state-loss": "pipeline",
    "terraform-stuck-lock": "pipeline",
}
TIMES = {  # by which only what the drill does helps
    "zonal-shift": {"health_threshold": 50},
}
UNHARMED = {"zone-evacuation"}  # users must notice nothing
UNALARMED = {*PATHS, *UNHARMED, "zonal-shift"}  # drills that ask no alarm
# A promotion cannot be taken back: the drill, and the part of the service that has moved.
LEAVING = {"rds-replica-promotion": "ledger/", "region-failover": ""}
FELT_LATE = {"kms-key-disabled", "secret-deleted"}  # the service goes on with what it has read
# The name of the service leads elsewhere.
MOVING = {
    *LEAVING,
    "dynamodb-region-evacuation",
    "rds-snapshot-copy-restore",
    "route53-health-check",
}
BELOW = {  # far below what the sandbox can do
    "aurora-global-failover": "300ms",
    "aurora-global-switchover": "300ms",
    "backup-restore-job": "500ms",
    "dynamodb-backup-restore": "500ms",
    "dynamodb-region-evacuation": "300ms",
    "dynamodb-restore": "500ms",
    "ebs-snapshot-restore": "300ms",
    "ec2-rebuild": "300ms",
    "elasticache-failover": "300ms",
    "kms-key-disabled": "500ms",
    "rds-failover": "300ms",
    "rds-point-in-time-restore": "500ms",
    "rds-reboot-failover": "300ms",
    "rds-replica-promotion": "400ms",
    "rds-snapshot-copy-restore": "500ms",
    "rds-snapshot-restore": "500ms",
    "region-failover": "400ms",
    "route53-health-check": "500ms",
    "s3-replica-read": "500ms",
    "s3-roll-back": "500ms",
    "s3-undelete": "500ms",
    "secret-deleted": "500ms",
    "zone-evacuation": "100ms",
    "terraform-state-loss": "500ms",
    "terraform-stuck-lock": "500ms",
    "zonal-shift": "500ms",
    "zone-loss": "100ms",
}


class Played:
    """A shipped drill that was run once, for all that there is to say about it."""

    def __init__(self, name: str, sandbox: Sandbox, home: Path) -> None:
        self.name = name
        self.sandbox = sandbox
        self.before = snapshot(sandbox)
        rehearsal = Rehearsal(home, sandbox)
        self.names = NameWatch(sandbox)
        with self.names if name in MOVING else nullcontext():
            self.done = rehearsal.run(DRILLS / f"{name}.yaml")
        assert rehearsal.runs(), self.done.said
        self.evidence: Evidence = rehearsal.last
        self.held = Held.of(self.evidence, sandbox)

    def true_time(self) -> Stretch:
        """Return how long users were truly without the service."""
        path = PATHS.get(self.name, "health")
        if self.name in UNHARMED:
            assert self.held.outages(path, "us-east-1") == []
            return 0, 0
        if self.name not in MOVING:
            since = self.held.fault if self.name in FELT_LATE else None
            return self.held.true_time(path, since=since)

        def ups(down: Stretch) -> Stretch:
            from dr.sandbox.data.truth import summary

            moved = self.names.moved(down[0])
            there = next(
                (
                    o
                    for o in summary(self.held.lines).outages
                    if (o.path, o.region) == (path, "us-west-2") and (o.up_us or 0) > down[0]
                ),
                None,
            )
            if there is None:  # it was never down there
                return moved
            up = (there.known_down_us or 0, there.up_us or 0)
            return max(moved[0], up[0]), max(moved[1], up[1])

        return self.held.true_time(path, ups)


@pytest.fixture(scope="module", params=IN_GROUPS)
def played(
    request: pytest.FixtureRequest,
    sandboxes: Theatre,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Played]:
    name = str(request.param)
    with ExitStack() as stack:
        sandbox = stack.enter_context(
            fresh() if name in LEAVING else sandboxes.sandbox(**TIMES.get(name, {}))
        )
        yield Played(name, sandbox, tmp_path_factory.mktemp(name))


def test_it_passes(played: Played) -> None:
    assert played.done.code == 0, played.done.said
    assert played.evidence.result()["verdict"] == "pass"


def test_the_recovery_time_contains_the_truth(played: Played) -> None:
    truth, reported = played.true_time(), played.held.reported("rto")

    assert meets(truth, reported), (truth, reported)


def test_the_recovery_point_contains_the_truth(played: Played) -> None:
    if not played.evidence.plan()["marks"]:  # a backup is older than any mark of the run
        assert "rpo" not in [o["metric"] for o in played.evidence.result()["objectives"]]
        return
    held, reported = played.held, played.held.reported("rpo")
    marks = played.evidence.result()["marks"][0]

    if played.name == "dynamodb-restore":
        # Whatever was written after the moment that was restored is lost.
        restored_us = held.wall_us(
            held.at("step.intended", step="restore", way="forward")["data"]["change"]["at"]
        )
        first = held.outages("items", "us-east-1")[0]
        truth = (held.fault[0] - restored_us, first.down_us - restored_us)
        assert meets(truth, reported)
        assert marks["acked_before_fault"] > 0
    elif played.name in {"s3-replica-read", "s3-undelete", *UNHARMED}:
        assert (marks["lost"], reported[0]) == (0, 0)
        assert marks["acked_before_fault"] > 0
    else:
        first = held.outages(PATHS.get(played.name, "health"), "us-east-1")[0]
        truth = held.true_loss((max(first.known_up_us or 0, held.fault[0]), first.down_us))
        lost, _ = held.truly_lost()
        assert within(truth, reported) or meets(truth, reported), (truth, reported)
        assert marks["lost"] == len(lost & held.acked_before())


def test_the_moment_of_detection_contains_the_truth(played: Played) -> None:
    detectors = played.evidence.plan()["detect"]
    if not detectors:
        assert played.name in UNALARMED, "it asks no alarm"
        return
    alarm = detectors[0]["with"]["alarm"]
    truth, reported = (
        played.held.true_detection(alarm, "us-east-1"),
        played.held.reported_detection(),
    )

    assert meets(truth, reported), (truth, reported)
    phase = next(o for o in played.evidence.result()["objectives"] if o["about"] == "detected")
    assert phase["verdict"] == "pass"


def test_everything_is_put_back(played: Played) -> None:
    def rest(found: Snapshot) -> Snapshot:
        if played.name not in LEAVING:
            return found
        near = {what: found[what][0] for what in ("databases", "instances")}
        return {**found, **near}

    eventually(
        lambda: rest(snapshot(played.sandbox)) == rest(played.before), "all as it was before"
    )
    assert played.evidence.result()["left"] == []


def test_no_mark_stays_behind(played: Played) -> None:
    now = snapshot(played.sandbox)

    assert [item for items in now["tables"].values() for item in items if MARK in item] == []
    assert [key for key in now["objects"] if played.evidence.id in key] == []
    places = [
        ("primary_url", part)
        for part in ("", "ledger/", "reports/", "sessions/", "stock/", "carts/")
    ]
    places += [("standby_url", LEAVING[name]) for name in LEAVING if name == played.name]
    for url, part in places:
        assert marks_left(played.sandbox, played.evidence.unique_id, url, part) == [], (url, part)


def test_what_cannot_be_put_back_is_a_finding(played: Played) -> None:
    codes = [finding["code"] for finding in played.evidence.result()["findings"]]

    assert ("E501" in codes) is (played.name in LEAVING)


def _target(name: str) -> Change:
    def change(drill: Drill) -> None:
        short(drill)
        drill["objectives"]["rto"].update(target=BELOW[name], too_coarse="inconclusive")

    return change


@pytest.mark.parametrize("name", IN_GROUPS)
def test_it_does_not_pass_with_a_target_below_the_truth(
    name: str, sandboxes: Theatre, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        sandbox = stack.enter_context(
            fresh() if name in LEAVING else sandboxes.sandbox(**TIMES.get(name, {}))
        )
        rehearsal = Rehearsal(tmp_path / "home", sandbox)
        done = rehearsal.run(written(tmp_path / "drill.yaml", name, _target(name)))

        assert done.code in {1, 4}, done.said
        objective = _objective(rehearsal.last, "rto")
        assert objective["verdict"] in {"fail", "inconclusive"}


@pytest.mark.xdist_group("drills-0")
def test_it_fails_when_more_data_is_lost_than_the_target_allows(
    sandboxes: Theatre, tmp_path: Path
) -> None:
    def change(drill: Drill) -> None:
        short(drill)
        drill["objectives"]["rpo"]["target"] = "2500ms"
        drill["marks"][0]["within"] = "1s"
        # Marks that are older than the lag must be there, or nothing survives at all.
        drill["disrupt"].insert(0, {"id": "warm-up", "kind": "wait", "with": {"for": "3s"}})

    with sandboxes.sandbox(reader_lag=3.2) as sandbox:
        rehearsal = Rehearsal(tmp_path / "home", sandbox)
        done = rehearsal.run(written(tmp_path / "drill.yaml", "rds-failover", change))

        assert done.code == 1, done.said
        objective = _objective(rehearsal.last, "rpo")
        assert objective["verdict"] == "fail"
        assert objective["achieved"]["lower_ms"] > 2500
        assert objective["achieved"]["upper_ms"] is not None


def _objective(evidence: Evidence, metric: str) -> dict[str, Any]:
    return next(o for o in evidence.result()["objectives"] if o["metric"] == metric)
