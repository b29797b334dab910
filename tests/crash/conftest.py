"""The toy world's minute passes in 0.3 s; so must the engine's quarter of a second."""

import pytest

import dr.engine.run


@pytest.fixture(autouse=True)
def _quick_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dr.engine.run, "TURN_S", 0.002)
