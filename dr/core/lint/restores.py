"""Rules about restores: what they leave out, and which moments they can reach."""

from collections.abc import Iterator
from typing import Final

from dr.core.lint.view import Placed, Remark, View, wait_of
from dr.model.drill import Phase
from dr.model.units import SECOND_US, Duration

RDS: Final = (
    "rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime",
    "rds:RestoreDBInstanceFromS3",
)  # fmt: skip
CLUSTER: Final = ("rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterToPointInTime")
IN_TIME: Final = (
    "rds:RestoreDBInstanceToPointInTime", "rds:RestoreDBClusterToPointInTime",
    "dynamodb:RestoreTableToPointInTime",
)  # fmt: skip
FROM_BACKUP: Final = (
    "rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBClusterFromSnapshot",
    "dynamodb:RestoreTableFromBackup", "backup:StartRestoreJob", "ec2:CreateVolume",
)  # fmt: skip
RESTORES: Final = (*RDS, *CLUSTER, *IN_TIME, *FROM_BACKUP)
BACKS_UP: Final = (
    "rds:CreateDBSnapshot", "rds:CreateDBClusterSnapshot", "dynamodb:CreateBackup",
    "backup:StartBackupJob", "ec2:CreateSnapshot", "ec2:CreateSnapshots",
)  # fmt: skip

WINDOW: Final = Duration(300 * SECOND_US)
"""How far the end of a point-in-time window is behind the present, as AWS says: five minutes."""

INSTANCE_CHECK: Final = "aws.rds.instance"
CONTENT: Final = ".content"
SETTINGS: Final = {
    "security groups": "--vpc-security-group-ids",
    "parameter group": "--db-parameter-group-name",
    "zones": "--multi-az",
}
"""What RDS replaces by defaults, and the argument that would say it."""


def restored_settings(view: View) -> Iterator[Remark]:
    """Remark on a restored database of which nobody looks whether clients may connect to it."""
    compared = any(
        one.step.kind == INSTANCE_CHECK and one.step.with_.get("like")
        for one in view.of(Phase.RECOVER, Phase.VERIFY)
    )
    for one in view.acting(Phase.RECOVER):
        if not one.any_of(RDS):
            continue
        left_out = [what for what, told in SETTINGS.items() if told not in one.command]
        if one.command and left_out:
            yield Remark(
                (*one.path, "with", "argv"),
                f"{one.name} does not say {', '.join(left_out)}: the new instance gets defaults",
                "",
                "say them, or use aws.rds.restore_snapshot, which takes them from the old one",
            )
        elif not compared:
            yield Remark(
                (*one.path, "kind"),
                f"nothing compares the settings of what {one.name} makes with the old instance's",
                "a restore is given default groups unless it is told others",
                f"verify with {INSTANCE_CHECK}, `like:` the old instance",
            )


def single_zone(view: View) -> Iterator[Remark]:
    """Remark on a restored database that may have no standby."""
    seen = any(
        one.step.kind == INSTANCE_CHECK and one.step.with_.get("multi_az") is True
        for one in view.of(Phase.RECOVER, Phase.VERIFY)
    )
    for one in view.acting(Phase.RECOVER):
        if one.any_of(RDS) and not one.command and not seen:
            message = f"nothing shows that what {one.name} makes has a standby again"
            help_ = f"verify with {INSTANCE_CHECK}, `multi_az: true`, if the old one had it"
            yield Remark((*one.path, "kind"), message, "", help_)


def window_exceeds_rto(view: View) -> Iterator[Remark]:
    """Remark on a restore to the fault that cannot begin before the target has passed."""
    rto = view.drill.objectives.rto
    if rto is None or rto.target > WINDOW:
        return
    for one in view.acting(Phase.RECOVER):
        at = one.step.with_.get("at")
        if one.any_of(IN_TIME) and isinstance(at, str) and "${fault.at}" in at:
            yield Remark(
                (*one.path, "with", "at"),
                f"{one.name} can restore to the fault only some {_minutes()} after it, and the "
                f"target is {rto.target}",
                "not in the window yet",
                "raise the target, or restore to `latest` and measure what is lost",
            )


def window_exceeds_rpo(view: View) -> Iterator[Remark]:
    """Remark on a restore to the latest moment, which is older than the recovery point may be."""
    rpo = view.drill.objectives.rpo
    if rpo is None or rpo.target >= WINDOW:
        return
    for one in view.acting(Phase.RECOVER):
        if one.any_of(IN_TIME) and one.step.with_.get("at", "latest") == "latest":
            yield Remark(
                ("objectives", "rpo", "target"),
                f"{one.name} restores to the latest moment, usually up to {_minutes()} ago, and "
                f"the target is {rpo.target}",
                "",
                "raise the target, or restore to `${fault.at}` where the source still writes logs",
            )


def marks_too_young(view: View) -> Iterator[Remark]:
    """Remark on marks that cannot be in what is restored: the run begins after it was made."""
    if view.drill.objectives.rpo is None:
        return
    before = list(view.of(Phase.DISRUPT))
    for one in view.acting(Phase.RECOVER):
        if one.any_of(FROM_BACKUP) and not any(s.any_of(BACKS_UP) for s in before):
            yield Remark(
                ("objectives", "rpo"),
                f"the marks are younger than the backup that {one.name} restores: all would be "
                "lost, and the recovery point unbounded",
                "",
                "make the backup after the marks have begun, or judge no recovery point here",
            )
        elif one.any_of(IN_TIME) and one.step.with_.get("at", "latest") == "latest":
            yield from _too_short(view, before, one)


def restore_unproven(view: View) -> Iterator[Remark]:
    """Remark on a restore of which only the provider says that it has worked."""
    checked = any(one.step.kind.endswith(CONTENT) for one in view.of(Phase.RECOVER, Phase.VERIFY))
    if checked or view.drill.objectives.rpo is not None:
        return
    for one in view.acting(Phase.RECOVER):
        if one.any_of(RESTORES):
            yield Remark(
                (*one.path, "kind"),
                f"nothing compares the content of what {one.name} makes",
                '"available" is what the provider says',
                "verify with a check of content, or measure marks",
            )


def _too_short(view: View, before: list[Placed], restore: Placed) -> Iterator[Remark]:
    """Say it if the marks run for a shorter time before the fault than the window is behind."""
    warm_up = 0
    for one in before:
        if one.acts:
            break
        warm_up += wait_of(one.step)
    if warm_up < WINDOW:
        yield Remark(
            ("disrupt", 0),
            f"the marks run for {Duration(warm_up)} before the disruption, and {restore.name} may "
            f"reach no moment of the last {_minutes()}",
            "every mark would be lost, and the recovery point unbounded",
            "wait longer before disrupting: 15m is ample",
        )


def _minutes() -> str:
    return f"{WINDOW.us // (60 * SECOND_US)} minutes"
