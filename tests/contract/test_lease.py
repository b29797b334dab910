"""Locks that many machines share: one holder at a time, and the next once it is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dr.cli.locking import VARIABLE, Locks
from dr.cloud.clock import Clock
from dr.cloud.lease import Leases, leases
from dr.model.errors import Failed, Refused
from dr.testing import Stage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADDRESS = "dynamodb:dr-locks@us-east-1"


@pytest.fixture
def table(stage: Stage) -> Leases:
    stage.admin("dynamodb").create_table(
        TableName="dr-locks",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return leases(ADDRESS)


def times(at: int, seconds: int = 60) -> tuple[datetime, datetime]:
    now = NOW + timedelta(seconds=at)
    return now, now + timedelta(seconds=seconds)


def test_one_holds_it_and_the_other_is_told_who(table: Leases) -> None:
    table.take("service orders", "a", "orders-0001, a drill by ann@x", times(0))

    with pytest.raises(Refused, match="service orders is in use by orders-0001, a drill by ann@x"):
        table.take("service orders", "b", "bob", times(1))
    table.take("service orders", "a", "ann again", times(1))  # a resumed run
    table.take("service other", "b", "bob", times(1))


def test_it_is_free_once_it_is_released_or_its_time_is_over(table: Leases) -> None:
    table.take("x", "a", "ann", times(0))
    table.release("x", "a")
    table.take("x", "b", "bob", times(1))

    with pytest.raises(Refused):
        table.take("x", "c", "cyd", times(61))
    table.take("x", "c", "cyd", times(62))


def test_who_does_not_hold_it_releases_nothing(table: Leases) -> None:
    table.take("x", "a", "ann", times(0))
    table.release("x", "b")
    table.release("y", "b")

    with pytest.raises(Refused):
        table.take("x", "b", "bob", times(1))


def test_a_table_that_is_not_there_holds_nothing(stage: Stage) -> None:
    with pytest.raises(Failed):
        leases(ADDRESS).take("x", "a", "ann", times(0))


@pytest.mark.parametrize("address", ["dynamodb:t", "dynamodb:dr-locks@nowhere", "s3://b/k", ""])
def test_a_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="no address of locks"):
        leases(address)


def a_run(home: Path, holder: str, *, simulated: bool = False) -> Locks:
    return Locks(home, holder, f"run {holder}", Clock(), simulated=simulated)


def test_two_homes_exclude_each_other_where_a_table_is_named(
    table: Leases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, ADDRESS)
    one, other = a_run(tmp_path / "a", "a"), a_run(tmp_path / "b", "b")

    one.service("orders")
    one.target("1/r/rds/orders")
    with pytest.raises(Refused, match="service orders is in use by run a"):
        other.service("orders")
    with pytest.raises(Refused, match="target 1/r/rds/orders is in use by run a"):
        other.target("1/r/rds/orders")
    one.let_go()  # its process is gone, its run is not over
    with pytest.raises(Refused):
        other.service("orders")

    resumed = a_run(tmp_path / "a", "a")
    resumed.service("orders")
    assert resumed.release("orders", ["1/r/rds/orders"]) == []
    other.service("orders")
    other.target("1/r/rds/orders")


def test_one_home_excludes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with a_run(tmp_path, "a") as one:
        one.target("1/r/rds/orders")
        one.target("1/r/rds/orders")

        with pytest.raises(Refused, match="1/r/rds/orders is in use by run a"):
            a_run(tmp_path, "b").target("1/r/rds/orders")
    a_run(tmp_path, "b").target("1/r/rds/orders")


def test_locks_that_cannot_be_asked_refuse_a_live_run_and_no_rehearsal(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, ADDRESS)  # there is no such table

    with pytest.raises(Refused, match="cannot be asked"):
        a_run(tmp_path, "a").service("orders")
    a_run(tmp_path / "b", "b", simulated=True).service("orders")
