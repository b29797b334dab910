"""AWS Backup: recovery points and restore jobs of DynamoDB tables, all of which moto lacks.

AWS: a backup job leaves a recovery point in a vault. StartRestoreJob answers with the id of a job
that is PENDING, then RUNNING, and COMPLETED once the resource named in the metadata is there
(CreatedResourceArn); asked again with the same token, it answers with the same job. A result of
one's own validation is put on a job that is COMPLETED.
moto: knows vaults and plans, and no jobs.
All of it is ours, then. Still simplified: backup jobs end at once; tables only, without tags,
indexes and recovery settings of their own; roles are not looked at; jobs are kept for ever.
Source: AWS Backup Developer Guide, "Restoring an Amazon DynamoDB table", "Restore testing"; AWS
Backup API Reference, StartRestoreJob, ListRestoreJobs, GetRecoveryPointRestoreMetadata,
PutRestoreValidationResult.
"""

import copy
import json
import time
from typing import Any
from urllib.parse import unquote

from dr.sandbox.patches.dynamodb import begin
from dr.sandbox.patches.patching import add
from dr.sandbox.sim import Sim

_PATHS = (
    "backup-jobs",
    "backup-vaults/(?P<name>[^/]+)/recovery-points/",
    "backup-vaults/(?P<name>[^/]+)/recovery-points/(?P<point>[^/]+)/restore-metadata",
    "restore-jobs",
    "restore-jobs/",
    "restore-jobs/(?P<job>[^/]+)",
    "restore-jobs/(?P<job>[^/]+)/validations",
)
_TYPE = "DynamoDB"
_TARGET = "targetTableName"


def apply(sim: Sim) -> None:
    """Give moto's AWS Backup what it lacks."""
    from moto.backup import urls
    from moto.backup.responses import BackupResponse

    for path in _PATHS:
        urls.url_paths[f"{{0}}/{path}$"] = BackupResponse.dispatch
    add(sim, BackupResponse, "start_backup_job", _back_up)
    add(sim, BackupResponse, "list_recovery_points_by_backup_vault", _points_of)
    add(sim, BackupResponse, "get_recovery_point_restore_metadata", _metadata)
    add(sim, BackupResponse, "start_restore_job", _start)
    add(sim, BackupResponse, "list_restore_jobs", _jobs_of)
    add(sim, BackupResponse, "describe_restore_job", _described)
    add(sim, BackupResponse, "put_restore_validation_result", _validated)


def _kept(self: Any, what: str) -> dict[str, Any]:
    """Return what there is of a kind (points, jobs) in the Region, by ARN or id."""
    kept: dict[str, Any] = self.backup_backend.__dict__.setdefault(f"_dr_{what}", {})
    return kept


def _back_up(sim: Sim, self: Any) -> str:
    asked = json.loads(self.body)
    vault = self.backup_backend.describe_backup_vault(asked["BackupVaultName"])
    table = _tables(self).get(asked["ResourceArn"].rpartition("/")[2])
    if table is None:
        raise _error("ResourceNotFoundException", f"There is no {asked['ResourceArn']}")
    with sim.lock:
        point = {
            "RecoveryPointArn": _arn(self, f"recovery-point:{_id()}"),
            "BackupVaultName": vault.backup_vault_name,
            "BackupVaultArn": vault.backup_vault_arn,
            "ResourceArn": table.table_arn,
            "ResourceType": _TYPE,
            "CreationDate": time.time(),
            "Status": "COMPLETED",
        }
        _kept(self, "points")[point["RecoveryPointArn"]] = (point, copy.deepcopy(table))
    return json.dumps({"BackupJobId": _id(), "RecoveryPointArn": point["RecoveryPointArn"]})


def _points_of(sim: Sim, self: Any) -> str:
    vault, wanted = self.path.split("/")[2], self._get_param("resourceArn")
    found = [
        point
        for point, _ in _kept(self, "points").values()
        if point["BackupVaultName"] == vault and wanted in {None, point["ResourceArn"]}
    ]
    return json.dumps({"RecoveryPoints": found})


def _metadata(sim: Sim, self: Any) -> str:
    point, table = _point(self, unquote(self.path).rpartition("/recovery-points/")[2])
    return json.dumps(
        {
            "BackupVaultArn": point["BackupVaultArn"],
            "RecoveryPointArn": point["RecoveryPointArn"],
            "RestoreMetadata": {"originalTableName": table.name, "encryptionType": "Default"},
            "ResourceType": _TYPE,
        }
    )


def _start(sim: Sim, self: Any) -> str:
    asked = json.loads(self.body)
    jobs, token = _kept(self, "jobs"), asked.get("IdempotencyToken")
    point, table = _point(self, asked["RecoveryPointArn"])
    name = asked["Metadata"].get(_TARGET)
    if not name:
        raise _error("InvalidParameterValueException", f"Metadata must name {_TARGET}")
    with sim.lock:
        same = [job for job in jobs.values() if token is not None and job["token"] == token]
        if same:
            return json.dumps({"RestoreJobId": same[0]["told"]["RestoreJobId"]})
        told: dict[str, Any] = {
            "RestoreJobId": _id(),
            "AccountId": self.current_account,
            "RecoveryPointArn": point["RecoveryPointArn"],
            "SourceResourceArn": point["ResourceArn"],
            "RecoveryPointCreationDate": point["CreationDate"],
            "ResourceType": _TYPE,
            "IamRoleArn": asked.get("IamRoleArn", ""),
            "CreationDate": time.time(),
            "Status": "PENDING",
        }
        jobs[told["RestoreJobId"]] = {"told": told, "token": token}
    tables = _tables(self)
    sim.later("restore job", lambda: _restoring(sim, tables, told, table, name))
    return json.dumps({"RestoreJobId": told["RestoreJobId"]})


def _restoring(sim: Sim, tables: Any, told: dict[str, Any], origin: Any, name: str) -> None:
    """Do a job: half of its time passes before there is a table, half of it until it is ACTIVE."""
    told["Status"] = "RUNNING"
    sim.pause(sim.times.restore / 2)
    with sim.lock:
        if name in tables:
            message = f"Table already exists: {name}"
            told.update(Status="FAILED", StatusMessage=message, CompletionDate=time.time())
            return
        table = copy.deepcopy(origin)
        table.table_arn = table.table_arn.replace(f"table/{table.name}", f"table/{name}")
        table.name, table.tags = name, []
        begin(table, sim.times.restore / 2)
        tables[name] = table
    sim.pause(sim.times.restore / 2)
    told.update(Status="COMPLETED", CreatedResourceArn=table.table_arn, CompletionDate=time.time())


def _jobs_of(sim: Sim, self: Any) -> str:
    wanted = self._get_param("resourceType")
    jobs = [job["told"] for job in _kept(self, "jobs").values()]
    return json.dumps({"RestoreJobs": [j for j in jobs if wanted in {None, j["ResourceType"]}]})


def _described(sim: Sim, self: Any) -> str:
    return json.dumps(_job(self))


def _validated(sim: Sim, self: Any) -> tuple[int, dict[str, str], str]:
    asked, job = json.loads(self.body), _job(self)
    if job["Status"] != "COMPLETED":
        raise _error("InvalidRequestException", f"Restore job is {job['Status']}")
    job["ValidationStatus"] = asked["ValidationStatus"]
    job["ValidationStatusMessage"] = asked.get("ValidationStatusMessage", "")
    return 204, {}, ""


def _job(self: Any) -> dict[str, Any]:
    found = _kept(self, "jobs").get(self.path.split("/")[2])
    if found is None:
        raise _error("ResourceNotFoundException", "There is no such restore job")
    told: dict[str, Any] = found["told"]
    return told


def _point(self: Any, named: str) -> tuple[dict[str, Any], Any]:
    found = _kept(self, "points").get(named.removesuffix("/restore-metadata"))
    if found is None:
        raise _error("ResourceNotFoundException", f"There is no recovery point {named}")
    point, table = found
    return point, table


def _tables(self: Any) -> Any:
    from moto.dynamodb.models import dynamodb_backends

    return dynamodb_backends[self.current_account][self.region].tables


def _arn(self: Any, what: str) -> str:
    return f"arn:aws:backup:{self.region}:{self.current_account}:{what}"


def _id() -> str:
    from moto.moto_api._internal import mock_random

    return str(mock_random.uuid4())


def _error(code: str, message: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    return JsonRESTError(code, message)
