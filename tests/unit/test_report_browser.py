"""The page in a real browser, without a network: it is laid out, and nothing is refused or loaded.

Runs wherever Chromium is installed; nothing is installed for it.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dr.report.html import render
from tests.unit import report_data

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_shows_the_page_and_loads_nothing(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(report_data.left_dirty().page()))
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}",
            "--disable-dev-shm-usage", "--dump-dom", page.as_uri(),
        ],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    said = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert said == []
    assert "left changed" in done.stdout
    assert len(re.findall(r"<svg", done.stdout)) == len(re.findall(r"<svg", page.read_text()))
