"""Locks between processes: a held lock dies with its holder."""

import subprocess
import sys
from pathlib import Path

import pytest

from dr.model.errors import Refused
from dr.stores.locks import FileLock

HOLDER = """
import sys, time
from pathlib import Path
from dr.stores.locks import FileLock
FileLock(Path(sys.argv[1]), "service orders").take("run-0001")
print("held", flush=True)
time.sleep(60)
"""


def a_lock(tmp_path: Path) -> FileLock:
    return FileLock(tmp_path / "locks" / "orders", "service orders")


def test_a_held_lock_is_refused_and_its_holder_named(tmp_path: Path) -> None:
    with a_lock(tmp_path).take("run-0001"):
        with pytest.raises(Refused, match="service orders is in use by run-0001"):
            a_lock(tmp_path).take("run-0002")
        with pytest.raises(Refused, match="run-0001"):  # being refused took nothing away
            a_lock(tmp_path).take("run-0003")


def test_a_released_lock_is_free_and_names_the_next(tmp_path: Path) -> None:
    a_lock(tmp_path).take("a-very-long-name-0001").release()

    with a_lock(tmp_path).take("run-2"), pytest.raises(Refused, match=r"use by run-2$"):
        a_lock(tmp_path).take("run-3")


def test_releasing_what_is_not_held_is_harmless(tmp_path: Path) -> None:
    lock = a_lock(tmp_path)
    lock.release()
    lock.take("run-1").release()
    lock.release()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Refused, match="run-0001"):
        FileLock(path, "service orders").take("run-0002")

    holder.kill()
    holder.wait()
    holder.stdout.close()

    FileLock(path, "service orders").take("run-0002").release()


def test_a_child_process_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = a_lock(tmp_path).take("run-0001")
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False
    )
    lock.release()

    a_lock(tmp_path).take("run-0002").release()
    child.communicate(b"\n")


def test_a_lock_no_one_has_named_is_in_use_by_another_process(tmp_path: Path) -> None:
    with (
        a_lock(tmp_path).take(""),
        pytest.raises(Refused, match="in use by another process"),
    ):
        a_lock(tmp_path).take("run-0002")
