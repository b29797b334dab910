"""The text of a drill that has been imported, with its gaps marked where they belong.

What a person has not told, and the foreign file does not say, gets a value that lets the drill be
read and that no run survives: an account that is nobody's, a host that does not exist.
"""

import json
import re
from collections.abc import Iterable
from typing import Final

from pydantic import JsonValue

from dr.core.importing.outline import UNKNOWN, Entry, Outline, Told, slug
from dr.core.yaml_nodes import FORBIDDEN
from dr.model.base import Json
from dr.model.units import SECOND_US, Duration

NOBODY: Final = "000000000000"
NOWHERE: Final = "https://fill-me-in.example/health"
REGION: Final = "us-east-1"
TARGET: Final = Duration(600 * SECOND_US)
PATIENCE: Final = 6  # a guard stops the run after so many times the target
COARSE: Final = 10  # a probe measures a target to a tenth
FAULT_US: Final = SECOND_US
_PLAIN: Final = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(?<!:)")
_WORDS: Final = {"true", "false", "null", "True", "False", "Null", "TRUE", "FALSE", "NULL"}
_LONGEST: Final = 200
_SCENARIOS: Final = {
    "aws.ec2.zone_blackhole": "zone-loss",
    "aws.rds.failover": "failover",
    "aws.rds.reboot_failover": "failover",
    "aws.elasticache.failover": "failover",
}


def written(outline: Outline, told: Told) -> str:
    """Return the drill. What nobody has told is noted as a gap first, so that all are listed."""
    judged = _judged(outline, told)
    rto = _rto(outline, told, judged)
    known = {
        "account": told.account or outline.account,
        "region": told.region or outline.region,
        "service": told.service,
        "owner": told.owner,
    }
    unknown = [f"--{name}" for name, value in known.items() if value is None]
    if unknown:
        outline.gap("sites", f"not said anywhere: give {', '.join(unknown)}")
    account, region = known["account"] or NOBODY, known["region"] or REGION
    title = _line(outline.title).replace("${", "$(") or f"Imported from {outline.origin}"
    role = {"role": outline.role} if outline.role else {}
    target = told.rto or TARGET
    limit = str(Duration(PATIENCE * target))
    guard = Entry({"probe": judged["id"], "down_for": limit}, ("not imported: stops the run",))
    return "\n".join(
        [
            *_head(outline),
            f"drill: {_flow(told.name or slug(title))}",
            f"title: {_flow(title)}",
            f"service: {_flow(known['service'] or UNKNOWN)}",
            f"owner: {_flow(known['owner'] or UNKNOWN)}",
            f"scenario: {_scenario(outline)}",
            "sites:",
            *_gaps(outline, "sites"),
            f"  primary: {_flow({'account': account, 'region': region, **role})}",
            "objectives:",
            *_gaps(outline, "objectives"),
            f"  rto: {_flow(rto)}",
            "blast_radius:",
            f"  accounts: {_flow([account])}",
            f"  regions: {_flow([region])}",
            "  require_tag: {dr-drill: allowed}  # put it on what this drill may touch",
            f"  changes: {outline.changes()}",
            *_section(outline, "probes", outline.probes),
            *_section(outline, "detect", outline.detect),
            *_section(outline, "guards", [*outline.guards, guard]),
            *_section(outline, "disrupt", outline.disrupt),
            *(_section(outline, "return", outline.back) or ["return: undo"]),
            "",
        ]
    )


def _judged(outline: Outline, told: Told) -> Json:
    """Return the probe that says whether the service is up; add one if there is none."""
    if told.url is not None or not outline.probes:
        params: Json = {"url": told.url or NOWHERE}
        data: Json = {"id": outline.id("service"), "kind": "http.get", "every": "500ms"}
        outline.probes.insert(0, Entry({**data, "with": params}))
        if told.url is None:
            why = "nothing asks whether users are served: give the service's --url"
            outline.gap("probes", why)
    data = outline.probes[0].data
    if str(data["kind"]).startswith("aws."):
        why = f"`{data['id']}` says what the provider says; give the service's --url"
        outline.gap("probes", why)
    return data


def _rto(outline: Outline, told: Told, judged: Json) -> Json:
    """Return the objective, which no other tool has."""
    if told.rto is None:
        outline.gap("objectives", "no recovery time is aimed at: give the target, --rto")
    target = told.rto or TARGET
    width = sum(Duration.parse(str(judged.get(k, "2s"))) for k in ("every", "within")) + FAULT_US
    rto: Json = {"target": str(target), "probe": judged["id"]}
    if width * COARSE > target:
        why = f"the probe `{judged['id']}` is too coarse for {target}: shorten every and within"
        outline.gap("objectives", why)
        rto["too_coarse"] = "inconclusive"
    return rto


def _scenario(outline: Outline) -> str:
    kinds = {str(one.data["kind"]) for one in outline.disrupt}
    return next((said for kind, said in _SCENARIOS.items() if kind in kinds), "other")


def _head(outline: Outline) -> list[str]:
    """Return the first lines: where it is from, and all gaps, counted."""
    lines = [f"# Imported from {outline.origin}."]
    lines.append(
        "# All of it is under `disrupt`: move what is a part of the recovery to `recover:`."
    )
    if outline.gaps:
        lines += ["#", f"# {len(outline.gaps)} gap(s). Fill them in, remove these lines, then run"]
        lines += ["# `dr validate`, `dr lint` and `dr plan --look`, in that order."]
        lines += [f"#   {n}. {_line(gap.text)}" for n, gap in enumerate(outline.gaps, 1)]
    return lines


def _section(outline: Outline, name: str, entries: Iterable[Entry]) -> list[str]:
    """Return one section with its entries and its gaps; nothing if it has no entries."""
    lines = _gaps(outline, name)
    found = list(entries)
    for entry in found:
        lines += [f"  # {_line(note)}" for note in entry.notes]
        lines.append(f"  - {_flow(_escaped(entry.data))}")
    return [f"{name}:", *lines] if found else []


def _gaps(outline: Outline, section: str) -> list[str]:
    return [f"  # GAP: {_line(gap.text)}" for gap in outline.gaps if gap.section == section]


def _line(text: str) -> str:
    """Return a text as one line without anything invisible."""
    flat = " ".join(FORBIDDEN.sub("?", text).split())
    shown = "".join(c if c.isprintable() else "?" for c in flat)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _escaped(value: JsonValue) -> JsonValue:
    """Return a value in which nothing is a reference: other tools' `${…}` are theirs."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def _flow(value: JsonValue) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    """Say whether a text needs no quotes: a word, or a length such as 5m."""
    return bool(_PLAIN.fullmatch(text) or re.fullmatch(r"\d+[a-z]+", text)) and text not in _WORDS
