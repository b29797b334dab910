"""What the tests of documents share: the blocks, the code spans and the program of a page."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
WORD = re.compile(r"[a-z][a-z-]*")


@dataclass(frozen=True)
class Command:
    """A command of a `console` block, and what the page says that it prints."""

    line: str
    said: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line, comments=True)


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def blocks(page: str, language: str) -> list[str]:
    return [body for tag, body in _BLOCK.findall(text_of(page)) if tag == language]


def spans(page: str) -> list[str]:
    """Return what is set as code within sentences and tables."""
    return [" ".join(span.split()) for span in _SPAN.findall(_BLOCK.sub("", text_of(page)))]


def commands(page: str) -> list[Command]:
    found: list[Command] = []
    for block in blocks(page, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Command(line[2:], ()))
            else:
                last = found.pop()
                found.append(Command(last.line, (*last.said, line)))
    return found


def targets() -> set[str]:
    """Return what `make` can make."""
    return set(_TARGET.findall(text_of("Makefile")))


@cache
def subcommand(name: str) -> click.Command:
    """Return a command of `dr`. Fails if there is none."""
    from dr.cli.frame import dr

    found = dr.get_command(click.Context(dr), name)
    assert found is not None, f"there is no `dr {name}`"
    return found


def must_exist(words: list[str]) -> None:
    """Fail unless a command line of `dr` names a command, and options, that exist.

    Words of documentation are ignored: brackets, and NAMES in capitals.
    """
    words = [word.strip("[]…,.") for word in words]
    if not words[1:] or words[1].startswith("-"):
        return
    command = subcommand(words[1])
    while isinstance(command, click.Group) and len(words) > 2 and WORD.fullmatch(words[2]):
        inner = command.get_command(click.Context(command), words.pop(2))
        assert inner is not None, f"there is no `{' '.join(words)}`"
        command = inner
    known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    given = {word.partition("=")[0] for word in words[2:] if word.startswith("-")}
    assert given <= known | {"-h", "--help"}, f"{words}: {given - known} do not exist"


def run(words: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line of `dr` as a reader would, from the top of the repository."""
    return subprocess.run(
        [sys.executable, "-m", "dr", *words[1:]],
        cwd=ROOT,
        env={**os.environ, "DR_HOME": str(home), "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )


def matches(said: list[str], expected: list[str]) -> bool:
    """Say whether lines are as expected; a line `...` stands for any number of lines."""
    said, expected = [[line.rstrip() for line in lines] for lines in (said, expected)]
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else f"{re.escape(line)}\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in said)) is not None
