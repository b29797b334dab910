"""The image: what a linter says of its recipe, who it runs as, and what its first command does."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.docs.pages import ROOT

RECIPE = (ROOT / "Dockerfile").read_text()


def test_a_linter_finds_nothing_in_the_recipe() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, ROOT / "Dockerfile"], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_base_is_named_by_its_digest_and_nothing_runs_as_root() -> None:
    bases = re.findall(r"^FROM (\S+)", RECIPE, re.MULTILINE)
    last = RECIPE[RECIPE.rindex("\nFROM ") :]

    assert len(bases) == 3
    assert all(re.fullmatch(r"\$\{\w+_IMAGE\}@\$\{\w+_DIGEST\}", base) for base in bases)
    assert re.findall(r"^USER (.*)", last, re.MULTILINE) == ["10001:10001"]
    assert "--constraint requirements.lock" in RECIPE


def test_what_goes_into_the_image_is_named_and_there() -> None:
    named = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")
    ]
    copied = {
        word
        for words in re.findall(r"^COPY (?!--)(.*) \S+$", RECIPE, re.MULTILINE)
        for word in words.split()
    }
    assert set(named) == copied
    assert all((ROOT / name).exists() for name in named)


def test_a_second_container_ends_with_75_while_the_first_is_at_work(tmp_path: Path) -> None:
    (found,) = re.findall(r"^ENTRYPOINT (.*)", RECIPE, re.MULTILINE)
    lock = str(tmp_path / "container.lock")
    entry = [lock if word.endswith("container.lock") else word for word in json.loads(found)]

    first = subprocess.Popen([*entry, "sleep", "600"])
    try:
        until = time.monotonic() + 60
        while Path(f"/proc/{first.pid}/comm").read_text() != "sleep\n":  # signals are for it
            assert time.monotonic() < until, "the first never was at work"
            time.sleep(0.01)
        assert subprocess.run([*entry, "true"], check=False).returncode == 75
    finally:
        first.kill()
        first.wait(60)
    assert subprocess.run([*entry, "true"], check=False).returncode == 0
