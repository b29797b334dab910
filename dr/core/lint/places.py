"""Rules about places: what a drill needs of the Region or zone that it takes for lost."""

import re
from collections.abc import Iterator
from typing import Final

from dr.core.lint.view import REGION_LOSS, TERRAFORM, ZONE_LOSS, Remark, View
from dr.core.positions import listed
from dr.model.base import Json
from dr.model.drill import Phase

HOMES: Final = {
    "route53:": ("Route 53", "us-east-1"),
    "iam:": ("IAM", "us-east-1"),
    "organizations:": ("Organizations", "us-east-1"),
    "account:": ("Account Management", "us-east-1"),
    "cloudfront:": ("CloudFront", "us-east-1"),
    "shield:": ("Shield Advanced", "us-east-1"),
    "globalaccelerator:": ("Global Accelerator", "us-west-2"),
    "networkmanager:": ("Network Manager", "us-west-2"),
    "route53-recovery-control-config:": ("Application Recovery Controller", "us-west-2"),
    "route53-recovery-readiness:": ("Application Recovery Controller", "us-west-2"),
}
"""Services with one control plane for all Regions, and the Region that it is in."""

_S3_BUCKETS: Final = ("s3:CreateBucket", "s3:DeleteBucket", "s3:PutBucketPolicy")
"""Of S3, some calls about buckets depend on us-east-1, wherever the bucket is."""

LAUNCHES: Final = (
    "ec2:RunInstances", "ec2:StartInstances", "ec2:CreateVolume", "ec2:CreateFleet",
    "rds:CreateDBInstance", "rds:CreateDBCluster", "rds:RestoreDBInstanceFromDBSnapshot",
    "rds:RestoreDBInstanceToPointInTime", "rds:RestoreDBClusterFromSnapshot",
    "rds:RestoreDBClusterToPointInTime", "elasticache:CreateReplicationGroup",
    "elasticache:CreateCacheCluster", "eks:CreateNodegroup", "drs:StartRecovery",
    "backup:StartRestoreJob", "ecs:RunTask",
)  # fmt: skip
"""Calls that ask for new machines."""

GROWS: Final = (
    "autoscaling:UpdateAutoScalingGroup", "autoscaling:SetDesiredCapacity", "ecs:UpdateService",
    "eks:UpdateNodegroupConfig",
)  # fmt: skip
"""Calls after which a service asks for new machines."""

_HOST: Final = re.compile(r"^[a-z]+://([^/]+)", re.IGNORECASE)
_FROM: Final = ("from_region", "source_region")
_WHERE: Final = ("url", "host", "name")


def control_plane_lost(view: View) -> Iterator[Remark]:
    """Remark on a recovery through a control plane in the Region that is lost."""
    for one in view.acting(Phase.RECOVER):
        homes = {home for service, home in HOMES.items() if one.any_of([f"{service}*"])}
        if one.any_of(_S3_BUCKETS):
            homes.add(("S3 (about buckets)", "us-east-1"))
        for service, region in sorted(homes):
            if region in view.lost_regions:
                yield Remark(
                    (*one.path, "kind"),
                    f"{one.name} needs the control plane of {service}, which is in {region}: the "
                    "Region that this drill loses",
                    "part of the recovery",
                    "let data planes move the traffic: health checks, routing controls",
                )


def launch_in_lost_place(view: View) -> Iterator[Remark]:
    """Remark on a recovery that asks for machines where everything is lost."""
    for one in view.acting(Phase.RECOVER):
        if not one.any_of((*LAUNCHES, *GROWS)):
            continue
        zone = one.step.with_.get("zone")
        if one.site is not None and one.site.region in view.lost_regions:
            message = f"{one.name} asks for new capacity in {one.site.region}, which is lost"
            yield Remark((*one.path, "kind"), message, "", "recover at a site in another Region")
        elif zone in view.lost_zones and one.any_of(LAUNCHES):
            message = f"{one.name} asks for new capacity in the zone that is lost"
            yield Remark((*one.path, "with", "zone"), message, "", "name another zone")


def new_capacity(view: View) -> Iterator[Remark]:
    """Remark on a recovery from the loss of a zone that needs machines which may not be had."""
    if view.drill.scenario is not ZONE_LOSS:
        return
    for one in view.acting(Phase.RECOVER):
        if one.any_of(GROWS):
            yield Remark(
                (*one.path, "kind"),
                f"{one.name} may need new capacity, while everybody in that zone asks for it, too",
                "not statically stable",
                "run enough in every zone beforehand, so that nothing has to be launched",
            )


def watched_from_inside(view: View) -> Iterator[Remark]:
    """Something that watches or brakes through the Region that is lost."""
    plan = view.plan
    watching = [
        *((("probes", i), one.id, one.site) for i, one in enumerate(plan.probes)),
        *((("marks", i), one.id, one.site) for i, one in enumerate(plan.marks)),
        *((("detect", i), one.id, one.site) for i, one in enumerate(plan.detect)),
        *((("guards", i), f"alarm {g.alarm}", g.site) for i, g in enumerate(plan.guards)),
    ]
    for path, name, site in watching:
        if view.is_lost(site):
            message = f"`{name}` is asked at `{site}`, inside of what this drill loses"
            help_ = "ask from outside: another Region, or the user's own way in"
            yield Remark(path, message, "falls silent together with it", help_)


def control_shares_host(view: View) -> Iterator[Remark]:
    """Remark on a control probe that asks the host of what it should tell apart."""
    asked = {
        host: probe.id
        for probe in view.drill.probes
        if not probe.control and (host := _host(probe.with_))
    }
    for index, probe in enumerate(view.drill.probes):
        host = _host(probe.with_)
        if probe.control and host in asked:
            message = f"the control probe `{probe.id}` asks the same host as `{asked[host]}`"
            help_ = "ask something that this drill cannot touch"
            yield Remark(("probes", index, "with"), message, "both go down together", help_)


def state_home(view: View) -> Iterator[Remark]:
    """Terraform after the loss of a Region, which may have had the state and its lock."""
    if view.drill.scenario is not REGION_LOSS:
        return
    for one in view.acting(Phase.RECOVER):
        if one.step.kind == TERRAFORM or re.search(r"\bterraform\b", one.command):
            lost = listed(sorted(view.lost_regions)) or "the Region that is lost"
            message = f"{one.name} needs Terraform's state and lock: are they outside of {lost}?"
            help_ = "keep the state of what recovers in the Region in which it recovers"
            yield Remark((*one.path, "kind"), message, "", help_)


def copy_from_lost_region(view: View) -> Iterator[Remark]:
    """Remark on a recovery that fetches from the Region that is lost."""
    for one in view.acting(Phase.RECOVER):
        for field in _FROM:
            if one.step.with_.get(field) in view.lost_regions:
                message = f"{one.name} fetches from {one.step.with_[field]}, which is lost"
                help_ = "have the copies there beforehand, and restore from them"
                yield Remark((*one.path, "with", field), message, "", help_)


def _host(params: Json) -> str:
    """Return what a probe asks, without the path; empty if its parameters do not say."""
    for key in _WHERE:
        given = params.get(key)
        if isinstance(given, str):
            match = _HOST.match(given)
            return (match[1] if match else given.split("/")[0]).lower()
    return ""
