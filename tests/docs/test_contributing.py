"""CONTRIBUTING and the package say how the program is built: packages, layers, files, commands."""

import re
import tomllib
from pathlib import Path

import dr
from tests.docs import pages

PAGE = "CONTRIBUTING.md"
PACKAGE = Path(dr.__file__).parent


def test_the_reading_order_names_every_package() -> None:
    order = dr.__doc__ or ""
    named = set(re.findall(r"`dr\.([a-z_]+)`", order))
    there = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    there |= {path.stem for path in PACKAGE.glob("[a-z]*.py")}

    assert named == there


def test_the_files_and_folders_it_names_exist() -> None:
    named = [span for span in pages.spans(PAGE) if re.fullmatch(r"[\w.-]+(/[\w.*-]*)+", span)]
    named += [span for span in pages.spans(PAGE) if re.fullmatch(r"[A-Z]+\.md", span)]

    assert len(named) > 5
    assert [place for place in named if not list(pages.ROOT.glob(place))] == []


def test_the_line_of_layers_is_the_contract_that_is_checked() -> None:
    (line,) = [span for span in pages.spans(PAGE) if span.startswith("cli |")]
    said = [{part.strip() for part in layer.split("|")} for layer in line.split("→")]
    settings = tomllib.loads(pages.text_of("pyproject.toml"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    checked = [{part.strip().removeprefix("dr.") for part in layer.split("|")} for layer in layers]

    assert said == checked


def test_what_make_is_asked_for_can_be_made() -> None:
    named = {span.split()[1] for span in pages.spans(PAGE) if re.match(r"make [a-z]", span)}

    assert named
    assert named <= pages.targets()


def test_a_command_it_names_exists() -> None:
    for span in pages.spans(PAGE):
        if re.match(r"dr [a-z-]", span):
            pages.must_exist(span.split())


def test_it_names_the_headings_that_a_docstring_must_have() -> None:
    assert {"Units", "Errors", "Limits", "Source"} <= set(pages.spans(PAGE))


def test_make_help_lists_only_what_there_is() -> None:
    said = re.findall(r"^# make ([a-z]+)", pages.text_of("Makefile"), re.MULTILINE)

    assert {"demo", "test", "check"} <= set(said) <= pages.targets()
