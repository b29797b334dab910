"""What Terraform says, as values: plans, drift, diagnostics, the holder of a lock. Pure.

Source:  Terraform "Machine-Readable UI" and "JSON Output Format" (format_version 1.x).
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import Field

from dr.model.base import Json, Record
from dr.model.errors import DrError, Forbidden, Refused, SimulatorUnsupported

# The detail of a lock error also contains "RequestID: ...", so the label before it matters.
_LOCK_ID = re.compile(r"Lock Info:\s+ID:\s+(\S+)")
_INDEX = re.compile(r"\[[^]]*\]")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_BOX = re.compile(r"^[╷│╵ ]+", re.MULTILINE)
_FORBIDDEN = re.compile(
    r"AccessDenied|AuthFailure|ExpiredToken|InvalidClientTokenId|No valid credential sources|"
    r"UnauthorizedOperation|UnrecognizedClient|account ID not allowed|is not authorized to perform"
)


class Resource(Record):
    """A resource instance."""

    address: str = Field(description="Its address in the configuration.")
    type: str = Field(description="Its type, such as aws_vpc.")


class PlanSummary(Record):
    """What a plan would do. A replacement is in `replaces` only."""

    creates: tuple[Resource, ...] = Field(default=(), description="What it makes.")
    updates: tuple[Resource, ...] = Field(default=(), description="What it changes in place.")
    replaces: tuple[Resource, ...] = Field(default=(), description="What it destroys and makes.")
    destroys: tuple[Resource, ...] = Field(default=(), description="What it destroys for good.")
    forgets: tuple[Resource, ...] = Field(
        default=(), description="What leaves the state and stays in the world."
    )
    outputs: tuple[str, ...] = Field(default=(), description="Names of outputs that change.")
    secret_variables: tuple[str, ...] = Field(
        default=(), description="Variables that the configuration declares as sensitive."
    )
    variables: tuple[str, ...] = Field(default=(), description="Every variable it declares.")

    @property
    def empty(self) -> bool:
        """Say whether the world is as the configuration wants it."""
        return not (
            self.creates
            or self.updates
            or self.replaces
            or self.destroys
            or self.forgets
            or self.outputs
        )

    @property
    def counts(self) -> str:
        """Say how much it would do, in Terraform's words."""
        return (
            f"{len(self.creates)} to add, {len(self.updates)} to change, "
            f"{len(self.replaces)} to replace, {len(self.destroys)} to destroy"
        )


class StateInfo(Record):
    """The identity of a state, and where it and its lock live.

    serial 0 and lineage "": there is no state yet. lock: how it is locked.
    """

    lineage: str
    serial: int
    backend: str
    place: str
    bucket: str | None = None
    region: str | None = None
    lock: str = ""


def remote_state(backend: dict[str, Any], lineage: str, serial: int) -> StateInfo:
    """Read the backend that `init` recorded."""
    config = {k: v for k, v in (backend.get("config") or {}).items() if v}
    table = config.get("dynamodb_table")
    lock = f"dynamodb:{table}" if table else "lockfile" if config.get("use_lockfile") else ""
    bucket = config.get("bucket")
    place = "/".join(str(config[k]) for k in ("bucket", "key", "path", "hostname") if k in config)
    return StateInfo(
        lineage=lineage,
        serial=serial,
        backend=backend["type"],
        place=place,
        bucket=bucket,
        region=config.get("region"),
        lock=lock,
    )


def summary(shown: dict[str, Any]) -> PlanSummary:
    """Read the JSON form of a saved plan (`terraform show -json`)."""
    found: dict[str, list[Resource]] = {}
    for change in shown.get("resource_changes", []):
        what = _what(change["change"]["actions"])
        if what is not None:
            one = Resource(address=change["address"], type=change["type"])
            found.setdefault(what, []).append(one)
    declared = shown.get("configuration", {}).get("root_module", {}).get("variables", {})
    return PlanSummary(
        **{what: tuple(resources) for what, resources in found.items()},
        outputs=tuple(
            name
            for name, change in shown.get("output_changes", {}).items()
            if change["actions"] != ["no-op"]
        ),
        secret_variables=tuple(n for n, about in declared.items() if about.get("sensitive")),
        variables=tuple(declared),
    )


def _what(actions: list[str]) -> str | None:
    if "create" in actions and len(actions) > 1:
        return "replaces"
    return {
        "create": "creates",
        "update": "updates",
        "delete": "destroys",
        "forget": "forgets",
    }.get(actions[0])


def drifted(shown: dict[str, Any]) -> tuple[str, ...]:
    """Return the addresses where reality differs from the state in something that was asked for.

    Terraform reports every difference. Most are none: an empty list instead of an absent one, or
    an attribute that the configuration does not set and another resource has changed since (the
    members of a cluster, after its instances were made). Blocks made by `dynamic` are not in the
    JSON form of a configuration, so drift inside them goes unseen.
    """
    configured = dict(_configured(shown.get("configuration", {}).get("root_module", {}), ""))
    addresses = []
    for drift in shown.get("resource_drift", []):
        before, after = _plain(drift["change"]["before"]), _plain(drift["change"]["after"])
        if after is None:
            addresses.append(drift["address"])
            continue
        keys = configured.get(_INDEX.sub("", drift["address"]), set())
        if any((before or {}).get(key) != after.get(key) for key in keys):
            addresses.append(drift["address"])
    return tuple(addresses)


def _configured(module: dict[str, Any], prefix: str) -> Iterator[tuple[str, set[str]]]:
    for resource in module.get("resources", []):
        yield prefix + resource["address"], set(resource.get("expressions", {}))
    for name, call in module.get("module_calls", {}).items():
        yield from _configured(call.get("module", {}), f"{prefix}module.{name}.")


def _plain(value: Any) -> Any:
    """Return the value without what is as good as absent."""
    if isinstance(value, dict):
        return {k: v for k, v in ((k, _plain(v)) for k, v in value.items()) if _is(v)}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def _is(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def events(text: str) -> Iterator[Json]:
    """Yield the objects of a `-json` stream, or one that fills several lines; skip the rest."""
    if text.startswith("{\n"):
        with contextlib.suppress(ValueError):
            yield json.loads(text)
        return
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:  # the last line of a killed process
                continue


def complaints(out: str, err: str) -> str:
    """Join the errors of a command into readable text, from its JSON stream or its prose."""
    found = list(_errors(events(out)))
    if not found:
        prose = _BOX.sub("", _ANSI.sub("", err or out))
        found = [" ".join(prose.split())] if prose.strip() else ["it said nothing"]
    return "; ".join(dict.fromkeys(found))


def _errors(stream: Iterable[Json]) -> Iterator[str]:
    for event in stream:
        diagnostics: Any = event.get("diagnostics") or [event.get("diagnostic")]
        for one in diagnostics:
            if one and one.get("severity") == "error":
                yield sentence(one)


def sentence(diagnostic: Any) -> str:
    """Write one diagnostic as a sentence with its place."""
    text = diagnostic["summary"]
    detail = " ".join((diagnostic.get("detail") or "").split())
    if detail:
        text += f": {detail}"
    place = diagnostic.get("range")
    where = [diagnostic.get("address"), place and f"{place['filename']}:{place['start']['line']}"]
    known = ", ".join(w for w in where if w)
    return f"{text} ({known})" if known else text


def lock_id(text: str) -> str | None:
    """Return the id of the state lock that an error message names."""
    # Reconstruct line breaks and strip the frame: both separate the labels.
    found = _LOCK_ID.search(_BOX.sub("", _ANSI.sub("", text.replace("\\n", "\n"))))
    return found[1] if found else None


def refusal(what: str, text: str) -> DrError:
    """Return the error for a command that changed nothing."""
    message = f"terraform {what}: {text}"
    if "<!doctype html" in text.lower():
        return SimulatorUnsupported(message)
    if _FORBIDDEN.search(text):
        return Forbidden(message)
    return Refused(message)
