"""Every malformed drill of the corpus gets its code, at its line, and leaves nothing behind.

The first line of each file says what is expected: `# expect CODE:LINE ...`. A file may have
further problems that follow from the first; the expected ones must be among those reported.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dr.cli.catalogue import kinds
from dr.core.checking import check
from dr.core.parse import decode, parse
from dr.model.errors import DefinitionError

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.yaml"))
ROOT = Path(__file__).parents[2]


def _expected(path: Path) -> list[tuple[str, int]]:
    first = path.read_bytes().split(b"\n", 1)[0].decode()
    return [(code, int(line)) for code, line in re.findall(r"(DR\d{4}):(\d+)", first)]


def _found(path: Path) -> list[tuple[str, int]]:
    with pytest.raises(DefinitionError) as caught:
        check(parse(decode(path.read_bytes(), path.name), path.name), kinds())
    places = [(one.code, one.span.line if one.span else 0) for one in caught.value.diagnostics]
    assert places == sorted(places, key=lambda place: place[1]), "sorted by line"
    return places


def test_the_corpus_is_large_and_every_file_expects_something() -> None:
    assert len(CORPUS) >= 60
    assert all(_expected(path) for path in CORPUS)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_malformed_drill_gets_its_code_at_its_line(path: Path) -> None:
    found = _found(path)
    for code, line in _expected(path):
        assert (code, line) in found
    assert len(set(found)) <= len(_expected(path)) + 1, "one mistake is not reported as many"


def test_all_of_them_through_the_command_line(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "dr", "validate", str(CORPUS[0].parent)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr
    assert list(tmp_path.iterdir()) == []
