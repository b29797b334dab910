"""Secrets stay where they are: in nothing that a run writes or says. And it is its owner's alone.

Planted: the secret key in the environment, a password that a command inherits, the value of a
SecureString. Looked for: in every byte of the home, and in everything said.
"""

import base64
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dr.sandbox import inventory
from tests.e2e.rehearsing import Change, Done, Drill, Rehearsal, short, written

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("safety")]

PARAMETER = "/orders/secret"


@pytest.fixture(autouse=True)
def _as_most_people_have_it() -> Iterator[None]:
    """Have the umask that most machines have: files that anybody may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _planted() -> dict[str, str]:
    """Return values with signs that formats escape, so that no escaping hides them."""
    return {
        "AWS_SECRET_ACCESS_KEY": f"AK/{secrets.token_hex(18)}+",
        "AWS_SESSION_TOKEN": secrets.token_hex(40),
        "ORDERS_PASSWORD": f"p&ss word-{secrets.token_hex(16)}",
        "PGPASSWORD": secrets.token_hex(16),
    }


def _forms(value: str) -> set[bytes]:
    core = value.strip("+").removeprefix("AK/").removeprefix("p&ss word-")
    return {
        core.encode(),
        value.encode(),
        quote(value, safe="").encode(),
        base64.b64encode(value.encode()).rstrip(b"="),
        repr(value).encode(),
    }


def _found(values: list[str], rehearsal: Rehearsal, *said: Done) -> list[tuple[str, str]]:
    """Return every place that any of the values is in."""
    places = {str(p): p.read_bytes() for p in rehearsal.home.rglob("*") if p.is_file()}
    assert any(name.endswith("journal.db") for name in places)
    places |= {f"said {i}": (done.out + done.err).encode() for i, done in enumerate(said)}
    return [
        (value[:6], name)
        for value in values
        for name, content in places.items()
        if any(form in content for form in _forms(value))
    ]


def _with_command(marker: Path) -> Change:
    """Return a change that has a drill run a command, which can do nothing without its password."""

    def change(drill: Drill) -> None:
        short(drill)
        drill["blast_radius"]["changes"] = 2
        command = {
            "argv": ["sh", "-c", f'test -n "$ORDERS_PASSWORD" && touch {marker}'],
            "check": ["test", "-f", str(marker)],
            "undo": ["rm", "-f", str(marker)],
        }
        drill["recover"] = [{"id": "call", "kind": "command.run", "with": command}]

    return change


def test_no_secret_is_in_anything_a_run_leaves(rehearsal: Rehearsal, tmp_path: Path) -> None:
    assert rehearsal.sandbox is not None
    planted = _planted()
    player = Rehearsal(
        tmp_path / "home",
        rehearsal.sandbox,
        extra={"AWS_ACCESS_KEY_ID": "AKIATESTING", "DR_DEBUG": "1", **planted},
    )
    drill = written(tmp_path / "drill.yaml", "rds-failover", _with_command(tmp_path / "marker"))

    done = player.run(drill)
    shown = player.dr("show", "last")
    reported = player.dr("report", "last")

    assert player.last.happened("step.settled", step="call"), done.said
    assert (player.last.path / "children").is_dir()
    assert (player.last.path / "report.html").is_file(), done.said
    assert _found(list(planted.values()), player, done, shown, reported) == []


def test_the_value_of_a_secure_string_is_never_written_down(
    rehearsal: Rehearsal, tmp_path: Path
) -> None:
    assert rehearsal.sandbox is not None
    value = secrets.token_hex(20)
    east = inventory.fake_hands(rehearsal.sandbox.endpoint, "us-east-1")
    east.ssm.put_parameter(Name=PARAMETER, Value=value, Type="SecureString", Overwrite=True)
    east.ssm.add_tags_to_resource(
        ResourceType="Parameter",
        ResourceId=PARAMETER,
        Tags=[{"Key": "dr-drill", "Value": "allowed"}],
    )

    def change(drill: Drill) -> None:
        short(drill)
        drill["blast_radius"]["changes"] = 3
        step = {"name": PARAMETER, "value": "another"}
        drill["recover"] = [
            {"id": "set", "kind": "aws.ssm.set_parameter", "site": "primary", "with": step}
        ]

    try:
        drill = written(tmp_path / "drill.yaml", "rds-failover", change)
        done = rehearsal.run(drill)
        looked = rehearsal.dr("plan", drill, "--look", "--sandbox")
    finally:
        east.ssm.delete_parameter(Name=PARAMETER)

    assert rehearsal.last.happened("step.failed", step="set"), done.said
    assert _found([value], rehearsal, done, looked) == []


def test_the_search_finds_what_is_there(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """A search that cannot find anything would prove nothing."""
    value = _planted()["ORDERS_PASSWORD"]
    rehearsal.home.mkdir()
    for name, content in {
        "journal.db": b"x" + value.encode(),
        "a.html": quote(value, safe="").encode(),
        "b.bin": base64.b64encode(value.encode()),
    }.items():
        (rehearsal.home / name).write_bytes(content)

    assert len(_found([value], rehearsal, Done(0, f"said {value}", ""))) == 4


@pytest.mark.parametrize("name", ["rds-failover", "dynamodb-restore"])
def test_everything_a_run_writes_is_its_owners_alone(
    rehearsal: Rehearsal, tmp_path: Path, name: str
) -> None:
    player = Rehearsal(tmp_path / "home", rehearsal.sandbox, extra={"ORDERS_PASSWORD": "x"})
    change = _with_command(tmp_path / "marker") if name == "rds-failover" else short

    done = player.run(written(tmp_path / "drill.yaml", name, change))

    assert player.last.happened("run.closed"), done.said
    open_ = [
        f"{path.relative_to(player.home)} {path.stat().st_mode & 0o777:04o}"
        for path in [player.home, *player.home.rglob("*")]
        if path.stat().st_mode & 0o077
    ]
    assert open_ == []
