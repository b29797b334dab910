"""What every action and check has in common, those to come included."""

import ast
import importlib
import inspect
import io
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import dr
from dr.actions import ACTIONS
from dr.checks import CHECKS
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.drill import Step
from dr.model.progress import Doubt
from dr.ports import Action, Check

PACKAGE = Path(dr.__file__).parent
CATALOGUES = {"actions": ACTIONS, "checks": CHECKS}
ALL = [(kind, place) for table in CATALOGUES.values() for kind, place in table.items()]
SECTIONS = ("Units:", "Errors:", "Limits:", "Source:", "Example:")
EVERY = pytest.mark.parametrize(("kind", "place"), ALL, ids=[kind for kind, _ in ALL])


def load(place: str) -> Any:
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)


def doc_of(place: str) -> str:
    return inspect.getdoc(importlib.import_module(place.split(":", maxsplit=1)[0])) or ""


def example_of(place: str) -> Any:
    text = doc_of(place).split("\nExample:")[1]
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


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
def test_it_loads_under_its_own_kind(kind: str, place: str) -> None:
    loaded = load(place)

    assert loaded.kind == kind
    assert issubclass(loaded, Action if kind in ACTIONS else Check)
    assert not inspect.isabstract(loaded)
    loaded()  # needs nothing to be made


@EVERY
def test_what_reaches_aws_says_what_it_needs(kind: str, place: str) -> None:
    loaded = load(place)
    if loaded.hand is not Aws:
        pytest.skip("reaches no AWS")

    assert loaded.needs
    assert len(set(loaded.needs)) == len(loaded.needs)
    for need in loaded.needs:
        service, _, action = need.partition(":")
        assert service.islower()
        assert action[0].isupper()
        assert "*" not in need


@EVERY
def test_its_docstring_says_what_people_must_know(kind: str, place: str) -> None:
    doc = doc_of(place)

    assert doc.splitlines()[0].endswith(".")
    for section in SECTIONS:
        assert f"\n{section}" in doc, f"{section} is missing"


@EVERY
def test_its_example_is_a_step_that_parses(kind: str, place: str) -> None:
    example = example_of(place)
    step = Step.model_validate_json(_as_json(example))

    assert step.kind == kind
    load(place).params.model_validate_json(_as_json(example.get("with", {})))


@EVERY
def test_every_field_is_described_for_people(kind: str, place: str) -> None:
    loaded = load(place)
    models = [loaded.params, loaded.seen] + ([loaded.change] if kind in ACTIONS else [])
    for model in models:
        assert issubclass(model, Record)
        schema = model.model_json_schema()
        for name, field in _fields(schema):
            assert field.get("description"), f"{model.__qualname__}: {name} is not described"


@EVERY
def test_an_action_declares_its_doubt(kind: str, place: str) -> None:
    loaded = load(place)
    if kind in CHECKS:
        pytest.skip("checks change nothing")

    assert declares_doubt(loaded)


def test_an_action_without_a_declared_doubt_is_found_out() -> None:
    inherited = type("Inherited", (load(next(iter(ACTIONS.values()))),), {})

    assert not declares_doubt(inherited)


def declares_doubt(loaded: type[Any]) -> bool:
    """Say whether a class itself, and not one above it, says how its lost answers are resolved."""
    return isinstance(vars(loaded).get("doubt"), Doubt)


@EVERY
def test_an_action_on_aws_names_its_targets(kind: str, place: str) -> None:
    loaded = load(place)
    if kind in CHECKS or loaded.hand is not Aws:
        pytest.skip("touches nothing in AWS")

    assert loaded.targets is not Action.targets
    assert loaded.tags is not Action.tags


def test_listing_the_catalogue_loads_no_heavy_library() -> None:
    for folder in CATALOGUES:
        tree = ast.parse((PACKAGE / folder / "__init__.py").read_text())
        assert not [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]


def _as_json(value: Any) -> str:
    import json

    return json.dumps(value)


def _fields(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    models = [schema, *schema.get("$defs", {}).values()]
    return [pair for model in models for pair in model.get("properties", {}).items()]
