"""The IAM policy of a drill: what its steps, probes, marks and guards need, and nothing else.

Every kind declares the permissions of the calls it makes; the plan says on what. A policy is
printed per site, because each site may be another account.

Errors:  none.
Limits:  what runs outside our hands (Terraform, commands), and keys of KMS that encrypt what is
         read or restored, cannot be told from a plan: they come back as notes, for people.
Source:  IAM User Guide, "IAM JSON policy elements"; see also `dr.core.policy_resources`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import JsonValue

from dr.core.kinds import Kinds
from dr.core.policy_resources import (
    RESTORES,
    partition,
    resources,
    restored_instance,
    restored_table,
)
from dr.core.templates import Reference, parts
from dr.core.uses import overlays
from dr.model.base import Json
from dr.model.drill import Site
from dr.model.plan import Plan

VERSION: Final = "2012-10-17"
ALARM: Final = "cloudwatch:DescribeAlarms"
_ALARM_GUARD: Final = "guard"
_MAKING: Final[list[JsonValue]] = ["CreateNetworkAcl", "CreateVolume", "RunInstances"]
_PASSED_TO: Final[list[JsonValue]] = ["backup.amazonaws.com", "ec2.amazonaws.com"]
_CONDITIONS: Final[Mapping[str, Json]] = {
    # Tags are given as a thing is made, and to nothing else.
    "ec2:CreateTags": {"StringEquals": {"ec2:CreateAction": _MAKING}},
    "iam:PassRole": {"StringEquals": {"iam:PassedToService": _PASSED_TO}},
    # Only what a run has made is ever deleted.
    **{
        f"ec2:{name}": {"Null": {"aws:ResourceTag/dr:run": "false"}}
        for name in ("DeleteNetworkAcl", "DeleteVolume", "TerminateInstances")
    },
}
# Parameters that may be a name or an ARN: what comes before the name in the latter.
_ARN_LEADS: Final[Mapping[str, str]] = {
    "cluster": ":cluster/",
    "key": "key/",
    "secret": ":secret:",
    "target_group": ":targetgroup/",
}
_ENCRYPTED: Final[Mapping[str, str]] = {
    "dynamodb": "a table restored from one with a key of your own",
    "s3": "objects encrypted with SSE-KMS",
}
_OUTSIDE: Final[Mapping[str, str]] = {
    "Terraform": "whatever the resources of its Terraform configuration need, and its backend",
    "Children": "whatever its program calls",
}


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of each site, and what is missing from them."""

    by_site: dict[str, dict[str, Any]]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Use:
    """One kind, used with some parameters at a site (None: the only one)."""

    kind: str
    needs: tuple[str, ...]
    site: str | None
    params: Json


def policies(plan: Plan, kinds: Kinds) -> Policies:
    """Return the policy of each site of a plan; the more of it is bound, the narrower."""
    found: dict[str, dict[str, set[str]]] = {site: defaultdict(set) for site in plan.sites}
    restored = _restored(plan)
    for use in _uses(plan, kinds):
        for name in [use.site] if use.site is not None else list(plan.sites):
            known = _known(use.params, plan.sites[name], restored)
            for permission in use.needs:
                found[name][permission].update(resources(use.kind, permission, known))
    by_site = {site: _policy(needed) for site, needed in found.items() if needed}
    return Policies(by_site, tuple(dict.fromkeys(_notes(plan, kinds, found))))


def _uses(plan: Plan, kinds: Kinds) -> Iterator[_Use]:
    for step in plan.steps:
        yield _Use(step.kind, step.needs, step.site, step.params)
    for probe in [*plan.probes, *(detector.probe() for detector in plan.detect)]:
        needs = kinds.probes[probe.kind]().needs
        for _, _, params in overlays(probe):
            yield _Use(probe.kind, needs, probe.site, params)
    for marks in plan.marks:
        needs = kinds.marks[marks.kind]().needs
        for _, _, params in overlays(marks):
            yield _Use(marks.kind, needs, marks.site, _as_prefix(params, marks.kind))
    for guard in plan.guards:
        if guard.alarm is not None:
            yield _Use(_ALARM_GUARD, (ALARM,), guard.site, {"alarm": guard.alarm})


def _as_prefix(params: Json, kind: str) -> Json:
    """Return parameters of s3.marks with the default that their kind has."""
    return {"prefix": "dr-marks/", **params} if kind == "s3.marks" else params


def _restored(plan: Plan) -> dict[str, str]:
    """Return the pattern of each table that a step restores, by the step's id."""
    return {
        step.id: restored_table(escaped(table))
        for step in plan.steps
        if step.kind in RESTORES and (table := _plain(step.params.get("table"), {})) is not None
    }


def _known(params: Json, site: Site, restored: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of ARNs that parameters and a site tell."""
    known = {
        name: text for name, value in params.items() if (text := _told(value, restored)) is not None
    }
    if "name" in known:
        known["name"] = known["name"].removeprefix("/")
    if "zone" in known:
        known["zone"] = known["zone"].removeprefix("/hostedzone/")
    if "table" in known:
        known["restored_table"] = restored_table(known["table"])
        if "restored" not in params:
            known["restored"] = known["table"]
    if "instance" in known:
        known["restored_instance"] = restored_instance(known["instance"])
    for name, before in _ARN_LEADS.items():
        if name in known:
            known[name] = known[name].rpartition(before)[2]
    if "target_group" in known:
        known["target_group"] = known["target_group"].split("/")[0]  # without the id of its ARN
    if "prefix" not in params:
        known["prefix"] = ""
    return {
        **known,
        "region": site.region,
        "account": site.account,
        "partition": partition(site.region),
    }


def _told(value: object, restored: Mapping[str, str]) -> str | None:
    """Return a parameter as part of an ARN, or None if only the run will know it."""
    plain = _plain(value, restored)
    if plain is None:
        return None
    return plain if plain in restored.values() else escaped(plain)


def _plain(value: object, restored: Mapping[str, str]) -> str | None:
    if not isinstance(value, str):
        return None
    found = parts(value)
    if all(isinstance(part, str) for part in found):
        return "".join(map(str, found))
    first = found[0]
    if len(found) == 1 and isinstance(first, Reference) and first.root == "steps":
        return restored.get(first.name) if first.field == "table" else None
    return None


def escaped(text: str) -> str:
    """Return text so that IAM takes it literally: its wildcards as policy variables."""
    return re.sub(r"[*?$]", lambda found: f"${{{found[0]}}}", text)


def _policy(needed: Mapping[str, set[str]]) -> dict[str, Any]:
    """Return one policy: a statement per set of resources and condition."""
    grouped: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for permission, on in sorted(needed.items()):
        arns = ("*",) if "*" in on else tuple(sorted(on))
        grouped[(arns, permission if permission in _CONDITIONS else "")].append(permission)
    statements: list[dict[str, Any]] = []
    for (arns, conditioned), permissions in sorted(grouped.items(), key=lambda item: item[1]):
        statement: dict[str, Any] = {
            "Sid": f"Dr{len(statements) + 1:02d}",
            "Effect": "Allow",
            "Action": permissions,
            "Resource": list(arns),
        }
        if conditioned:
            statement["Condition"] = _CONDITIONS[conditioned]
        statements.append(statement)
    return {"Version": VERSION, "Statement": statements}


def _notes(plan: Plan, kinds: Kinds, found: Mapping[str, Mapping[str, set[str]]]) -> Iterator[str]:
    for step in plan.steps:
        kind = kinds.step(step.kind)
        outside = _OUTSIDE.get(kind.hand) if kind is not None else None
        if outside is not None:
            yield f"step {step.id} ({step.kind}) also needs {outside}"
    for probe in plan.probes:
        if probe.kind == "command":
            yield f"probe {probe.id} (command) also needs whatever its program calls"
    for name, site in plan.sites.items():
        if site.role is not None:
            arn = f"arn:{partition(site.region)}:iam::{site.account}:role/{site.role}"
            yield f"site {name}: the policy is for {arn}; its caller needs sts:AssumeRole on it"
        services = {permission.partition(":")[0] for permission in found[name]}
        for service in sorted(services & set(_ENCRYPTED)):
            yield (
                f"site {name}: kms:Decrypt and kms:GenerateDataKey on the key, for "
                f"{_ENCRYPTED[service]}"
            )
    if any("${terraform." in str(use.params) for use in _uses(plan, kinds)):
        yield (
            'outputs of Terraform are not known here, so that some resources are "*": '
            "--live or --sandbox puts them in place"
        )
