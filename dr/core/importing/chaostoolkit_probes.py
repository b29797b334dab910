"""Probes of Chaos Toolkit, with their tolerance, as probes and detectors of ours."""

import re
from collections.abc import Callable
from typing import Final

from pydantic import JsonValue

from dr.core.importing.chaostoolkit_actions import argv_of, known, seconds_of
from dr.core.importing.outline import Inexpressible, listing, mapping, text
from dr.model.base import Json
from dr.model.units import SECOND_US, Duration

_SIMPLE_PATH: Final = re.compile(r"\$((?:\.[A-Za-z_][A-Za-z0-9_]*|\[\d{1,4}\])+)")
_LITERAL: Final = re.compile(r"[A-Za-z0-9 _:\"=-]+")
_STATUSES: Final = range(200, 600)
_LONGEST_S: Final = 60
LONGEST_ALARM: Final = 255
Arguments = dict[str, JsonValue]


def _alarm(given: Arguments, tolerance: JsonValue) -> tuple[str, str, Json]:
    if tolerance != "OK":
        raise Inexpressible("only an alarm that must be OK has a place, among the detectors")
    alarm = text(given.get("alarm_name"), "alarm_name")
    if len(alarm) > LONGEST_ALARM:
        raise Inexpressible("its alarm_name is longer than one can be")
    return "detect", "aws.cloudwatch.alarm", {"alarm": alarm}


def _cluster(given: Arguments, tolerance: JsonValue) -> tuple[str, str, Json]:
    if tolerance != "available":
        raise Inexpressible("only a cluster that must be available can be asked for")
    name = text(given.get("cluster_id"), "cluster_id")
    return "probes", "aws.rds.cluster_status", {"cluster": name}


PYTHON: Final[dict[str, Callable[[Arguments, JsonValue], tuple[str, str, Json]]]] = {
    "chaosaws.cloudwatch.probes.get_alarm_state_value": _alarm,
    "chaosaws.rds.probes.cluster_status": _cluster,
}
"""Function → section, kind and parameters of what asks the same. One line, one probe."""

NEAREST: Final = {
    "chaosaws.elbv2.": "verify with aws.elb.healthy_targets, or ask aws.elb.target_health",
    "chaosaws.rds.": "verify with aws.rds.instance or aws.rds.cluster_members",
    "chaosaws.s3.": "verify with aws.s3.content",
    "chaosaws.route53.": "ask with dns.resolve",
    "chaosprometheus.": "make it a guard: {promql, url, above}",
}
"""What comes near, for functions without a kind of their own."""


def of_activity(activity: dict[str, JsonValue]) -> tuple[str, Json]:
    """Return section and entry (without id) of what asks the same. Raises Inexpressible."""
    provider = mapping(activity.get("provider"))
    tolerance = activity.get("tolerance")
    kind = provider.get("type")
    if kind == "http":
        return "probes", _http(provider, tolerance)
    if kind == "process":
        return "probes", _process(provider, tolerance)
    if kind != "python":
        raise Inexpressible(f"a provider of type {kind!s:.40} is no kind of probe")
    convert = known(provider, PYTHON, NEAREST, "probe")
    section, own, params = convert(mapping(provider.get("arguments")), tolerance)
    return section, {"kind": own, "every": "5s", "site": "primary", "with": params}


def _http(provider: dict[str, JsonValue], tolerance: JsonValue) -> Json:
    method = provider.get("method", "GET")
    if str(method).upper() != "GET":
        raise Inexpressible(f"http.get asks with GET, not {method!s:.20}")
    url = text(provider.get("url"), "its url")
    if not re.match(r"https?://[^/\s]", url):
        raise Inexpressible("its url is no address of a web server")
    params: Json = {"url": url}
    expect = _expected(tolerance)
    if expect:
        params["expect"] = expect
    headers = mapping(provider.get("headers"))
    if headers:
        pairs = headers.items()
        params["headers"] = {text(k, "a header"): text(v, "a header") for k, v in pairs}
    if provider.get("verify_tls") is False:
        params["verify"] = False
    return {"kind": "http.get", "every": "500ms", **_within(provider), "with": params}


def _process(provider: dict[str, JsonValue], tolerance: JsonValue) -> Json:
    code = 0 if tolerance is None else tolerance
    if type(code) is not int or not 0 <= code <= 255:  # noqa: PLR2004 - an exit code
        raise Inexpressible("of a process, only its exit code can be expected")
    params: Json = {"argv": argv_of(provider), "exit": code}
    return {"kind": "command", "every": "5s", **_within(provider), "with": params}


def _within(provider: dict[str, JsonValue]) -> Json:
    limit = seconds_of(provider.get("timeout"))
    return {} if limit is None else {"within": str(min(limit, Duration(_LONGEST_S * SECOND_US)))}


def _expected(tolerance: JsonValue) -> Json:
    """Return what a correct answer looks like. Raises Inexpressible."""
    if tolerance is None or tolerance is True:
        return {}
    if type(tolerance) is int and tolerance in _STATUSES:
        return {"status": tolerance}
    told = mapping(tolerance)
    if told.get("type") == "regex" and told.get("target", "body") == "body":
        pattern = text(told.get("pattern"), "its pattern")
        if _LITERAL.fullmatch(pattern):
            return {"contains": pattern}
    if told.get("type") == "jsonpath" and told.get("target", "body") == "body":
        return _by_path(told)
    raise Inexpressible(f"its tolerance is not one that http.get can expect: {tolerance!s:.60}")


def _by_path(told: dict[str, JsonValue]) -> Json:
    match = _SIMPLE_PATH.fullmatch(str(told.get("path")))
    given = told.get("expect")
    values = listing(given) if isinstance(given, list) else [given]
    if match is None or len(values) != 1 or type(values[0]) not in {str, int, bool}:
        raise Inexpressible("of a JSON path, only one value at one place can be expected")
    if isinstance(values[0], str):
        text(values[0], "the expected value")
    path = re.sub(r"\[(\d+)\]", r".\1", match[1]).strip(".")
    return {"json": {path: values[0]}}
