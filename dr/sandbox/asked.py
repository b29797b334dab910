"""What a request to AWS asks for: service, operation, Region, and what it acts on."""

import functools
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Of a request: status line, headers, body."""

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/")
_RPC = re.compile(r"/service/[^/]+/operation/(\w+)")
_NAMES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
_REST = ("s3", "route53", "backup", "arc-zonal-shift")
_READS = (
    "Describe", "List", "Get", "Head", "Query", "Scan", "BatchGet", "TransactGet", "Search",
    "Lookup", "Simulate", "Test", "View", "Check", "Validate", "Filter", "Select", "Decode",
)  # fmt: skip
_READS_TOO = {"AssumeRole"}
_NO_READS = {"TestFailover"}  # ElastiCache: nothing of it is a test
# What a request acts on, the most telling first.
_TARGETS = (
    "TargetTableName", "TableName", "DBClusterIdentifier", "DBInstanceIdentifier",
    "AutoScalingGroupName", "ReplicationGroupId", "TargetGroupArn", "LoadBalancerArn",
    "AssociationId", "NetworkAclId", "InstanceId", "InstanceId.1", "SubnetId", "VpcId",
    "ResourceId.1", "Bucket", "HostedZoneId", "Id", "ParameterName", "Name", "AlarmName",
    "RoleName", "KeyId", "SecretId", "BackupArn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as far as it can be told without carrying it out."""

    service: str
    operation: str
    region: str
    target: str

    @property
    def mutating(self) -> bool:
        """Whether it may change something. What is not known to be a read, may."""
        if self.operation in _NO_READS:
            return True
        return not self.operation.startswith(_READS) and self.operation not in _READS_TOO


def identify(method: str, path: str, headers: dict[str, str], body: bytes) -> Asked:
    """Tell what is asked. `path` includes the query; header names are in lower case."""
    scope = _SCOPE.search(headers.get("authorization", ""))
    region, service = (scope.group(1), scope.group(2)) if scope else ("us-east-1", "s3")
    service = _NAMES.get(service, service)
    aimed = headers.get("x-amz-target", "")
    if aimed:
        return Asked(service, aimed.rpartition(".")[2], region, _target(_json(body)))
    if rpc := _RPC.search(path):
        return Asked(service, rpc.group(1), region, "")
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = {k: v[0] for k, v in parse_qs(body.decode("utf-8", "replace")).items()}
        if "Action" in form:
            return Asked(service, form["Action"], region, _target(form))
    if service in _REST:
        operation, names = _match(service, method, path)
        return Asked(service, operation, region, _target(names) or names.get("Key", ""))
    return Asked(service, method, region, urlsplit(path).path)


def _target(values: dict[str, Any]) -> str:
    for name in _TARGETS:
        value = values.get(name)
        if isinstance(value, str) and value:
            key = values.get("Key")
            return f"{value}/{key}" if name == "Bucket" and isinstance(key, str) else value
    tables = values.get("RequestItems")
    return ",".join(sorted(tables)) if isinstance(tables, dict) else ""


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _match(service: str, method: str, path: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(path)
    asked = parse_qs(parts.query, keep_blank_values=True)
    for operation, verb, pattern, required in _routes(service):
        found = pattern.fullmatch(parts.path)
        if verb != method or found is None:
            continue
        if all(k in asked and (not v or asked[k][0] == v) for k, v in required.items()):
            return operation, {k: unquote(v) for k, v in found.groupdict().items() if v}
    return method, {}


@functools.cache
def _routes(service: str) -> list[tuple[str, str, re.Pattern[str], dict[str, str]]]:
    """Return the service's operations from botocore's model, the most specific first."""
    import botocore.session

    model = botocore.session.get_session().get_service_model(service)
    routes = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        uri, _, query = str(operation.http["requestUri"]).partition("?")
        literal = {k: v for k, _, v in (part.partition("=") for part in query.split("&") if part)}
        given = operation.input_shape
        for member in given.required_members if given is not None else ():
            shape = given.members[member].serialization if given is not None else {}
            if shape.get("location") == "querystring":
                literal.setdefault(shape["name"], "")
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(uri))
        pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", pattern)
        routes.append((name, str(operation.http["method"]), re.compile(pattern + "/?"), literal))
    routes.sort(
        key=lambda route: (-len(route[3]), "Copy" in route[0], "Rename" in route[0], route[0])
    )
    return routes
