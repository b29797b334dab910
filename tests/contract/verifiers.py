"""The three verifiers, called alike."""

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from dr.cli.evidence import provider_reported
from dr.core.bundle import Against
from dr.core.verifying import ESSENTIAL, verify
from dr.report import verifier
from dr.report.redacted import is_redacted
from dr.report.redacted import verify as verify_copy
from dr.stores.sealing import bundle_of

TOOLS = Path(verifier.__file__).parent
VERIFIED, NOT_VERIFIED, UNCHECKED = 0, 1, 4


@dataclass(frozen=True)
class Given:
    """What an auditor was given beside the bundle."""

    signers: Path | None = None
    register: Path | None = None
    head: str | None = None
    run: str | None = None
    tsa: Path | None = None
    p256: Path | None = None

    def arguments(self) -> list[str]:
        named = {
            "--signers": self.signers, "--register": self.register,
            "--head": self.head, "--run": self.run, "--tsa-ca": self.tsa, "--p256": self.p256,
        }  # fmt: skip
        return [str(part) for name, value in named.items() if value for part in (name, value)]


@dataclass(frozen=True)
class Said:
    """What a verifier said: its exit code, and the numbers of the checks that fail, or hold."""

    code: int
    failed: frozenset[int]
    out: str
    held: frozenset[int] = frozenset()


def ours(bundle: Path, given: Given) -> Said:
    """Ask the library."""
    read = bundle_of(bundle)
    if is_redacted(read.files):
        signers = None if given.signers is None else given.signers.read_bytes()
        copied = verify_copy(read, provider_reported, signers)
        wrong = frozenset(c.number for c in copied if c.ok is False)
        said = "\n".join(f"{c.number} {c.ok} {c.text}" for c in copied)
        return Said(NOT_VERIFIED if wrong else UNCHECKED, wrong, said)
    checks = verify(
        read,
        Against(
            signers=None if given.signers is None else given.signers.read_bytes(),
            register=None if given.register is None else given.register.read_bytes(),
            head=given.head,
            run=given.run,
            tsa=None if given.tsa is None else given.tsa.read_bytes(),
            p256=None if given.p256 is None else given.p256.read_bytes(),
            provider_reported=provider_reported,
        ),
    )
    failed = frozenset(c.number for c in checks if c.ok is False)
    unchecked = any(c.ok is None and c.number in ESSENTIAL for c in checks)
    code = NOT_VERIFIED if failed else UNCHECKED if unchecked else VERIFIED
    held = frozenset(c.number for c in checks if c.ok)
    return Said(code, failed, "\n".join(f"{c.number} {c.ok} {c.text}" for c in checks), held)


def shell(bundle: Path, given: Given) -> Said:
    """Ask verify.sh."""
    return _program(["bash", str(TOOLS / "verify.sh")], bundle, given)


def python(bundle: Path, given: Given) -> Said:
    """Ask verify.py, in this process: a program for each bundle would cost ten times as much."""
    text = io.StringIO()
    arguments = [str(TOOLS / "verify.py"), str(bundle), *given.arguments()]
    with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(text):
        code = _verify_py().main()
    return _said(code, text.getvalue())


def python_alone(bundle: Path, given: Given) -> Said:
    """Ask verify.py as an auditor does, with nothing of this environment to import."""
    return _program([sys.executable, "-I", "-S", str(TOOLS / "verify.py")], bundle, given)


@cache
def _verify_py() -> Any:
    spec = importlib.util.spec_from_file_location("verify_py", TOOLS / "verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _program(command: list[str], bundle: Path, given: Given) -> Said:
    done = subprocess.run(
        [*command, str(bundle), *given.arguments()],
        capture_output=True, text=True, check=False, errors="replace", timeout=60,
    )  # fmt: skip
    return _said(done.returncode, done.stdout, done.stderr)


def _said(code: int, out: str, err: str = "") -> Said:
    failed, held = (
        frozenset(int(line[4:7]) for line in out.splitlines() if line.startswith(mark))
        for mark in ("FAIL", "ok  ")
    )
    return Said(code, failed, out + err, held)


ALL = {"dr": ours, "verify.sh": shell, "verify.py": python}


def verdicts(bundle: Path, given: Given) -> dict[str, Said]:
    """Ask all three."""
    return {name: ask(bundle, given) for name, ask in ALL.items()}


def ask(pack: Path, most: int | None = None) -> list[str]:
    """Do what the README of a pack says; return what was not said to hold.

    most: ask of so many runs only, first and last among them; each takes seconds.
    """
    lines = (pack / "README.md").read_text().splitlines()
    commands = [line for line in lines if line.startswith("bash verify.sh")]
    said = []
    for line in commands if most is None else [*commands[: most - 1], commands[-1]]:
        done = subprocess.run(
            ["bash", "-c", line], cwd=pack, env={"PATH": os.environ["PATH"]}, check=False,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        *texts, last = done.stdout.splitlines()
        assert (done.returncode, last) == (0, "VERIFIED"), done.stdout
        said += [text for text in texts if not text.startswith("ok")]
    return said


def told_to_check(pack: Path) -> int:
    """Return of how many runs the README of a pack says how to check them."""
    return (pack / "README.md").read_text().count("\nbash verify.sh")
