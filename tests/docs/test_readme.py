"""The README says what the program does: its drills are drills, its commands print what it says."""

import re
from pathlib import Path

import pytest

from dr.cli.catalogue import kinds
from dr.cli.frame import COMMANDS
from dr.core.parse import parse
from dr.core.planning import plan
from tests.docs import pages
from tests.docs.pages import Command

PAGE = "README.md"
QUICK = {"validate", "explain", "schema", "actions", "probes", "list", "--help", "--version"}
"""Commands that need neither a world nor an earlier run; so does `plan` without --look."""


def is_run(command: Command) -> bool:
    """Say whether a test can run it: it is `dr`, needs no world, and takes no minutes."""
    words = command.words
    if words[0] != "dr" or "--sandbox" in words or len(words) == 1:
        return False
    return words[1] in QUICK or (words[1] == "plan" and "--look" not in words)


ALL = pages.commands(PAGE)
RUN = [command for command in ALL if is_run(command)]


def test_there_is_something_to_test() -> None:
    assert pages.blocks(PAGE, "yaml")
    assert RUN
    assert any(command.words[0] == "make" for command in ALL)


@pytest.mark.parametrize("text", pages.blocks(PAGE, "yaml"), ids=lambda text: text.split("\n")[0])
def test_a_drill_in_it_is_sound_and_can_be_planned(text: str) -> None:
    if not re.search(r"^drill:", text, re.MULTILINE):
        pytest.skip("a part of a drill")
    planned = plan(parse(text, PAGE), kinds())

    assert planned.steps


@pytest.mark.parametrize("command", RUN, ids=lambda command: command.line)
def test_a_command_prints_what_it_shows(command: Command, tmp_path: Path) -> None:
    done = pages.run(command.words, tmp_path)

    assert pages.matches(done.stdout.splitlines(), list(command.said)), done.stdout
    failed = any(line.startswith("error") for line in command.said)
    assert (done.returncode != 0) is failed


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.line)
def test_a_command_exists(command: Command) -> None:
    words = command.words
    if words[0] == "dr":
        pages.must_exist(words)
    if words[0] == "make":
        assert {word for word in words[1:] if "=" not in word} <= pages.targets()


def test_a_command_in_a_sentence_or_table_exists() -> None:
    named = [span.split() for span in pages.spans(PAGE) if re.match(r"dr [a-z-]", span)]

    assert named
    for words in named:
        pages.must_exist(words)


def test_what_make_is_asked_for_can_be_made() -> None:
    named = {span.split()[1] for span in pages.spans(PAGE) if re.match(r"make [a-z]", span)}

    assert named <= pages.targets()


def test_it_names_every_command() -> None:
    words = {word for span in pages.spans(PAGE) for word in span.split()}
    shown = {word for block in pages.blocks(PAGE, "console") for word in block.split()}

    assert set(COMMANDS) - words - shown == set()


def test_every_place_it_sends_the_reader_to_is_there() -> None:
    folders = {path.name for path in pages.ROOT.iterdir() if path.is_dir()}
    named = [span for span in pages.spans(PAGE) if re.fullmatch(r"[\w.-]+(/[\w.*-]*)+", span)]
    places = [place for place in named if place.split("/")[0] in folders]
    places += re.findall(r"\]\((?!https?:|#)([^)#]+)", pages.text_of(PAGE))
    places += [span for span in pages.spans(PAGE) if re.fullmatch(r"[A-Z]+\.md|LICENSE", span)]

    assert places
    assert [place for place in places if not list(pages.ROOT.glob(place))] == []


@pytest.mark.parametrize(
    ("said", "expected", "same"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a", "c"], False),
        (["a", "b"], ["a"], False),
        (["a", "b", "c"], ["...", "c"], True),
        (["a", "b", "c"], ["a", "...", "c"], True),
        (["a", "c"], ["a", "...", "c"], True),
        (["a", "b", "c"], ["a", "..."], True),
        (["a", "b", "c"], ["a", "...", "x"], False),
        (["a.b"], ["aXb"], False),
    ],
)
def test_three_dots_stand_for_lines_and_nothing_else_is_vague(
    said: list[str],
    expected: list[str],
    same: bool,  # noqa: FBT001 - of a table
) -> None:
    assert pages.matches(said, expected) is same
