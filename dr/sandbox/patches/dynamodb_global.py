"""DynamoDB global tables: replicas that all take writes, and follow each other late.

AWS: UpdateTable with ReplicaUpdates makes a replica of a table in another Region, or removes it.
Each replica takes reads and writes; a write reaches the others about a second later, and of two
writes of one item the later one stays, everywhere. DescribeTable names the other replicas.
moto: takes ReplicaUpdates and makes nothing of them.
Replicas are ours, then. Still simplified: a new replica is ACTIVE at once; the clocks of all
Regions agree; only items are followed (AWS: tags, settings and indexes, too); version 2019.11.21
with eventual consistency only; a transaction that is rolled back parts a replica from the others.
Source: Amazon DynamoDB Developer Guide, "Global tables: how they work"; Amazon DynamoDB API
Reference, UpdateTable (ReplicaUpdates), DescribeTable (Replicas).
"""

import copy
import time
from typing import Any

from dr.sandbox.patches.dynamodb import WRITES, changed, store
from dr.sandbox.patches.patching import Patch, patch
from dr.sandbox.sim import Sim

_VERSION = "2019.11.21"


def apply(sim: Sim) -> None:
    """Patch moto's DynamoDB, on top of `dr.sandbox.patches.dynamodb`."""
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    for name in WRITES:
        patch(sim, DynamoDBBackend, name, _write)
    patch(sim, DynamoDBBackend, "delete_table", _delete_table)
    patch(sim, DynamoHandler, "update_table", _update)
    patch(sim, Table, "describe", _describe)


def _family(table: Any) -> dict[str, Any]:
    """Return the replicas of a table by Region, itself among them; empty: it has none."""
    family: dict[str, Any] = table.__dict__.get("_dr_family", {})
    return family


def _others(table: Any) -> list[str]:
    return sorted(region for region in _family(table) if region != table.region_name)


def _write(sim: Sim, original: Patch, self: Any, table_name: str, *args: Any, **kwargs: Any) -> Any:
    result = original(self, table_name, *args, **kwargs)
    table = self.get_table(table_name)
    if not _others(table):
        return result
    with sim.lock:
        hash_key, range_key, item = changed(self, table, args, kwargs)
        stamp = (time.time_ns(), self.region_name)
        table._dr_stamps[hash_key, range_key] = stamp

    def following() -> None:
        sim.pause(sim.times.replication_lag)
        with sim.lock:
            for region in _others(table):
                replica = _family(table)[region]
                if replica._dr_stamps.get((hash_key, range_key), (0, "")) < stamp:
                    store(replica, hash_key, range_key, item)
                    replica._dr_stamps[hash_key, range_key] = stamp

    sim.later("global table", following)
    return result


def _update(sim: Sim, original: Patch, self: Any) -> Any:
    from moto.dynamodb.responses import DynamoResult

    result = original(self)
    updates = self.body.get("ReplicaUpdates") or []
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    with sim.lock:
        for update in updates:
            if "Create" in update:
                _replicate(table, update["Create"]["RegionName"])
            if "Delete" in update:
                _remove(table, update["Delete"]["RegionName"])
    return DynamoResult(table.describe()) if updates else result


def _replicate(table: Any, region: str) -> None:
    from moto.dynamodb.exceptions import MockValidationException

    there = _tables(table.account_id, region)
    if table.name in there:
        raise MockValidationException(f"Table already exists in {region}: {table.name}")
    family = _family(table) or {table.region_name: table}
    replica = copy.deepcopy(table)
    replica.region_name = region
    replica.table_arn = table.table_arn.replace(f":{table.region_name}:", f":{region}:")
    there[table.name] = family[region] = replica
    for one in family.values():
        one._dr_family = family
        one.__dict__.setdefault("_dr_stamps", {})


def _remove(table: Any, region: str) -> None:
    from moto.dynamodb.exceptions import MockValidationException

    if region not in _others(table):
        raise MockValidationException(f"There is no replica of {table.name} in {region}")
    _family(table).pop(region)
    _tables(table.account_id, region).pop(table.name, None)


def _tables(account: str, region: str) -> Any:
    from moto.dynamodb.models import dynamodb_backends

    return dynamodb_backends[account][region].tables


def _delete_table(sim: Sim, original: Patch, self: Any, name: str) -> Any:
    table = original(self, name)
    with sim.lock:
        _family(table).pop(self.region_name, None)
    return table


def _describe(
    sim: Sim, original: Patch, self: Any, base_key: str = "TableDescription"
) -> dict[str, Any]:
    result: dict[str, Any] = original(self, base_key=base_key)
    others = [{"RegionName": region, "ReplicaStatus": "ACTIVE"} for region in _others(self)]
    if others:
        result[base_key] |= {"GlobalTableVersion": _VERSION, "Replicas": others}
    return result
