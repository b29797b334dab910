"""A process that ends before its run says what is left, or that it does not know."""

import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dr.cli.exit_codes import Exit
from dr.cli.runs import _left_open
from dr.core.lines import Broken
from dr.stores.rundir import RunDir


@pytest.mark.parametrize("error", [Broken("torn"), sqlite3.DatabaseError("malformed")])
def test_a_journal_that_cannot_be_read_any_more_leaves_it_unknown_what_is_left(
    error: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def events() -> None:
        raise error

    session: Any = SimpleNamespace(plan=None, journal=SimpleNamespace(events=events))

    code = _left_open(RunDir(tmp_path / "run-0001"), session, Exit.INCONCLUSIVE)

    assert code == Exit.DIRTY
    assert "not known" in capsys.readouterr().err
