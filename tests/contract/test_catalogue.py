"""What every kind has in common, those to come included."""

import ast
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

import dr
from dr.actions import ACTIONS
from dr.checks import CHECKS
from dr.cloud.aws import Aws
from dr.contract import breaches, lacks
from dr.model.base import Record
from dr.model.progress import Doubt
from dr.ports import Action, Check
from dr.probes import MARKS, PROBES
from dr.testing import keeps_contract

PACKAGE = Path(dr.__file__).parent
CATALOGUES = {"actions": ACTIONS, "checks": CHECKS}
ALL = [*ACTIONS.items(), *CHECKS.items(), *PROBES.items(), *MARKS.items()]
EVERY = pytest.mark.parametrize(("kind", "place"), ALL, ids=[kind for kind, _ in ALL])


def load(place: str) -> Any:
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)


def is_kind(path: Path) -> bool:
    """Say whether a file defines an action or a check: a class with a `kind`."""
    tree = ast.parse(path.read_text())
    return any(
        isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "kind"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
    )


@pytest.mark.parametrize("folder", list(CATALOGUES))
def test_every_file_is_listed(folder: str) -> None:
    listed = {place.split(":")[0].rsplit(".", 1)[1] for place in CATALOGUES[folder].values()}
    files = {path.stem for path in (PACKAGE / folder).glob("*.py") if is_kind(path)}

    assert files == listed


@pytest.mark.parametrize("folder", list(CATALOGUES))
def test_no_two_kinds_are_one_class(folder: str) -> None:
    places = list(CATALOGUES[folder].values())

    assert len(set(places)) == len(places)


@EVERY
def test_it_keeps_the_contract_of_its_kind(kind: str, place: str) -> None:
    loaded = load(place)

    keeps_contract(loaded, kind)
    if kind in ACTIONS or kind in CHECKS:
        loaded()  # needs nothing to be made


class Params(Record):
    name: str = Field(description="A name.")


class Seen(Record):
    value: str = Field(description="What is there.")


class Change(Record):
    old: str = Field(description="Before.")
    new: str = Field(description="Afterwards.")


class Good(Action[Aws, Params, Seen, Change]):
    kind = "acme.flag.set"
    hand = Aws
    needs = ("ssm:GetParameter",)
    doubt = Doubt.CONVERGENT
    params = Params
    seen = Seen
    change = Change
    observe = plan = execute = progress = undo = targets = tags = lambda *_: None  # type: ignore[assignment]


class Undescribed(Record):
    name: str


class Look(Check[Aws, Params, Seen]):
    kind = "acme.flag.is"


def made(**other: Any) -> type[Any]:
    """Return the good action, but for something."""
    return type("Made", (Good,), {"doubt": Doubt.CONVERGENT, **other})


@pytest.mark.parametrize(
    ("loaded", "contract", "why"),
    [
        (made(), Check, "is no Check of dr.ports"),
        (len, Action, "is no Action of dr.ports"),
        (Look, Check, "lacks judge, observe"),
        (made(kind="acme.flag.put"), Action, "'acme.flag.put', not 'acme.flag.set'"),
        (made(needs="ssm:GetParameter"), Action, "does not say in `needs`"),
        (made(change=dict), Action, "has no record `change`"),
        (made(hand=str), Action, "takes none of the hands Aws, "),
    ],
)
def test_a_class_that_breaks_its_contract_is_found_out(
    loaded: Any, contract: type[Any], why: str
) -> None:
    kind = "acme.flag.set" if contract is Action else "acme.flag.is"

    assert any(why in one for one in breaches(loaded, kind, contract))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"needs": ()}, "reaches AWS and needs nothing"),
        ({"needs": ("ssm:*",)}, "'ssm:*', which is no single IAM action"),
        ({"needs": ("a:B", "a:B")}, "names something twice"),
        ({"params": Undescribed}, "Undescribed: name is not described"),
        ({"doubt": None}, "how a lost answer is resolved"),
        ({"targets": Action.targets}, "does not name its targets"),
        ({"tags": Action.tags}, "does not name its tags"),
        ({}, "the head of its file has no Units:"),
    ],
)
def test_what_people_would_miss_in_a_kind_is_found_out(other: dict[str, Any], why: str) -> None:
    assert any(why in one for one in lacks(made(**other)))


def test_a_doubt_that_is_inherited_was_not_declared() -> None:
    inherited = type("Inherited", (Good,), {})

    assert any("lost answer" in one for one in lacks(inherited))


@pytest.mark.parametrize(
    ("example", "why"),
    [
        ("{id: a, kind: acme.flag.set, with: {name: x}}", None),
        ("{id: a, kind: acme.flag.put, with: {name: x}}", "is of the kind acme.flag.put"),
        ("{id: a, kind: acme.flag.set, with: {nome: x}}", "is no step"),
        ("{id: a, kind", "is no step"),
    ],
)
def test_the_example_in_the_head_of_a_file_is_a_step(
    example: str, why: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "__doc__", f"A kind.\n\nExample: {example}\n")
    found = [one for one in lacks(Good) if "example" in one]

    assert len(found) == (0 if why is None else 1)
    assert all(str(why) in one for one in found)


def test_listing_the_catalogue_loads_no_heavy_library() -> None:
    for folder in CATALOGUES:
        tree = ast.parse((PACKAGE / folder / "__init__.py").read_text())
        assert not [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
