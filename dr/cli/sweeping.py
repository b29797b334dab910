"""Finding what crashed runs have left, at the sites of a drill or wherever one is told to look.

Limits:  what was changed in place leaves nothing to find it by: the drill's steps that are not
         `TRACED` are named, for a person. They carry no tags of ours because that would be one
         more change in place, to be undone and seen as drift by Terraform, which owns them; and
         a record of Route 53, a parameter's value or an item of a table has none. Marks are found
         where a drill says they are, in buckets and tables; those behind a service's own interface
         are not. An observer that outlived its run may still write some, until its own deadline.
         Beside what `dr iam-policy` lists it takes ssm:DescribeParameters, ssm:GetParameters,
         ssm:GetParameterHistory, rds:DescribeDBInstances,
         ec2:DescribeInstances and ec2:DescribeVolumes; where it finds instances that a run built,
         elasticloadbalancing:DescribeTargetGroups and DescribeTargetHealth, too.
"""

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dr.cli import answers
from dr.cli.catalogue import WRITTEN, kinds
from dr.cli.evidence import lines_of
from dr.cli.files import read_drill
from dr.cli.home import home
from dr.cli.session import EXPIRES
from dr.cli.stage import Stage, sandbox_home
from dr.cli.stages import bound_plan, opened
from dr.cloud import (
    left_acls,
    left_instances,
    left_servers,
    left_snapshots,
    left_tables,
    left_volumes,
)
from dr.cloud.aws import Aws
from dr.cloud.errors import translate
from dr.cloud.leftover import Leftover
from dr.core.planning import plan as plan_of
from dr.core.uses import overlays
from dr.model.drill import MarksSpec, Site
from dr.model.errors import Forbidden, Refused
from dr.model.plan import Plan, StepClass
from dr.stores.rundir import RunDir

if TYPE_CHECKING:
    from dr.ports import Marks

_SITE: Final = re.compile(
    r"([a-z][a-z0-9-]{0,62})=(\d{12})/([a-z]{2}(?:-[a-z]+)+-\d)(?:/([\w+=,.@-]+))?"
)
_RUN: Final = re.compile(r"[a-z][a-z0-9-]*-\d{4}(\.[0-9a-f]{8})?")
_MARKS_S: Final = 20.0
TRACED: Final = (
    "aws.dynamodb.restore_backup",
    "aws.dynamodb.restore_point_in_time",
    "aws.ec2.rebuild_instance",
    "aws.ec2.restore_volume",
    "aws.ec2.zone_blackhole",
    "aws.rds.copy_snapshot",
    "aws.rds.restore_point_in_time",
    "aws.rds.restore_snapshot",
    "aws.kms.enable_key",  # there is nothing to put back, here and below
    "aws.s3.roll_back",
    "aws.s3.undelete",
    "aws.secretsmanager.restore_secret",
)
"""What these kinds leave is always found; of any other, what it changed in place may not be."""


class Sweep:
    """The sites to look at, on one stage; with the plan of a drill if one was named."""

    def __init__(self, stage: Stage, sites: dict[str, Site], plan: Plan | None) -> None:
        """Ask nothing yet."""
        self.stage = stage
        self.sites = sites
        self.plan = plan

    def find(self, *, put_back: bool) -> Iterator[tuple[str, Leftover]]:
        """Yield every leftover with its site. Raises DrError."""
        for name, aws in self._hands():
            try:
                for one in left_acls.find(aws):
                    yield name, one
                for one in left_instances.find(aws):
                    yield name, one
                for one in left_snapshots.find(aws):
                    yield name, one
                for one in left_servers.find(aws):
                    yield name, one
                for one in left_volumes.find(aws):
                    yield name, one
                for one in left_tables.find(aws, EXPIRES, put_back=put_back):
                    yield name, one
                for one in self._marks(name, aws):
                    yield name, one
            except Exception as error:
                raise translate(error) or error from error

    def untraced(self) -> list[str]:
        """Return the steps of the drill whose changes leave no trace to find them by."""
        steps = self.plan.steps if self.plan is not None else ()
        return [
            f"{step.id} ({step.kind})"
            for step in steps
            if step.klass is StepClass.ACTION and step.kind not in TRACED
        ]

    def _hands(self) -> Iterator[tuple[str, Aws]]:
        for name, site in self.sites.items():
            aws = self.stage.aws(site)
            if not self.stage.simulated:
                _same_account(aws, name)
            yield name, aws

    def _marks(self, site: str, aws: Aws) -> Iterator[Leftover]:
        if self.plan is None:
            return
        for spec in self.plan.marks:
            of_site = spec.site or (next(iter(self.sites)) if len(self.sites) == 1 else None)
            if of_site != site:
                continue
            for at, _, params in overlays(spec):
                if "${" in str(params):
                    continue  # a table that a run restores: it goes as a whole
                yield from self._of(spec, params, aws, " ".join(map(str, at)))

    def _of(self, spec: MarksSpec, params: Any, aws: Aws, field: str) -> Iterator[Leftover]:
        look = {"s3.marks": _in_bucket, "dynamodb.marks": _in_table}.get(spec.kind)
        if look is None:
            return
        drill = self.plan.drill if self.plan is not None else ""
        for run, newest in look(aws, params).items():
            if run.rpartition("-")[0] == drill and _RUN.fullmatch(run):
                yield Leftover(
                    kind="marks",
                    id=f"{spec.id}/{run}",
                    run=run,
                    expires=None if newest is None else newest + EXPIRES,
                    does=f"removes the marks of {run} from where `{field}` of {spec.id} says",
                    remove=partial(self._clean, spec, params, run),
                )

    def _clean(self, spec: MarksSpec, params: Any, run: str) -> None:
        name = spec.site or next(iter(self.sites))
        asking = self.stage.asking(self.sites[name], _MARKS_S)
        made: Marks = WRITTEN.load(spec.kind)(params, asking, run)
        made.clean()


def owned(one: Leftover) -> bool:
    """Say whether a leftover is of a run that a process on this machine owns now.

    Marks carry the run's id; a tag also a part of its nonce, for ids are unique to a home only. A
    restored table does not say whose it is, but the journal of its run names it.
    """
    return any(
        (_is_of(one, run) if one.run else _names(run, one.id))
        for run in home().runs()
        if answers.owned(run)
    )


def _is_of(one: Leftover, run: RunDir) -> bool:
    id_, _, part = one.run.partition(".")
    return id_ == run.id and str(run.intent()["nonce"]).startswith(part)


def _names(run: RunDir, what: str) -> bool:
    return any(what.encode() in line for line in lines_of(run))


@contextlib.contextmanager
def sweep(drill: Path | None, sites: tuple[str, ...], *, sandbox: bool) -> Iterator[Sweep]:
    """Have what to sweep for as long as the block. Raises DefinitionError, Refused."""
    if drill is None:
        yield Sweep(_sandbox() if sandbox else Stage(simulated=False), _sites(sites), None)
        return
    parsed = read_drill(drill)
    planned = plan_of(parsed, kinds(), simulated=sandbox)
    if sandbox:
        _sandbox()  # one that is made for the sweep would have nothing to find
    with opened(parsed.drill, drill, sandbox=sandbox) as stage:
        plan = bound_plan(planned, stage, parsed)
        yield Sweep(stage, {**plan.sites, **_sites(sites)}, plan)


def _sandbox() -> Stage:
    from dr.sandbox import control

    found = control.find(sandbox_home(home().path))
    if found is None:
        raise Refused("there is no sandbox up, and so nothing in it")
    return Stage(simulated=True, endpoint=found.endpoint, resolver=found.resolver)


def _sites(given: tuple[str, ...]) -> dict[str, Site]:
    sites: dict[str, Site] = {}
    for text in given:
        match = _SITE.fullmatch(text)
        if match is None:
            raise Refused(f"{text!r} is no site: write NAME=ACCOUNT/REGION or …/REGION/ROLE")
        name, account, region, role = match.groups()
        sites[name] = Site(account=account, region=region, role=role)
    return sites


def _same_account(aws: Aws, site: str) -> None:
    """Refuse to look in another account than the one named."""
    try:
        account = aws.sts.get_caller_identity()["Account"]
    except Exception as error:
        raise translate(error) or error from error
    if account != aws.account:
        raise Forbidden(f"site {site}: these credentials are for account {account}")


def _in_bucket(aws: Aws, params: dict[str, str]) -> dict[str, datetime | None]:
    """Return the runs whose marks a bucket has in any version, and when the newest was written."""
    lead = params.get("prefix", "dr-marks/")
    lead = lead if lead.endswith("/") or not lead else f"{lead}/"
    found: dict[str, datetime | None] = {}
    pages = aws.s3.get_paginator("list_object_versions").paginate(
        Bucket=params["bucket"], Prefix=lead
    )
    for page in pages:
        for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            run, _, number = str(one["Key"]).removeprefix(lead).partition("/")
            if number.isdecimal():
                newest = found.get(run)
                at: datetime = one["LastModified"]
                found[run] = at if newest is None else max(newest, at)
    return found


def _in_table(aws: Aws, params: dict[str, str]) -> dict[str, datetime | None]:
    """Return the runs whose marks a table has; when they were written, no item tells."""
    from dr.cloud import dynamodb

    key = dynamodb.key_of(aws, params["table"])
    found: dict[str, datetime | None] = {}
    for _, items in dynamodb.scan(aws, params["table"], key, "dr-mark#"):
        for item in items:
            run: Any = item.get("dr_run", {})
            found[str(run.get("S", ""))] = None
    return found
