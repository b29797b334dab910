"""Whatever the mask of the shell says, what a run writes is its owner's alone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.toy_service import Toy

OTHERS = 0o077
DIRECTORY, FILE = 0o700, 0o600


@pytest.mark.parametrize("mask", [0o000, 0o277])
def test_nobody_else_can_read_what_a_run_has_written(mask: int, tmp_path: Path) -> None:
    with Toy(tmp_path) as toy:
        drill, home = tmp_path / "drill.yaml", tmp_path / "some" / "home"
        drill.write_text(toy.text())
        done = subprocess.run(
            [sys.executable, "-m", "dr", "run", drill, "--confirm", "loopback", "--no-input"],
            env={**os.environ, "DR_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            umask=mask,
        )
    assert done.returncode == 0, done.stderr

    found = [home, *home.rglob("*")]
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in found}
    assert {path: oct(m) for path, m in modes.items() if m & OTHERS} == {}
    assert all(m & DIRECTORY == DIRECTORY for path, m in modes.items() if path.is_dir())
    assert all(m & FILE == FILE for path, m in modes.items() if path.is_file())
    names = {path.name for path in found}
    assert {"journal.db", "probes.csv", "beat", "stdout", "SEAL.txt", "register.jsonl"} <= names
