"""The run as findings of AWS Security Hub (ASFF), for `securityhub batch-import-findings`.

One finding per objective, and one if anything is left changed.

Errors: Refused for a drill without a site: a finding belongs to an account and a Region.
Limits: titles are cut at 256 and descriptions at 1024 characters, as the format wants.
Source: AWS Security Finding Format, schema 2018-10-08.
"""

from typing import Any

import orjson

from dr.model.errors import Refused
from dr.model.verdict import Verdict
from dr.report.cards import TITLES
from dr.report.evidence import Evidence
from dr.report.numbers import MS_US, interval, length
from dr.report.untrusted import shortened

_STATUS = {Verdict.PASS: "PASSED", Verdict.FAIL: "FAILED"}
_SEVERITY = {Verdict.PASS: "INFORMATIONAL", Verdict.FAIL: "HIGH"}
_TITLE, _DESCRIPTION, _ID = 256, 1024, 512


def asff(evidence: Evidence) -> bytes:
    """Return the findings, as a JSON list."""
    result, plan = evidence.result, evidence.plan
    if not plan.sites:
        raise Refused("the drill has no site, and a finding belongs to an account and a Region")
    found = []
    for one in result.objectives:
        told = "not measured"
        if one.achieved is not None:
            upper = one.achieved.upper_ms
            high = None if upper is None else upper * MS_US
            told = interval(one.achieved.lower_ms * MS_US, high, one.target_ms * MS_US)
        target = length(one.target_ms * MS_US)
        title = f"{TITLES[one.metric]} {told}, target {target}: {one.verdict.value}"
        verdict = _STATUS.get(one.verdict, "WARNING")
        severity = _SEVERITY.get(one.verdict, "MEDIUM")
        found.append(_finding(evidence, one.id, title, one.why, (verdict, severity)))
    if result.left:
        title = "The drill left something changed"
        why = "; ".join(result.left)
        found.append(_finding(evidence, "left-changed", title, why, ("FAILED", "CRITICAL")))
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def _finding(
    evidence: Evidence, about: str, title: str, why: str, weight: tuple[str, str]
) -> dict[str, Any]:
    result, plan = evidence.result, evidence.plan
    site = plan.sites[min(plan.sites)]
    simulated = result.simulated or plan.simulated
    mark = "SIMULATED: " if simulated else ""
    arn = f"arn:aws:securityhub:{site.region}:{site.account}:product/{site.account}/default"
    return {
        "SchemaVersion": "2018-10-08",
        "Id": shortened(f"{result.run_id}/{about}", _ID),
        "ProductArn": arn,
        "GeneratorId": shortened(plan.drill, _ID),
        "AwsAccountId": site.account,
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "CreatedAt": result.ended,
        "UpdatedAt": result.ended,
        "Severity": {"Label": "INFORMATIONAL" if simulated else weight[1]},
        "Title": shortened(mark + title, _TITLE),
        "Description": shortened(f"{mark}{plan.title}: {why or title}", _DESCRIPTION),
        "Compliance": {"Status": "NOT_AVAILABLE" if simulated else weight[0]},
        "ProductFields": {
            "dr/run": shortened(result.run_id, _ID),
            "dr/result-sha256": evidence.digests.result,
            "dr/redacted-copy-of": evidence.digests.copy_of or "none",
        },
        "Resources": [{"Type": "Other", "Id": shortened(plan.service, _ID), "Region": site.region}],
        "RecordState": "ACTIVE",
    }
