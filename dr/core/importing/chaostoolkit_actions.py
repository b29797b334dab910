"""Actions of Chaos Toolkit as steps: commands, and those of chaostoolkit-aws we have a kind for."""

import shlex
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from pydantic import JsonValue

from dr.core.importing.outline import Inexpressible, mapping, text, texts_of
from dr.model.base import Json
from dr.model.units import SECOND_US, Duration

COMMAND: Final = "command.run"
SHORTEST_S: Final = 0.01
DAY_S: Final = 86_400
Arguments = dict[str, JsonValue]
T = TypeVar("T")


def _failover(given: Arguments) -> tuple[str, Json]:
    params: Json = {"cluster": text(given.get("db_cluster_identifier"), "db_cluster_identifier")}
    to = given.get("target_db_instance_identifier")
    if to:
        params["to"] = text(to, "target_db_instance_identifier")
    return "aws.rds.failover", params


def _reboot(given: Arguments) -> tuple[str, Json]:
    if given.get("force_failover") is not True:
        raise Inexpressible("a reboot without failover is no kind of step")
    name = text(given.get("db_instance_identifier"), "db_instance_identifier")
    return "aws.rds.reboot_failover", {"instance": name}


def _stop(given: Arguments) -> tuple[str, Json]:
    if given.get("db_snapshot_identifier"):
        raise Inexpressible("a snapshot is not made while stopping")
    name = text(given.get("db_instance_identifier"), "db_instance_identifier")
    return "aws.rds.stop_instance", {"instance": name}


def _stop_server(given: Arguments) -> tuple[str, Json]:
    if given.get("force") or given.get("az") or given.get("filters"):
        raise Inexpressible("aws.ec2.stop_instance stops one instance that is named, in order")
    return "aws.ec2.stop_instance", {"instance": text(given.get("instance_id"), "instance_id")}


def _test_failover(given: Arguments) -> tuple[str, Json]:
    group = text(given.get("replication_group_id"), "replication_group_id")
    if given.get("node_group_id") not in (None, "0001"):
        raise Inexpressible("aws.elasticache.failover does not choose among node groups")
    return "aws.elasticache.failover", {"group": group}


def _delete_object(given: Arguments) -> tuple[str, Json]:
    if given.get("version_id"):
        raise Inexpressible("deleting a version has no way back; no kind of step does it")
    bucket = text(given.get("bucket_name"), "bucket_name")
    key = text(given.get("object_key"), "object_key")
    return "aws.s3.delete_objects", {"bucket": bucket, "prefix": key, "at_most": 1}


PYTHON: Final[dict[str, Callable[[Arguments], tuple[str, Json]]]] = {
    "chaosaws.ec2.actions.stop_instance": _stop_server,
    "chaosaws.rds.actions.failover_db_cluster": _failover,
    "chaosaws.rds.actions.reboot_db_instance": _reboot,
    "chaosaws.rds.actions.stop_db_instance": _stop,
    "chaosaws.elasticache.actions.test_failover": _test_failover,
    "chaosaws.s3.actions.delete_object": _delete_object,
}
"""Function → the step that does the same. One line, one action."""

NEAREST: Final = {
    "chaosaws.ec2.": "the nearest are aws.ec2.stop_instance and aws.ec2.zone_blackhole",
    "chaosaws.asg.": "the nearest are aws.ec2.zone_blackhole and aws.asg.leave_zone",
    "chaosaws.": "the nearest is command.run, with the AWS CLI",
    "chaosazfailure.": "the nearest is aws.ec2.zone_blackhole",
    "azchaosaws.": "the nearest is aws.ec2.zone_blackhole",
    "chaosk8s.": "the nearest is command.run, with kubectl",
}
"""What comes near, for functions without a kind of their own."""


def of_activity(activity: dict[str, JsonValue]) -> Json:
    """Return the step that does what an action does, without id. Raises Inexpressible."""
    provider = mapping(activity.get("provider"))
    kind = provider.get("type")
    if kind == "process":
        return _command(provider)
    if kind != "python":
        raise Inexpressible(f"a provider of type {kind!s:.40} is no kind of step")
    convert = known(provider, PYTHON, NEAREST, "step")
    own, params = convert(mapping(provider.get("arguments")))
    return {"kind": own, "site": "primary", "within": "15m", "with": params}


def known(
    provider: dict[str, JsonValue], table: Mapping[str, T], nearest: Mapping[str, str], what: str
) -> T:
    """Return what a table has for the function of a provider.

    Raises Inexpressible if there is nothing, with what comes near.
    """
    name = f"{provider.get('module')}.{provider.get('func')}"
    if name in table:
        return table[name]
    near = next((said for start, said in nearest.items() if name.startswith(start)), "")
    said = f"there is no kind of {what} for {name:.100}"
    raise Inexpressible("; ".join(filter(None, [said, near])))


def argv_of(provider: dict[str, JsonValue]) -> list[JsonValue]:
    """Return program and arguments of a process. Raises Inexpressible."""
    given = provider.get("arguments")
    if given is None:
        more: list[JsonValue] = []
    elif isinstance(given, str):
        try:
            more = [*shlex.split(given)]
        except ValueError as error:
            raise Inexpressible(f"its arguments cannot be split: {error}") from error
    elif isinstance(given, dict):
        pairs = mapping(given).items()
        more = [part for pair in pairs for part in pair if part is not None and part != ""]
    elif isinstance(given, list):
        more = given
    else:
        raise Inexpressible("its arguments are neither text nor a list nor a mapping")
    return texts_of([provider.get("path"), *more], "a word of its command")


def seconds_of(given: JsonValue) -> Duration | None:
    """Return a time limit in seconds, or a pair of two, as a length; None if it is none."""
    parts = given if isinstance(given, list) else [given]
    numbers = [one for one in parts if isinstance(one, int | float) and 0 <= one <= DAY_S]
    total = sum(numbers)
    if len(numbers) != len(parts) or not SHORTEST_S <= total <= DAY_S:
        return None
    return Duration(round(total * 1_000) * 1_000)


def _command(provider: dict[str, JsonValue]) -> Json:
    params: Json = {"argv": argv_of(provider)}
    step: Json = {"kind": COMMAND, "within": "15m", "with": params}
    limit = seconds_of(provider.get("timeout"))
    if limit is not None:
        params["timeout"] = str(limit)
        step["within"] = str(Duration(limit + 60 * SECOND_US))
    return step
