"""Whether a class keeps the contract of its kind: looked at, never run.

`breaches` are what makes a kind unusable: `dr` refuses it. `lacks` are what people would miss in
one: the tests of every kind look for them, ours and those of other packages (`dr.testing`).
"""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, Final, TypeGuard

from dr.cloud.aws import Aws
from dr.cloud.child import Children
from dr.cloud.postgres import Postgres
from dr.cloud.terraform import Terraform
from dr.model.base import Record
from dr.model.drill import Step
from dr.model.progress import Doubt
from dr.ports import Action, Check, Marks, Observations, Probe

HANDS: Final = (Aws, Children, Postgres, Terraform, Observations)
"""What the engine can hand to a step."""

SECTIONS: Final = ("Units:", "Errors:", "Limits:", "Source:", "Example:")
"""What the head of a file of an action or check must say."""

_NEED: Final = re.compile(r"[a-z0-9-]+:[A-Z][A-Za-z0-9]*")
_RECORDS: Final[dict[type[Any], tuple[str, ...]]] = {
    Action: ("params", "seen", "change"),
    Check: ("params", "seen"),
    Probe: ("params",),
    Marks: ("params",),
}


def breaches(loaded: Any, kind: str, contract: type[Any]) -> Iterator[str]:
    """Go through the ways in which a class does not keep what every kind must."""
    if not (isinstance(loaded, type) and issubclass(loaded, contract)):
        yield f"is no {contract.__name__} of dr.ports"
        return
    if inspect.isabstract(loaded):
        missing = sorted(getattr(loaded, "__abstractmethods__", ()))
        yield f"lacks {', '.join(missing)}"
    if getattr(loaded, "kind", None) != kind:
        yield f"says that its kind is {getattr(loaded, 'kind', None)!r}, not {kind!r}"
    needs = getattr(loaded, "needs", None)
    if not (isinstance(needs, tuple) and all(isinstance(need, str) for need in needs)):
        yield "does not say in `needs` which IAM actions it calls"
    for name in _RECORDS[contract]:
        if not _is_record(getattr(loaded, name, None)):
            yield f"has no record `{name}`"
    if contract in {Action, Check} and getattr(loaded, "hand", None) not in HANDS:
        yield f"takes none of the hands {', '.join(hand.__name__ for hand in HANDS)}"


def lacks(loaded: type[Any]) -> Iterator[str]:
    """Go through what people would miss in a class that has no breaches."""
    for need in loaded.needs:
        if not _NEED.fullmatch(need):
            yield f"`needs` names {need!r}, which is no single IAM action"
    if len(set(loaded.needs)) != len(loaded.needs):
        yield "`needs` names something twice"
    yield from _undescribed(loaded)
    head = head_of(loaded)
    if not head.split("\n", 1)[0].endswith("."):
        yield "the head of its file does not begin with a sentence on one line"
    if issubclass(loaded, Action | Check):
        yield from _lacks_of_a_step(loaded, head)


def head_of(loaded: type[Any]) -> str:
    """Return what is written for people about a kind: the head of its file."""
    return inspect.getdoc(inspect.getmodule(loaded)) or ""


def _lacks_of_a_step(loaded: type[Any], head: str) -> Iterator[str]:
    if loaded.hand is Aws and not loaded.needs:
        yield "it reaches AWS and needs nothing"
    for section in SECTIONS:
        if f"\n{section}" not in head:
            yield f"the head of its file has no {section}"
    yield from _wrong_example(loaded, head)
    if not issubclass(loaded, Action):
        return
    if not isinstance(vars(loaded).get("doubt"), Doubt):  # what is inherited was forgotten
        yield "it does not say how a lost answer is resolved (`doubt`)"
    if loaded.hand is Aws:
        for name in ("targets", "tags"):
            if getattr(loaded, name) is getattr(Action, name):
                yield f"it touches AWS and does not name its {name}"


def _wrong_example(loaded: type[Any], head: str) -> Iterator[str]:
    from pydantic import ValidationError
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if "\nExample:" not in head:
        return
    try:
        example = YAML(typ="safe", pure=True).load(head.split("\nExample:")[1])
        step = Step.model_validate_json(json.dumps(example))
        loaded.params.model_validate_json(json.dumps(step.with_))
    except (ValidationError, YAMLError, TypeError) as error:
        yield f"its example is no step: {error}"
        return
    if step.kind != loaded.kind:
        yield f"its example is of the kind {step.kind}"


def _undescribed(loaded: type[Any]) -> Iterator[str]:
    records = [getattr(loaded, name, None) for name in ("params", "seen", "change")]
    for record in records:
        if not _is_record(record):
            continue
        schema = record.model_json_schema()
        for model in (schema, *schema.get("$defs", {}).values()):
            for field, said in model.get("properties", {}).items():
                if not said.get("description"):
                    yield f"{record.__qualname__}: {field} is not described"


def _is_record(found: object) -> TypeGuard[type[Record]]:
    return isinstance(found, type) and issubclass(found, Record)
