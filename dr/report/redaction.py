"""A redacted copy of a run's evidence: other names for accounts, ARNs, hosts and people.

The copy is evidence of its own kind: its journal is chained anew, its result is computed anew, it
has its own manifest, and REDACTED.txt says of which seal it is a copy. It has no seal, so it cannot
pass as the original. Who holds the original can make the copy again, byte for byte.

Errors: Unfaithful if the copy would not say what the original says.
Limits: drill.yaml, artifacts and addenda are left out: they are free text, or anybody's bytes.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from dr import __version__
from dr.core.bundle import Against, Bundle
from dr.core.canonical import canonical
from dr.core.lines import digest
from dr.core.lines import read as event_of
from dr.core.samples import marks_text, parse_marks, parse_samples, samples_text
from dr.core.seal import MANIFEST_FILE, NOTHING, SEAL_FILE, SEAL_SIGNATURE, manifest_text
from dr.core.verifying import verify
from dr.model.errors import DrError
from dr.model.event_types import BY_TYPE
from dr.model.plan import Plan
from dr.report.evidence import RAW, Evidence, read
from dr.report.html import render
from dr.report.pseudonyms import Pseudonyms
from dr.report.redacted import ORIGINAL, REDACTED_FILE, Statement, text_of
from dr.report.verifier import tool

_PEOPLE = frozenset({"who", "started_by", "name"})
_TEAMS = frozenset({"team", "owner"})
_SENTENCES = frozenset(
    {
        *("answer", "exclusions", "irreversible", "keeps", "kept", "left", "message", "prompt"),
        *("question", "role", "said", "scope", "source", "success_conditions", "text", "title"),
        "why",
    }
)
_AS_IT_IS = frozenset({"kind", "type", "schema", "prev", "t", "request_id", "token", "nonce"})

Reported = Callable[[Plan], frozenset[str]]


class Unfaithful(DrError):
    """A redacted copy would not say what the original says."""


def redact(files: Mapping[str, bytes], reported: Reported) -> dict[str, bytes]:
    """Return the files of the redacted copy.

    1. People are known first, so that they are found in sentences, too.
    2. Plan, intent and samples, then the journal, chained anew from the new intent.
    3. The closing event names the new files; for that the result is computed again.
    4. What was judged must be the same.
    """
    _must_hold(files, reported)
    original = read(files, reported)
    names = Pseudonyms(_kinds(original.plan))
    # 1
    _meet(original, orjson.loads(files["intent.json"]), names)
    # 2
    copy = {"plan.json": canonical(_other(orjson.loads(files["plan.json"]), names))}
    intent = _other(orjson.loads(files["intent.json"]), names)
    copy["intent.json"] = canonical({**intent, "plan_sha256": _sha(copy["plan.json"])})
    for name in sorted(files):
        if name.startswith("samples/") and name.endswith(".csv"):
            copy[name] = _samples(name, files[name], names)
    # 3
    lines: list[bytes] = []
    prev = _sha(copy["intent.json"])
    for line in files["events.jsonl"].splitlines():
        raw = orjson.loads(line)
        raw["data"] = _other(raw["data"], names)
        if raw["type"] == "run.closed":
            copy["events.jsonl"] = b"".join(lines)
        _rebind(raw, files, copy, names, reported)
        made = canonical({**raw, "prev": prev})
        event_of(made)  # a copy that nobody can read is none
        lines.append(made + b"\n")
        prev = digest(made)
    copy["events.jsonl"] = b"".join(lines)
    # 4
    again = read(copy, reported, copy_of=copied(files))
    if _judged(again) != _judged(original):
        raise Unfaithful("with other names the evidence would not say the same; no copy is made")
    return _finished(copy, files, again, names)


def _must_hold(files: Mapping[str, bytes], reported: Reported) -> None:
    """Refuse an original that does not hold: its copy would, and would lend it credit."""
    if SEAL_FILE not in files:
        return  # `_rebind` looks at what the journal names
    checks = verify(Bundle(files), Against(provider_reported=reported))
    wrong = [check.text for check in checks if check.ok is False]
    if wrong:
        raise Unfaithful(f"the original does not hold, so there is no copy of it: {wrong[0]}")


def copied(files: Mapping[str, bytes]) -> str:
    """Return the digest of the seal that a copy is made of; of an unsealed run, zeros."""
    return _sha(files[SEAL_FILE]) if SEAL_FILE in files else NOTHING


def _finished(
    copy: dict[str, bytes], files: Mapping[str, bytes], again: Evidence, names: Pseudonyms
) -> dict[str, bytes]:
    for name in (SEAL_FILE, SEAL_SIGNATURE):
        if name in files:
            copy[f"{ORIGINAL}/{name}"] = files[name]
    result = again.result
    complete = "result.json" in copy
    objectives = " ".join(f"{o.id}={o.verdict.value}" for o in result.objectives)
    copy[REDACTED_FILE] = text_of(
        Statement(
            run_id=result.run_id,
            drill=again.plan.drill,
            evidence="SIMULATED" if again.plan.simulated else "real",
            overall=result.verdict.value if complete else "incomplete",
            objectives=(objectives if complete else "") or "none",
            original_seal_sha256=copied(files),
            original_events_sha256=_sha(files["events.jsonl"]),
            renamed=" ".join(f"{sort}={n}" for sort, n in names.counts().items()) or "nothing",
            redacted_with=f"dr {__version__}",
        )
    )
    copy["VERIFY.md"] = tool("VERIFY.md")
    copy["report.html"] = render(again.page()).encode()
    copy[MANIFEST_FILE] = manifest_text({name: _sha(data) for name, data in copy.items()})
    return dict(sorted(copy.items()))


def _rebind(
    raw: dict[str, Any],
    files: Mapping[str, bytes],
    copy: dict[str, bytes],
    names: Pseudonyms,
    reported: Reported,
) -> None:
    """Put the digests of the copy's files where an event names those of the original's."""
    data = raw["data"]
    if raw["type"] == "run.created":
        data["plan_sha256"] = _sha(copy["plan.json"])
    elif raw["type"] == "samples.anchored" and data["file"] in copy:
        whole = files[data["file"]][: data["bytes"]]
        if _sha(whole) != data["sha256"]:
            raise Unfaithful(f"{data['file']} is not what the journal saw of it")
        part = _samples(data["file"], whole[: whole.rfind(b"\n") + 1], names) if whole else b""
        data.update(bytes=len(part), sha256=_sha(part))
    elif raw["type"] == "run.closed":
        if any(_sha(files.get(n, b"")) != sha for n, sha in data["digests"].items()):
            raise Unfaithful("the files are not those that the journal's last event names")
        copy["result.json"] = canonical(read(copy, reported).result.as_json())
        data["digests"] = {n: _sha(copy[n]) for n in sorted(data["digests"]) if n in copy}


def _samples(name: str, data: bytes, names: Pseudonyms) -> bytes:
    """Return a file of samples with other names, line by line."""
    from dataclasses import replace

    if name == RAW[0]:
        rows = parse_samples(data).values
        return samples_text(
            replace(s, why=names.sentence(s.why), vantage=names.text(s.vantage)) for s in rows
        ).encode()
    if name == RAW[1]:
        return marks_text(
            replace(m, why=names.sentence(m.why)) for m in parse_marks(data).values
        ).encode()
    return names.sentence(data.decode()).encode()  # ids and numbers, mostly


def _kinds(plan: Plan) -> set[str]:
    asked = {one.kind for one in plan.probes} | {one.kind for one in plan.detect}
    return asked | {one.kind for one in plan.marks} | {s.kind for s in plan.steps} | {*BY_TYPE}


def _meet(original: Evidence, intent: dict[str, Any], names: Pseudonyms) -> None:
    """Give names to everybody who is named where people are named."""
    names.team(original.plan.owner)
    for one in original.plan.participants:
        names.person(one.name or "")
        names.team(one.team or "")
    names.person(str(intent.get("started_by", "")))
    for event in original.events:
        if event.data.type == "run.adopted":
            names.machine(str(getattr(event.data, "owner", "")).partition(":")[0])
        for field in ("started_by", "who"):
            names.person(str(getattr(event.data, field, "")))


def _other(value: Any, names: Pseudonyms, key: str = "") -> Any:
    """Return a JSON value with other names; what a text is follows from the key it is under."""
    if isinstance(value, dict):
        return {names.text(k): _other(v, names, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_other(one, names, key) for one in value]
    if not isinstance(value, str) or key in _AS_IT_IS or key.endswith("sha256"):
        return value
    if key in _PEOPLE or (key in _TEAMS and ":" in value):
        return names.sentence(value)
    if key in _TEAMS:
        return names.team(value)
    return names.sentence(value) if key in _SENTENCES else names.text(value)


def _judged(evidence: Evidence) -> tuple[object, ...]:
    result = evidence.result
    figures = tuple((o.id, o.target_ms, o.achieved, o.verdict) for o in result.objectives)
    codes = tuple((f.code, f.severity) for f in result.findings)
    return result.verdict, figures, codes, len(result.left)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
