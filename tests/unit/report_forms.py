"""The forms that the exports must have, as their schemas say; only what both JUnit schemas allow.

JUnit: Windyroad's `JUnit.xsd` and `junit-10.xsd` of Jenkins' xUnit plugin. OSCAL: the structure of
assessment-results 1.2.1 as far as we write it (required members, no others, forms of values).
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

_TOKEN = re.compile(r"[^\s](?:[^\s]| (?! ))*(?<! )|")
_DECIMAL = re.compile(r"\d+\.\d{3}")
_COUNT = re.compile(r"\d+")
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_ANY = re.compile(r".*", re.DOTALL)
_SUITE = {
    "name": _TOKEN, "timestamp": _WHEN, "hostname": _TOKEN, "tests": _COUNT, "failures": _COUNT,
    "errors": _COUNT, "skipped": _COUNT, "time": _DECIMAL, "package": _TOKEN, "id": _COUNT,
}  # fmt: skip
_OUTCOMES = ("failure", "error", "skipped")


def check_junit(text: str) -> ET.Element:
    """Return the suite of a document that both schemas allow."""
    root = ET.fromstring(text)
    assert (root.tag, root.attrib) == ("testsuites", {})  # Windyroad allows no name here
    (suite,) = root
    _attributes(suite, _SUITE)
    order = [child.tag for child in suite]
    cases = order.count("testcase")
    assert order == ["properties", *["testcase"] * cases, "system-out", "system-err"]
    for one in suite[0]:
        assert one.tag == "property"
        _attributes(one, {"name": _TOKEN, "value": _ANY})
    for case in suite.iter("testcase"):
        _attributes(case, {"name": _TOKEN, "classname": _TOKEN, "time": _DECIMAL})
        assert [child.tag for child in case] in [[], *([outcome] for outcome in _OUTCOMES)]
        for child in case:
            _attributes(child, {"type": _ANY, "message": _ANY})
    assert int(suite.attrib["tests"]) == cases
    for outcome, name in zip(_OUTCOMES, ("failures", "errors", "skipped"), strict=True):
        assert int(suite.attrib[name]) == len(list(suite.iter(outcome)))
    return suite


def _attributes(element: ET.Element, form: Mapping[str, re.Pattern[str]]) -> None:
    assert set(element.attrib) == set(form)
    for name, pattern in form.items():
        assert pattern.fullmatch(element.attrib[name]), (element.tag, name, element.attrib[name])


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_TEXT = re.compile(r"\S(?:.*\S)?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_HREF = re.compile(r"#?\S+")
_PROP = {"name": _NAME, "ns": _HREF, "value": _TEXT}
_PROPS = [_PROP]
_FORM: dict[str, Any] = {
    "assessment-results": {
        "uuid": _UUID,
        "metadata": {
            "title": _TEXT, "last-modified": _TIME, "version": _TEXT, "oscal-version": _TEXT,
            "parties?": [{"uuid": _UUID, "type": re.compile("person|organization"), "name": _TEXT}],
            "remarks?": _TEXT,
        },
        "import-ap": {"href": _HREF},
        "results": [{
            "uuid": _UUID, "title": _TEXT, "description": _TEXT, "start": _TIME, "end?": _TIME,
            "props?": _PROPS,
            "local-definitions?": {"components?": [{
                "uuid": _UUID, "type": _TEXT, "title": _TEXT, "description": _TEXT,
                "status": {"state": re.compile(
                    "under-development|operational|disposition|other")},
            }]},
            "reviewed-controls": {"control-selections": [{
                "description?": _TEXT,
                "include-controls": [{"control-id": re.compile(r"[a-z]{2}-\d+(\.\d+)?")}],
            }]},
            "assessment-log?": {"entries": [{
                "uuid": _UUID, "title?": _TEXT, "description?": _TEXT, "start": _TIME,
            }]},
            "observations?": [{
                "uuid": _UUID, "title?": _TEXT, "description": _TEXT, "props?": _PROPS,
                "methods": [re.compile("EXAMINE|INTERVIEW|TEST|UNKNOWN")],
                "subjects?": [{"subject-uuid": _UUID, "type": re.compile("component")}],
                "relevant-evidence?": [{"href?": _HREF, "description": _TEXT}],
                "collected": _TIME,
            }],
            "risks?": [{
                "uuid": _UUID, "title": _TEXT, "description": _TEXT, "statement": _TEXT,
                "props?": _PROPS, "status": re.compile("open"),
            }],
        }],
        "back-matter?": {"resources?": [{
            "uuid": _UUID, "title?": _TEXT, "rlinks?": [{
                "href": _HREF,
                "hashes?": [{
                    "algorithm": re.compile("SHA-256"), "value": re.compile("[0-9a-f]{64}"),
                }],
            }],
        }]},
    },
}  # fmt: skip


def check_oscal(document: Any) -> None:
    """Fail unless a document has the form, its ids are unique, and its references meet."""
    _fits(document, _FORM, "")
    ids, references = list[str](), list[str]()
    _collect(document, ids, references)
    assert len(ids) == len(set(ids))
    assert set(references) <= set(ids)


def _fits(value: Any, form: Any, where: str) -> None:
    if isinstance(form, re.Pattern):
        assert isinstance(value, str), where
        assert form.fullmatch(value), (where, value)
    elif isinstance(form, list):
        assert isinstance(value, list), where
        assert value, f"{where}: an empty list is not allowed"
        for one in value:
            _fits(one, form[0], where)
    else:
        assert isinstance(value, dict), where
        known = {name.rstrip("?") for name in form}
        assert set(value) <= known, (where, set(value) - known)
        for name, inner in form.items():
            if name.rstrip("?") in value:
                _fits(value[name.rstrip("?")], inner, f"{where}/{name}")
            else:
                assert name.endswith("?"), f"{where}: {name} is missing"


def _collect(value: Any, ids: list[str], references: list[str]) -> None:
    if isinstance(value, list):
        for one in value:
            _collect(one, ids, references)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name == "uuid":
                ids.append(one)
            elif name == "subject-uuid" or (name == "href" and one.startswith("#")):
                references.append(one.lstrip("#"))
            _collect(one, ids, references)
