"""The run as an in-toto statement in a DSSE envelope, signed with the key that sealed the run.

The predicate is of our own type: the one for test results knows names only, and no intervals.
`inconclusive` and whatever proves nothing is WARNED, and never PASSED.

Source: in-toto attestation framework v1 (Statement); DSSE v1 (PAE, envelope).
"""

import base64
from collections.abc import Callable
from typing import Any

from dr.core.canonical import canonical
from dr.model.verdict import Verdict
from dr.report.evidence import Evidence

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE = "urn:dr-drill:result:v1"
_WORDS = {Verdict.PASS: "PASSED", Verdict.FAIL: "FAILED"}


def statement(evidence: Evidence) -> bytes:
    """Return the statement, as canonical JSON."""
    result, plan = evidence.result, evidence.plan
    said: dict[str, Any] = {
        "result": "FAILED" if result.left else _WORDS.get(result.verdict, "WARNED"),
        "verdict": result.verdict.value,
        "simulated": result.simulated or plan.simulated,
        "run": result.run_id,
        "drill": plan.drill,
        "service": plan.service,
        "environment": plan.environment,
        "definitionSha256": plan.definition_sha256,
        "started": result.started,
        "ended": result.ended,
        "leftChanged": len(result.left),
        "objectives": [
            {
                "id": one.id,
                "metric": one.metric,
                "targetMs": one.target_ms,
                "lowerMs": None if one.achieved is None else one.achieved.lower_ms,
                "upperMs": None if one.achieved is None else one.achieved.upper_ms,
                "basis": one.basis.value,
                "verdict": one.verdict.value,
            }
            for one in result.objectives
        ],
    }
    return canonical(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                {"name": name, "digest": {"sha256": sha}} for name, sha in evidence.files.items()
            ],
            "predicateType": PREDICATE,
            "predicate": said,
        }
    )


def envelope(payload: bytes, key_id: str, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the envelope around a statement. sign: makes a raw Ed25519 signature."""
    return canonical(
        {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": key_id, "sig": base64.b64encode(sign(pae(payload))).decode()}],
        }
    )


def pae(payload: bytes) -> bytes:
    """Return what is signed: type and payload, each with its length."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
