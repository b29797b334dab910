"""S3: replication that really copies, late.

AWS: a new version of an object in a bucket with a replication rule has ReplicationStatus PENDING,
then COMPLETED once its copy, with the same version id and status REPLICA, is in the destination
bucket. Delete markers follow only where the rule says so; deleting a version is never replicated.
Objects that were there before the rule are not copied.
moto: keeps the configuration and copies nothing.
Still simplified: always after Times.replication_lag, never FAILED unless the destination is gone;
filters by prefix only (a rule with tags applies to nothing); no metrics, no replication time
control, no re-encryption; metadata and tags changed later are not followed.
Source: Amazon S3 user guide, "What does Amazon S3 replicate?", "Replication status".
"""

from typing import Any

from dr.sandbox.patches.patching import Patch, patch, patch_property
from dr.sandbox.sim import Sim


def apply(sim: Sim) -> None:
    """Patch moto's S3."""
    from moto.s3.models import FakeKey, S3Backend

    patch(sim, S3Backend, "put_object", _put)
    patch(sim, S3Backend, "_set_delete_marker", _mark_deleted)
    patch_property(sim, FakeKey, "response_dict", _headers)


def _put(
    sim: Sim, original: Patch, self: Any, bucket_name: str, key_name: str, *a: Any, **k: Any
) -> Any:
    key = original(self, bucket_name, key_name, *a, **k)
    rule = _rule_for(self.get_bucket(bucket_name), key_name)
    if rule is not None:
        key._dr_replication = "PENDING"
        sim.later("replication", lambda: _replicate(sim, self, rule, key))
    return key


def _replicate(sim: Sim, backend: Any, rule: dict[str, Any], key: Any) -> None:
    from moto.s3.exceptions import MissingBucket

    sim.pause(sim.times.replication_lag)
    try:
        bucket = backend.get_bucket(_destination(rule))
    except MissingBucket:
        key._dr_replication = "FAILED"
        return
    with sim.lock:
        copied = _copy(key, bucket)
        bucket.keys.setlist(key.name, [*bucket.keys.getlist(key.name, []), copied])
    key._dr_replication = "COMPLETED"


def _copy(key: Any, bucket: Any) -> Any:
    from moto.s3.models import FakeKey

    copied = FakeKey(
        name=key.name,
        bucket_name=bucket.name,
        value=key.value,
        account_id=key.account_id,
        region_name=bucket.region_name,
        storage=key._storage_class,
        etag=key._etag,
        is_versioned=True,
        version_id=key.version_id,  # replicas keep the version id of their source
    )
    copied._metadata = key._metadata
    copied.last_modified = key.last_modified
    copied.__dict__["_dr_replication"] = "REPLICA"
    return copied


def _mark_deleted(sim: Sim, original: Patch, self: Any, bucket_name: str, key_name: str) -> Any:
    marker = original(self, bucket_name, key_name)
    rule = _rule_for(self.get_bucket(bucket_name), key_name)
    if rule is None or (rule.get("DeleteMarkerReplication") or {}).get("Status") != "Enabled":
        return marker

    def follow() -> None:
        sim.pause(sim.times.replication_lag)
        with sim.lock:
            copied = original(self, _destination(rule), key_name)
            copied._version_id = marker.version_id

    sim.later("replication", follow)
    return marker


def _rule_for(bucket: Any, key_name: str) -> dict[str, Any] | None:
    """Return the rule that applies to the key: the one with the highest priority."""
    configuration = getattr(bucket, "replication", None) or {}
    rules = [
        rule
        for rule in configuration.get("Rule", [])
        if rule.get("Status") == "Enabled" and _applies(rule, key_name)
    ]
    return max(rules, key=lambda rule: int(rule.get("Priority") or 0), default=None)


def _applies(rule: dict[str, Any], key_name: str) -> bool:
    chosen = rule.get("Filter") or {}
    if "Tag" in chosen or "And" in chosen:
        return False
    return key_name.startswith(chosen.get("Prefix") or rule.get("Prefix") or "")


def _destination(rule: dict[str, Any]) -> str:
    return str(rule["Destination"]["Bucket"]).rpartition(":::")[2]


def _headers(sim: Sim, original: Patch, self: Any) -> dict[str, Any]:
    headers: dict[str, Any] = original(self)
    status = self.__dict__.get("_dr_replication")
    if status:
        headers["x-amz-replication-status"] = status
    return headers
