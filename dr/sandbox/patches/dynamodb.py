"""DynamoDB: a restore to a point in time that respects the time, and takes some.

AWS: RestoreTableToPointInTime brings back the items as they were at that second, into a table that
is CREATING for a while and serves nothing until it is ACTIVE; tags, TTL and the recovery setting
itself are not restored. It refuses a table without recovery, and a time outside the window.
moto: copies the items of *now*, at once, whatever the time, with or without recovery enabled.
Still simplified: the window reaches up to this moment (AWS: about five minutes behind), precision
is finer than AWS's second, and a deleted table's window is gone with it. Global tables are in
`dynamodb_global`.
Source: Amazon DynamoDB API reference; developer guide, "Point-in-time recovery: how it works".
"""

import copy
import datetime as dt
import math
import time
from typing import Any

from dr.sandbox.patches.patching import Patch, patch
from dr.sandbox.sim import Sim

WRITES = ("put_item", "update_item", "delete_item")
_READS = ("get_item", "query", "scan")


def apply(sim: Sim) -> None:
    """Patch moto's DynamoDB."""
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import RestoredPITTable, RestoredTable, Table
    from moto.dynamodb.responses import DynamoHandler

    for name in WRITES:
        patch(sim, DynamoDBBackend, name, _write)
    for name in _READS:
        patch(sim, DynamoDBBackend, name, _read)
    patch(sim, DynamoDBBackend, "transact_write_items", _transact)
    patch(sim, DynamoDBBackend, "describe_continuous_backups", _window)
    patch(sim, DynamoDBBackend, "restore_table_from_backup", _from_backup)
    patch(sim, DynamoDBBackend, "delete_table", _delete_table)
    patch(sim, DynamoHandler, "restore_table_to_point_in_time", _restore_request)
    for kind in (RestoredTable, RestoredPITTable, Table):  # the first two add to the third's
        patch(sim, kind, "describe", _describe)


def _journal(table: Any) -> list[tuple[float, Any, Any, Any]]:
    """Return the table's item changes: (wall time, hash key, range key, item or None)."""
    if "_dr_journal" not in table.__dict__:
        table._dr_journal = []
    journal: list[tuple[float, Any, Any, Any]] = table._dr_journal
    return journal


def _write(sim: Sim, original: Patch, self: Any, table_name: str, *args: Any, **kwargs: Any) -> Any:
    table = self.get_table(table_name)
    _must_be_active(table)
    with sim.lock:
        result = original(self, table_name, *args, **kwargs)
        _journal(table).append((time.time(), *changed(self, table, args, kwargs)))
    return result


def changed(backend: Any, table: Any, args: Any, kwargs: Any) -> tuple[Any, Any, Any]:
    """Return what a write has changed, as it is now: hash key, range key, item (None: gone)."""
    key = args[0] if args else kwargs.get("item_attrs", kwargs.get("key"))
    hash_key, range_key = backend.get_keys_value(table, key)
    return hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key))


def store(table: Any, hash_key: Any, range_key: Any, item: Any) -> None:
    """Write an item (None: delete it) past all conditions, and journal it."""
    _put(table, hash_key, range_key, copy.deepcopy(item))
    _journal(table).append((time.time(), hash_key, range_key, copy.deepcopy(item)))


def _read(sim: Sim, original: Patch, self: Any, table_name: str, *args: Any, **kwargs: Any) -> Any:
    _must_be_active(self.tables.get(table_name))
    return original(self, table_name, *args, **kwargs)


def _transact(sim: Sim, original: Patch, self: Any, transact_items: list[Any]) -> None:
    # moto rolls back by putting deep copies of the tables (and so of their journals) in place.
    with sim.lock:
        original(self, transact_items)


def _must_be_active(table: Any) -> None:
    from moto.dynamodb.exceptions import ResourceNotFoundException

    if table is not None and _creating(table):
        raise ResourceNotFoundException(msg="Requested resource not found")


def _creating(table: Any) -> bool:
    return bool(table.__dict__.get("_dr_ready_at", 0.0) > time.monotonic())


def _describe(
    sim: Sim, original: Patch, self: Any, base_key: str = "TableDescription"
) -> dict[str, Any]:
    result: dict[str, Any] = original(self, base_key=base_key)
    if _creating(self):
        result[base_key]["TableStatus"] = "CREATING"
        if "RestoreSummary" in result[base_key]:
            result[base_key]["RestoreSummary"]["RestoreInProgress"] = True
    return result


def _delete_table(sim: Sim, original: Patch, self: Any, name: str) -> Any:
    from moto.dynamodb.exceptions import ResourceInUseException

    table = self.tables.get(name)
    if table is not None and _creating(table):
        raise ResourceInUseException(f"Table is being created: {name}")
    return original(self, name)


def _window(sim: Sim, original: Patch, self: Any, table_name: str) -> dict[str, Any]:
    found: dict[str, Any] = original(self, table_name)
    window = found["PointInTimeRecoveryDescription"]
    if window["PointInTimeRecoveryStatus"] == "ENABLED":
        window["LatestRestorableDateTime"] = time.time()
    return found


def _restore_request(sim: Sim, original: Patch, self: Any) -> Any:
    from moto.dynamodb.responses import DynamoResult

    body = self.body
    name = body.get("SourceTableName") or str(body.get("SourceTableArn", "")).rpartition("/")[2]
    asked = body.get("RestoreDateTime")
    with sim.lock:
        table = _restore(
            sim,
            self.dynamodb_backend,
            body.get("TargetTableName"),
            name,
            time.time() if body.get("UseLatestRestorableTime") else _seconds(asked),
        )
        return DynamoResult(table.describe())


def _seconds(asked: object) -> float | None:
    if isinstance(asked, (int, float)):
        return float(asked)
    if isinstance(asked, dt.datetime):
        aware = asked if asked.tzinfo else asked.replace(tzinfo=dt.UTC)
        return aware.timestamp()
    return None


def _restore(sim: Sim, backend: Any, target: str, source: str, at: float | None) -> Any:
    from moto.dynamodb.exceptions import (
        MockValidationException,
        PointInTimeRecoveryUnavailable,
        SourceTableNotFoundException,
    )

    if source not in backend.tables:
        raise SourceTableNotFoundException(source)
    if at is None:
        raise MockValidationException(
            "Either RestoreDateTime or UseLatestRestorableTime must be given"
        )
    window = backend.describe_continuous_backups(source)["PointInTimeRecoveryDescription"]
    if window["PointInTimeRecoveryStatus"] != "ENABLED":
        raise PointInTimeRecoveryUnavailable(source)
    # AWS tells the window's start in whole seconds; a time read from it must be accepted.
    if not math.floor(window["EarliestRestorableDateTime"]) <= at <= time.time():
        raise _invalid_time()
    # moto copies all items of the source; what it makes of them is then put right.
    table = backend.restore_table_to_point_in_time(target, source)
    origin = backend.tables[source]
    table.billing_mode = origin.billing_mode
    table.items = type(table.items)(dict)
    for changed, hash_key, range_key, item in _journal(origin):
        if changed <= at:
            _put(table, hash_key, range_key, copy.deepcopy(item))
    table.restore_date_time = dt.datetime.fromtimestamp(at, tz=dt.UTC).replace(tzinfo=None)
    begin(table, sim.times.restore)
    return table


def _put(table: Any, hash_key: Any, range_key: Any, item: Any) -> None:
    if table.range_key_attr is None:
        if item is None:
            table.items.pop(hash_key, None)
        else:
            table.items[hash_key] = item
    elif item is None:
        table.items.get(hash_key, {}).pop(range_key, None)
    else:
        table.items[hash_key][range_key] = item


def begin(table: Any, seconds: float) -> None:
    """Make the table CREATING for a while, its journal starting with what it holds."""
    table._dr_ready_at = time.monotonic() + seconds
    now = time.time()
    table._dr_journal = []
    for hash_key, value in table.items.items():
        if table.range_key_attr is None:
            table._dr_journal.append((now, hash_key, None, copy.deepcopy(value)))
            continue
        for range_key, item in value.items():
            table._dr_journal.append((now, hash_key, range_key, copy.deepcopy(item)))


def _from_backup(
    sim: Sim, original: Patch, self: Any, target_table_name: str, backup_arn: str
) -> Any:
    with sim.lock:
        table = original(self, target_table_name, backup_arn)
        table.billing_mode = self.get_backup(backup_arn).table.billing_mode
        begin(table, sim.times.restore)
        return table


def _invalid_time() -> Exception:
    from moto.core.exceptions import JsonRESTError
    from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX

    return JsonRESTError(
        ERROR_TYPE_PREFIX + "InvalidRestoreTimeException",
        "The specified time is outside of the restorable window: it must lie between "
        "EarliestRestorableDateTime and LatestRestorableDateTime",
    )
