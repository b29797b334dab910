"""Diagnostics as SARIF 2.1.0, which code scanning services show beside the lines of a change.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0: sections 3.14 (run),
        3.27 (result), 3.30 (region), 3.49 (reportingDescriptor).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from dr import __version__
from dr.core.explanations import EXPLANATIONS
from dr.model.diagnostic import Diagnostic

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final = {"error": "error", "warning": "warning", "advice": "note"}


def sarif(found: Iterable[Diagnostic]) -> dict[str, Any]:
    """Return a SARIF log with one run."""
    results = [_result(one) for one in found]
    codes = sorted({result["ruleId"] for result in results})
    driver = {"name": "dr", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    entry = EXPLANATIONS[code]
    return {
        "id": code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.text},
        "help": {"text": entry.long(code)},
    }


def _result(one: Diagnostic) -> dict[str, Any]:
    text = f"{one.message}. {one.help}" if one.help else one.message
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(one.file)}}
    if one.span is not None:
        location["region"] = {
            "startLine": one.span.line,
            "startColumn": one.span.column,
            "endColumn": one.span.column + one.span.width,
        }
    return {
        "ruleId": one.code,
        "level": LEVELS[one.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
    }


def _uri(file: str) -> str:
    """Return a path as a URI: relative ones are relative to where the checkout is."""
    path = Path(file)
    encoded = quote(path.as_posix())
    return f"file://{encoded}" if path.is_absolute() else encoded
