"""A service that is ill while a file exists, a drill that makes it so, and `dr` run on it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.contract.loopback import Server, answer

TOY = """
drill: toy
title: A toy falls ill and is healed
service: toy
owner: team-toy
scenario: other
environment: loopback
objectives:
  rto: {target: 20s, probe: toy, ups: 3, hold: 300ms}
blast_radius: {changes: 4}
probes:
  - id: toy
    kind: http.get
    every: 50ms
    within: 500ms
    with: {url: "@URL@/"}
    negative: {url: "http://127.0.0.1:1/"}
  - {id: net, kind: http.get, every: 200ms, control: true, with: {url: "@OTHER@/"}}
disrupt:
  - {id: sicken, kind: command.run, with: {argv: [touch, "@FLAG@"], check: [test, -e, "@FLAG@"]}}
recover:
  - {id: heal, kind: command.run, with: {argv: [rm, "@FLAG@"], check: [test, "!", -e, "@FLAG@"]}}
return: []
"""


class Toy:
    """The service, and another that nothing touches."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.flag = place / "ill"
        self.well = Server(answer())
        self.server = Server(self._behave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()
        self.well.__exit__()

    def _behave(self, peer: socket.socket, request: bytes) -> None:
        ill = self.flag.exists()
        if b" /incidents " in request:
            answer(200, b'[{"status": "triggered"}]' if ill else b"[]")(peer, request)
        else:
            answer(503 if ill else 200)(peer, request)

    def text(self, text: str = TOY) -> str:
        named = {"@URL@": self.server.url, "@OTHER@": self.well.url, "@FLAG@": str(self.flag)}
        for name, value in named.items():
            text = text.replace(name, value)
        return text

    def run(self, *changes: tuple[str, str], **environment: str) -> "Played":
        """Run the drill with parts of its text changed."""
        text = TOY
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return play(self.text(text), self.place, environment)


@dataclass(frozen=True)
class Played:
    """What `dr run` left behind."""

    code: int
    said: str
    home: Path
    run: Path
    result: dict[str, Any]

    @property
    def verdict(self) -> str:
        return str(self.result["verdict"])

    @property
    def codes(self) -> set[str]:
        return {finding["code"] for finding in self.result["findings"]}


def dr(
    *args: str, home: Path, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dr", *args],
        env={**os.environ, "DR_HOME": str(home), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def play(text: str, place: Path, environment: Mapping[str, str]) -> Played:
    drill, home = place / "drill.yaml", place / "home"
    drill.write_text(text)
    done = dr(
        "run", str(drill), "--confirm", "loopback", "--no-input",
        home=home, environment=environment,
    )  # fmt: skip
    runs = sorted((home / "runs").iterdir()) if (home / "runs").is_dir() else []
    assert len(runs) == 1, done.stderr
    assert (runs[0] / "result.json").is_file(), done.stderr
    result = json.loads((runs[0] / "result.json").read_text())
    return Played(done.returncode, done.stderr, home, runs[0], result)
