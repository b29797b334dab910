"""Apply a Terraform configuration with other variables: scale the standby up, build it anew.

Looking makes a plan and saves it; what is applied is that file and nothing else. Terraform refuses
it if the state has moved meanwhile, so it is never applied twice, nor to a world it was not made
for. The way back is an apply with `undo_vars`, planned when it is needed: its plan cannot be made
before the change it takes back.

Units:   none; this file keeps no time.
Errors:  Refused - the plan destroys or replaces something that holds data and is not named in
         `allow_destroy`; the way back would; a secret variable is given (a drill's parameters are
         journaled: hand it over as TF_VAR_NAME in the environment); the saved plan is stale, or the
         state is locked. Failed - the apply ended with an error. Unclear - it was stopped or lost.
Limits:  `needs` is empty: the permissions are those of the configuration's own resources. An apply
         that ended with an error may have done a part; that is astray, for a person to look at.
Source:  Terraform CLI, `plan -out` and `apply FILE`; the run of `apply` is a child of the run
         (`dr.cloud.child`) named "apply", one per step and way.
Example: {id: scale-up, kind: terraform.apply,
          with: {config: standby, vars: {capacity: 6}, undo_vars: {capacity: 2}, timeout: 20m}}
"""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import Field

from dr.cloud.child import Child, ChildState
from dr.cloud.terraform import Terraform
from dr.cloud.terraform_json import PlanSummary, Resource
from dr.cloud.terraform_outcome import outcome
from dr.model.base import Json, Record
from dr.model.errors import Refused
from dr.model.intent import Intent
from dr.model.names import Name
from dr.model.progress import Doubt, Progress
from dr.model.units import Duration
from dr.ports import Action, Irreversible, Kept

ATTEMPT = "apply"
QUICK_S = 3.0  # a stale plan or a locked state is told within so long

HOLDS_DATA = (
    "aws_backup_vault",
    "aws_cognito_user_pool",
    "aws_db_cluster_snapshot",
    "aws_db_instance",
    "aws_db_snapshot",
    "aws_docdb_",
    "aws_dynamodb_",
    "aws_ebs_snapshot",
    "aws_ebs_volume",
    "aws_ecr_repository",
    "aws_efs_file_system",
    "aws_elasticache_",
    "aws_elasticsearch_domain",
    "aws_fsx_",
    "aws_instance",
    "aws_kinesis_stream",
    "aws_kms_key",
    "aws_kms_replica_key",
    "aws_memorydb_cluster",
    "aws_msk_cluster",
    "aws_neptune_",
    "aws_opensearch_domain",
    "aws_rds_cluster",
    "aws_rds_global_cluster",
    "aws_redshift_cluster",
    "aws_route53_zone",
    "aws_s3_bucket",
    "aws_s3_bucket_object",
    "aws_s3_object",
    "aws_secretsmanager_secret",
    "aws_sqs_queue",
)
"""Types (or the beginnings of types) of resources whose destruction loses data or keys."""
# They begin like the above, and hold nothing but a setting.
_SETTINGS = ("aws_rds_cluster_parameter_group", "aws_s3_bucket_", "aws_elasticache_parameter_group")


class Params(Record):
    config: Name = Field(description="Name of the configuration in the drill's `terraform`.")
    vars: Json = Field(
        default_factory=dict,
        description="Variables to apply with; the others keep their defaults. No secrets: they "
        "come as TF_VAR_NAME in the environment.",
    )
    undo_vars: Json | None = Field(
        default=None,
        description="Variables to apply with on the way back; absent: there is no way back.",
    )
    allow_destroy: tuple[str, ...] = Field(
        default=(),
        description="Addresses of resources that hold data and may be destroyed or replaced.",
    )
    timeout: Duration = Field(
        default=Duration.parse("1h"),
        description="The apply is interrupted after so long.",
    )


class Seen(Record):
    """The apply of this step and way, if it was ever begun; otherwise a fresh plan."""

    apply: Literal["none", "running", "done", "failed", "lost"] = Field(
        description="The apply of this step; lost: its supervisor died, and nobody knows its end."
    )
    message: str = Field(default="", description="The last that it has said.")
    lineage: str = Field(default="", description="Identity of the state that was planned on.")
    serial: int = Field(default=0, description="Version of that state.")
    plan: PlanSummary | None = Field(
        default=None, description="What the fresh plan would do; null: none was made."
    )
    plan_sha256: str | None = Field(default=None, description="Digest of the saved plan file.")


class Change(Record):
    """From the state `lineage`/`serial` to where the saved plan leads."""

    config: str = Field(description="Name of the configuration.")
    lineage: str = Field(description="Identity of the state before.")
    serial: int | None = Field(
        description="Version of the state before; null on the way back, where it is not known yet."
    )
    plan_sha256: str | None = Field(
        description="Digest of the saved plan that is applied; null on the way back, where the "
        "plan is made when it is applied."
    )
    does: str = Field(description='What it does, as "2 to add, 1 to change, ...".')
    vars: Json = Field(description="Variables to apply with.")
    vars_sha256: str = Field(description="Digest of the variables.")
    undo_vars: Json | None = Field(description="Variables of the way back; null: there is none.")
    allow_destroy: tuple[str, ...] = Field(
        description="Addresses of what holds data and may be destroyed or replaced."
    )
    timeout: Duration = Field(description="The apply is interrupted after so long.")


class TerraformApply(Action[Terraform, Params, Seen, Change]):
    kind = "terraform.apply"
    hand = Terraform
    needs = ()
    doubt = Doubt.ATTACHABLE
    params = Params
    seen = Seen
    change = Change

    def observe(self, hand: Terraform, params: Params) -> Seen:
        hand.initialise_once()
        child = hand.children.find(ATTEMPT)
        if child is None:
            return _planned(hand, params, Seen(apply="none"), lock=True)
        status = child.state()
        if status.state is ChildState.RUNNING or status.survivor is not None:
            hand.note_lock(child)
            return Seen(apply="running", message=_last(child))
        error = outcome(child)
        if error is None:
            return Seen(apply="done", message=_last(child))
        how: Literal["failed", "lost"] = "lost" if status.state is ChildState.LOST else "failed"
        # Its lock may still be there; looking must not wait for it.
        return _planned(hand, params, Seen(apply=how, message=str(error)), lock=False)

    def plan(self, params: Params, seen: Seen, intent: Intent) -> Change:
        if seen.apply != "none" or seen.plan is None:
            raise Refused(f"an apply of this step is {seen.apply} already: {seen.message}")
        secret = sorted(set(params.vars) & set(seen.plan.secret_variables))
        if secret:
            raise Refused(
                f"{', '.join(secret)} is sensitive, and a drill's parameters are journaled: "
                f"hand it over as TF_VAR_{secret[0]} in the environment"
            )
        _keep_data(seen.plan, params.allow_destroy)
        if params.undo_vars is not None:
            _keep_data(PlanSummary(destroys=seen.plan.creates), params.allow_destroy, " on undo")
        return Change(
            config=params.config,
            lineage=seen.lineage,
            serial=seen.serial,
            plan_sha256=seen.plan_sha256,
            does=seen.plan.counts,
            vars=params.vars,
            vars_sha256=_digest(params.vars),
            undo_vars=params.undo_vars,
            allow_destroy=params.allow_destroy,
            timeout=params.timeout,
        )

    def execute(self, hand: Terraform, change: Change) -> None:
        child = hand.children.find(ATTEMPT)
        if child is None:
            hand.initialise_once()
            hand.release_lock()
            plan = _saved(hand, change)
            child = hand.begin_apply(plan, ATTEMPT, change.timeout.seconds)
        if child.wait(QUICK_S).state is ChildState.RUNNING:
            return
        error = outcome(child)
        if error is not None:
            raise error

    def progress(self, change: Change, seen: Seen) -> Progress:
        if seen.apply == "running":
            return Progress.MOVING
        if seen.apply == "done":
            return Progress.SETTLED
        if change.plan_sha256 is None:  # the way back: the plan that was seen leads elsewhere
            return Progress.UNTOUCHED if seen.apply == "none" else Progress.ASTRAY
        if seen.plan is not None and seen.plan.empty:
            return Progress.SETTLED
        if seen.apply == "none" and (seen.lineage, seen.serial) == (change.lineage, change.serial):
            return Progress.UNTOUCHED
        return Progress.ASTRAY

    def undo(self, change: Change) -> Change | Irreversible | Kept:
        if change.undo_vars is None:
            return Irreversible("no undo_vars are given")
        return Change(
            config=change.config,
            lineage=change.lineage,
            serial=None,
            plan_sha256=None,
            does=f"back from: {change.does}",
            vars=change.undo_vars,
            vars_sha256=_digest(change.undo_vars),
            undo_vars=change.vars,
            allow_destroy=change.allow_destroy,
            timeout=change.timeout,
        )

    def targets(self, change: Change) -> tuple[str, ...]:
        return ()  # the configuration's own; its provider's allowed_account_ids is the guard


def _planned(hand: Terraform, params: Params, seen: Seen, *, lock: bool) -> Seen:
    state = hand.state_info()
    saved = hand.plan(params.vars, lock=lock)
    return seen.model_copy(
        update={
            "lineage": state.lineage,
            "serial": state.serial,
            "plan": saved.summary,
            "plan_sha256": saved.sha256,
        }
    )


def _saved(hand: Terraform, change: Change) -> Path:
    """Return the file to apply: the one that was planned, or on the way back a new one."""
    if change.plan_sha256 is None:
        saved = hand.plan(change.vars)
        _keep_data(saved.summary, change.allow_destroy)
        return Path(saved.path)
    path = hand.plan_file(change.plan_sha256)
    if not path.is_file():
        raise Refused(f"the saved plan {path.name} is gone")
    if hashlib.sha256(path.read_bytes()).hexdigest() != change.plan_sha256:
        raise Refused(f"the saved plan {path.name} is not the one that was planned")
    return path


def _keep_data(plan: PlanSummary, allowed: tuple[str, ...], when: str = "") -> None:
    lost = [r for r in (*plan.destroys, *plan.replaces) if _holds_data(r)]
    refused = [r.address for r in lost if r.address not in allowed]
    if refused:
        raise Refused(
            f"the plan would destroy or replace {', '.join(refused)}{when}, which holds data; "
            "name it in allow_destroy if that is meant"
        )


def _holds_data(resource: Resource) -> bool:
    kind = resource.type
    return kind in HOLDS_DATA or (kind.startswith(HOLDS_DATA) and not kind.startswith(_SETTINGS))


def _digest(variables: Json) -> str:
    text = json.dumps(variables, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _last(child: Child) -> str:
    """Return the last thing Terraform said, for the operator."""
    lines = [line for line in child.tail().splitlines() if line.startswith("{")]
    try:
        return str(json.loads(lines[-1])["@message"]) if lines else ""
    except (ValueError, KeyError):
        return ""
