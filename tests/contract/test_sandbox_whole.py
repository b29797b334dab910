"""The whole sandbox: control plane and data plane together, as a drill meets them."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import pytest

from dr.cloud.aws import Aws
from dr.sandbox import control, inventory
from dr.sandbox.addresses import ONE_ADDRESS
from dr.sandbox.control import Sandbox
from tests.contract.sandboxes import FAST, eventually

pytestmark = pytest.mark.sandbox


@dataclass(frozen=True)
class Whole:
    sandbox: Sandbox
    east: Aws
    west: Aws
    out: dict[str, str]

    def ask(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        host, dns_port = self.sandbox.resolver
        question = dns.message.make_query(self.out["service_name"], "A")
        address = dns.query.udp(question, host, port=dns_port, timeout=5).answer[0][0].to_text()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        port = self.out["service_url"].rpartition(":")[2]
        body = b"{}" if method == "PUT" else None
        request = urllib.request.Request(f"http://{address}:{port}{path}", method=method, data=body)
        try:
            with opener.open(request, timeout=2) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
        except OSError as error:
            return 0, str(error).encode()

    def healthy(self) -> bool:
        return self.ask("/health")[0] == 200


@pytest.fixture(
    params=["memory", "one-address", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def whole(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Whole]:
    database = request.param
    if database == "one-address":
        monkeypatch.setenv(ONE_ADDRESS, "1")
        database = "memory"
    estate = tmp_path / "estate"
    estate.mkdir()
    with control.ephemeral(
        tmp_path / "home", estate, times=FAST, terraform=False, database=database
    ) as sandbox:
        found = Whole(
            sandbox,
            inventory.fake_hands(sandbox.endpoint, "us-east-1"),
            inventory.fake_hands(sandbox.endpoint, "us-west-2"),
            sandbox.outputs[str(estate)],
        )
        assert sandbox.database == database
        eventually(found.healthy)
        yield found


def test_the_service_fails_with_its_writer_and_comes_back_with_the_next(whole: Whole) -> None:
    assert whole.ask("/items/item-001")[0] == 200
    assert whole.ask("/docs/welcome.txt") == (200, b"Welcome to Orders.\n")
    assert whole.ask("/items/no-such-item")[0] == 404
    whole.east.rds.failover_db_cluster(DBClusterIdentifier=whole.out["db_cluster"])
    eventually(lambda: not whole.healthy())
    eventually(whole.healthy)

    def writer() -> list[str]:
        members = whole.east.rds.describe_db_clusters(DBClusterIdentifier=whole.out["db_cluster"])[
            "DBClusters"
        ][0]["DBClusterMembers"]
        return [m["DBInstanceIdentifier"] for m in members if m.get("IsClusterWriter")]

    assert writer() == ["orders-2"]
    assert any(line["what"] == "database.killed" for line in whole.sandbox.get("truth"))


def test_the_standby_serves_once_the_primary_is_dark_and_it_is_promoted(whole: Whole) -> None:
    acl = whole.east.ec2.create_network_acl(VpcId=whole.out["vpc_id"])["NetworkAcl"]
    found = whole.east.ec2.describe_network_acls(
        Filters=[
            {"Name": "vpc-id", "Values": [whole.out["vpc_id"]]},
            {"Name": "default", "Values": ["true"]},
        ]
    )["NetworkAcls"][0]
    for association in found["Associations"]:
        whole.east.ec2.replace_network_acl_association(
            AssociationId=association["NetworkAclAssociationId"],
            NetworkAclId=acl["NetworkAclId"],
        )
    eventually(lambda: not whole.healthy())
    assert not whole.healthy()  # wherever the name leads, nothing there takes writes
    whole.west.rds.promote_read_replica_db_cluster(
        DBClusterIdentifier=whole.out["standby_db_cluster"]
    )
    eventually(whole.healthy)
    assert json.loads(whole.ask("/health")[1])
