"""`dr doctor` against the sandbox, before a rehearsal."""

import json

import pytest

from tests.e2e.rehearsing import DRILLS, Rehearsal

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("safety")]


def test_a_rehearsal_can_be_examined_beforehand(rehearsal: Rehearsal) -> None:
    done = rehearsal.dr("doctor", DRILLS / "rds-failover.yaml", "--sandbox", "--json")

    assert done.code == 0, done.said
    found = {one["what"]: one["state"] for one in json.loads(done.out)}
    assert found["outputs"] == "ok"
    assert found["site primary"] == "ok"
    assert found["site primary: permissions"] == "not checked"  # the sandbox has no such call
