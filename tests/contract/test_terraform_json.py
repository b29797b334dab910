"""What Terraform prints, and what we make of it."""

import json
from typing import Any

import pytest

from dr.cloud import terraform_json as tj
from dr.model.errors import Forbidden, Refused, SimulatorUnsupported


def change(address: str, *actions: str, **sides: Any) -> dict[str, Any]:
    about = {"actions": list(actions), "before": None, "after": None, **sides}
    return {"address": address, "type": address.split(".")[-2], "change": about}


@pytest.mark.parametrize(
    ("actions", "field"),
    [
        (("create",), "creates"),
        (("update",), "updates"),
        (("delete",), "destroys"),
        (("delete", "create"), "replaces"),
        (("create", "delete"), "replaces"),
        (("forget",), "forgets"),
    ],
)
def test_every_kind_of_change_has_its_place(actions: tuple[str, ...], field: str) -> None:
    found = tj.summary({"resource_changes": [change("module.m.aws_lb.this", *actions)]})

    assert getattr(found, field) == (tj.Resource(address="module.m.aws_lb.this", type="aws_lb"),)
    assert not found.empty


@pytest.mark.parametrize("action", ["no-op", "read"])
def test_a_plan_that_only_looks_is_empty(action: str) -> None:
    assert tj.summary({"resource_changes": [change("data.aws_ami.x", action)]}).empty


def test_a_changed_output_is_a_change() -> None:
    found = tj.summary(
        {"output_changes": {"a": {"actions": ["update"]}, "b": {"actions": ["no-op"]}}}
    )

    assert found.outputs == ("a",)
    assert not found.empty


def drift(before: object, after: object, address: str = "aws_db.x") -> dict[str, Any]:
    resource = {"address": "aws_db.x", "expressions": {"size": {}, "tags": {}}}
    module = {"module_calls": {"m": {"module": {"resources": [resource]}}}, "resources": [resource]}
    return {
        "resource_drift": [change(address, "update", before=before, after=after)],
        "configuration": {"root_module": module},
    }


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ({"size": 1}, {"size": 2}, True),
        ({"size": 1}, None, True),  # somebody deleted it
        ({"size": 1}, {"size": 1, "members": ["a"]}, False),  # not configured
        ({"size": 1, "tags": None}, {"size": 1, "tags": {}}, False),  # as good as absent
        ({"size": 1, "tags": {"a": ""}}, {"size": 1, "tags": {}}, False),
        ({"size": 0}, {"size": None}, True),  # zero is something
        ({"size": False}, {}, True),
    ],
)
def test_drift_is_a_difference_in_what_was_asked_for(
    before: object, after: object, *, counts: bool
) -> None:
    assert bool(tj.drifted(drift(before, after))) is counts


def test_drift_is_found_in_every_instance_of_a_module() -> None:
    shown = drift({"size": 1}, {"size": 2}, address='module.m["a"].aws_db.x[0]')

    assert tj.drifted(shown) == ('module.m["a"].aws_db.x[0]',)


def test_errors_are_joined_into_sentences_with_their_places() -> None:
    error = {
        "type": "diagnostic",
        "diagnostic": {
            "severity": "error",
            "summary": "Bad",
            "detail": "so\n  bad",
            "address": "aws_lb.x",
            "range": {"filename": "main.tf", "start": {"line": 3}},
        },
    }
    warning = {"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Hm"}}
    out = "\n".join(map(json.dumps, (warning, error, error))) + '\n{"cut o'

    assert tj.complaints(out, "") == "Bad: so bad (aws_lb.x, main.tf:3)"


def test_prose_loses_its_frame() -> None:
    framed = "\x1b[31m╷\x1b[0m\n│ Error: No such thing\n│ \n│ Look again.\n╵\n"

    assert tj.complaints("", framed) == "Error: No such thing Look again."
    assert tj.complaints("", "") == "it said nothing"


def test_the_lock_id_is_not_the_request_id() -> None:
    text = (
        "│ operation error S3: PutObject, StatusCode: 412, RequestID: NOT-THIS, api error\n"
        "│ Lock Info:\n│   ID:        0f3c-1\n│   Path:      state/orders\n"
    )

    assert tj.lock_id(text) == "0f3c-1"
    assert tj.lock_id("RequestID: NOT-THIS") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("api error UnauthorizedOperation: no", Forbidden),
        ("AWS account ID not allowed: 1", Forbidden),
        ("deserialization failed: <!doctype html>", SimulatorUnsupported),
        ("Saved plan is stale", Refused),
    ],
)
def test_a_refusal_says_whether_it_is_about_permissions(text: str, kind: type) -> None:
    assert type(tj.refusal("plan", text)) is kind
