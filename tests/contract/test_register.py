"""The register: appended to by one at a time, never changed, torn only at its end."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dr.core.seal import NOTHING, Damaged, entry_line, parse_register
from dr.model.errors import Refused
from dr.stores.register import Register

SHA = "ab" * 32
T = "2026-11-20T09:00:00.000000Z"


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "register.jsonl")


def begin(register: Register, run: str = "toy-0001") -> int:
    with register.held() as held:
        number = held.next_run
        held.append("intent", (run, number), SHA, T)
        return number


def test_entries_are_chained_from_nothing_on(register: Register) -> None:
    begin(register)
    with register.held() as held:
        held.append("seal", ("toy-0001", 1), SHA, T, "complete")

    first, second = register.entries()
    assert (first.n, first.prev, second.n) == (1, NOTHING, 2)
    assert second.prev != NOTHING
    assert register.path.read_bytes() == entry_line(first) + b"\n" + entry_line(second) + b"\n"
    assert register.path.stat().st_mode & 0o777 == 0o600


def test_runs_that_begin_at_once_are_counted_without_gaps(register: Register) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: begin(register, f"toy-{n:04d}"), range(32)))

    assert sorted(numbers) == list(range(1, 33))
    assert len(register.entries()) == 32


def test_half_a_line_that_a_crash_left_is_cut_off(register: Register) -> None:
    begin(register)
    whole = register.path.read_bytes()
    register.path.write_bytes(whole + b'{"kind":"inte')

    assert len(register.entries()) == 1
    assert begin(register, "toy-0002") == 2
    assert register.path.read_bytes().startswith(whole)


@pytest.mark.parametrize("change", [b"toy-0009", b"toy-000x"])
def test_nothing_is_appended_behind_a_break(register: Register, change: bytes) -> None:
    begin(register)
    begin(register, "toy-0002")
    register.path.write_bytes(register.path.read_bytes().replace(b"toy-0001", change))

    with pytest.raises(Refused, match="changed after it was written"):
        begin(register, "toy-0003")
    with pytest.raises(Refused):
        register.entries()


@pytest.mark.parametrize(
    "line",
    [
        b"[]", b"null", b"{", b'{"v":1}', b'{"v":2,"kind":"intent"}',
        b'{"v":1,"kind":"gift","n":1,"note":"","prev":"","run_id":"","run_no":1,"sha256":"","t":""}',
    ],
)  # fmt: skip
def test_what_is_no_entry_is_damage(line: bytes) -> None:
    with pytest.raises(Damaged):
        parse_register(line + b"\n")


def test_a_gap_between_runs_is_damage(register: Register) -> None:
    begin(register)
    with register.held() as held:
        held.append("intent", ("toy-0003", 3), SHA, T)

    with pytest.raises(Refused, match="gap"):
        register.entries()


def test_no_register_is_an_empty_one(register: Register) -> None:
    assert register.entries() == []
    with register.held() as held:
        assert (held.head, held.next_run) == (NOTHING, 1)
