"""The run as OSCAL assessment results: observations and risks, and no findings.

A finding of OSCAL says "satisfied" or "not satisfied". That is the assessor's to say, so there is
none. The controls reviewed are those that the run supports; ids are NIST's.

Limits: checked by the schema's structure only; `import-ap` points at the frozen plan, which is no
OSCAL assessment plan.
Source: NIST OSCAL 1.2.1, assessment-results.
"""

import hashlib
import uuid
from typing import Any

from dr.core.canonical import canonical
from dr.model.result import ObjectiveResult
from dr.report.cards import TITLES
from dr.report.evidence import Evidence
from dr.report.parts import Page, Remark
from dr.report.untrusted import clean

_NS = "urn:dr-drill:oscal"
_VERSION = "1.2.1"
_MOST = 500  # entries of the log


class _Names:
    """Makes identifiers that are the same for the same run, as OSCAL wants them: UUIDs."""

    def __init__(self, run: str) -> None:
        """Name the run."""
        self.run = run

    def of(self, *parts: str) -> str:
        """Return the identifier of a thing in this run."""
        seed = hashlib.sha256("\0".join((self.run, *parts)).encode(errors="replace")).digest()
        return str(uuid.UUID(bytes=seed[:16], version=4))


def oscal(evidence: Evidence) -> bytes:
    """Return the document, as canonical JSON."""
    page, names = evidence.page(), _Names(evidence.result.run_id)
    return canonical(
        {
            "assessment-results": {
                "uuid": names.of("assessment-results"),
                "metadata": _metadata(evidence, page, names),
                "import-ap": {"href": f"#{names.of('file', 'plan.json')}"},
                "results": [_result(evidence, page, names)],
                "back-matter": {"resources": _resources(evidence, names)},
            }
        }
    )


def _metadata(evidence: Evidence, page: Page, names: _Names) -> dict[str, Any]:
    kind = "SIMULATED disaster-recovery drill" if page.simulated else "Disaster-recovery drill"
    people = [
        {"uuid": names.of("party", str(n), p.who), "type": "person", "name": p.who or "unknown"}
        for n, p in enumerate(page.people)
    ]
    return {
        "title": f"{kind} {page.run}: {page.title}",
        "last-modified": evidence.result.ended,
        "version": page.digests.result[:16],
        "oscal-version": _VERSION,
        **({"parties": people} if people else {}),
        "remarks": "Evidence offered in support of controls. The determination is the assessor's.",
    }


def _result(evidence: Evidence, page: Page, names: _Names) -> dict[str, Any]:
    result, plan = evidence.result, evidence.plan
    service = names.of("component", plan.service)
    supported = sorted({c.oscal for c in page.supported if c.oscal})
    reviewed = supported or sorted({c.oscal for c in page.controls if c.oscal})
    selection = {
        "description": "The controls that the run supports."
        if supported
        else "The controls that were considered; the run supports none of them.",
        "include-controls": [{"control-id": control} for control in reviewed],
    }
    risks = [
        _risk(one, names, n)
        for n, one in enumerate((*page.findings, *page.deviations))
        if one.severity != "info"
    ]
    return {
        "uuid": names.of("result"),
        "title": page.run,
        "description": page.sentence,
        "start": result.started,
        "end": result.ended,
        "props": [
            _prop("verdict", page.verdict),
            _prop("simulated", str(page.simulated).lower()),
            *([_prop("redacted-copy-of", copy_of)] if (copy_of := page.digests.copy_of) else []),
        ],
        "local-definitions": {
            "components": [
                {
                    "uuid": service,
                    "type": "system",
                    "title": clean(plan.service),
                    "description": clean(plan.scope or plan.title),
                    "status": {"state": "operational"},
                }
            ]
        },
        "reviewed-controls": {"control-selections": [selection]},
        "assessment-log": {"entries": _log(evidence, page, names)},
        "observations": _observations(evidence, names, service),
        **({"risks": risks} if risks else {}),
    }


def _observations(evidence: Evidence, names: _Names, service: str) -> list[dict[str, Any]]:
    told = [_observation(one, evidence, names, service) for one in evidence.result.objectives]
    if told:
        return told
    return [
        {
            "uuid": names.of("observation"),
            "title": "No objective was judged",
            "description": "The run judged no objective.",
            "methods": ["TEST"],
            "collected": evidence.result.ended,
        }
    ]


def _observation(
    one: ObjectiveResult, evidence: Evidence, names: _Names, service: str
) -> dict[str, Any]:
    props = [_prop("verdict", one.verdict.value), _prop("target-ms", str(one.target_ms))]
    props.append(_prop("basis", one.basis.value))
    if one.achieved is not None:
        props.append(_prop("lower-ms", str(one.achieved.lower_ms)))
        if one.achieved.upper_ms is not None:
            props.append(_prop("upper-ms", str(one.achieved.upper_ms)))
    return {
        "uuid": names.of("observation", one.id),
        "title": f"{TITLES[one.metric]} ({clean(one.id)})",
        "description": clean(one.why) or "No reason was recorded.",
        "props": props,
        "methods": ["TEST"],
        "subjects": [{"subject-uuid": service, "type": "component"}],
        "relevant-evidence": [
            {"href": f"#{names.of('file', name)}", "description": name}
            for name in evidence.files
            if name.startswith("samples/") or name in {"events.jsonl", "result.json"}
        ],
        "collected": evidence.result.ended,
    }


def _risk(one: Remark, names: _Names, number: int) -> dict[str, Any]:
    return {
        "uuid": names.of("risk", str(number), one.text),
        "title": f"{one.code or 'deviation'}: {one.about or one.severity}",
        "description": one.text or "No description was recorded.",
        "statement": "Recorded by the run; its weight is for the organisation to judge.",
        "props": [_prop("severity", one.severity)],
        "status": "open",
    }


def _log(evidence: Evidence, page: Page, names: _Names) -> list[dict[str, Any]]:
    from dr.report.words import sentence

    entries = [
        {
            "uuid": names.of("log", str(event.seq)),
            "title": event.data.type,
            "description": sentence(event.data) or event.data.type,
            "start": event.t,
        }
        for event in evidence.events[:_MOST]
    ]
    if len(evidence.events) > _MOST:
        entries.append(
            {
                "uuid": names.of("log", "more"),
                "title": f"{len(evidence.events) - _MOST} more in events.jsonl",
                "start": evidence.result.ended,
            }
        )
    return entries


def _resources(evidence: Evidence, names: _Names) -> list[dict[str, Any]]:
    return [
        {
            "uuid": names.of("file", name),
            "title": name,
            "rlinks": [{"href": name, "hashes": [{"algorithm": "SHA-256", "value": sha}]}],
        }
        for name, sha in evidence.files.items()
    ]


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _NS, "value": value}
