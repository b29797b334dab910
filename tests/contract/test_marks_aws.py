"""dynamodb.marks and s3.marks against a moto server, and against servers that break off."""

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from dr.cloud.clock import Clock
from dr.model.errors import Failed, Refused
from dr.model.reading import MarkState
from dr.observer.client import Entry, Spec, Tail, end_of, start, stop
from dr.ports import Asking, Marks, Written
from dr.probes.dynamodb_marks import DynamodbMarks
from dr.probes.s3_marks import S3Marks
from tests.contract.loopback import Behaviour, Server, answer, free_port, reset

ASKING = Asking(5.0, None, None, "123456789012", "us-east-1", None)


@pytest.fixture(autouse=True)
def _no_credentials_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def asking(endpoint: str) -> Asking:
    return dataclasses.replace(ASKING, endpoint=endpoint)


def client(endpoint: str, service: str) -> Any:
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    make: Any = session.client  # its overloads want a literal
    return make(service, endpoint_url=endpoint)


def table(endpoint: str, name: str, *keys: tuple[str, str, str]) -> str:
    client(endpoint, "dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": of} for key, of, _ in keys],
        KeySchema=[{"AttributeName": key, "KeyType": what} for key, _, what in keys],
    )
    return name


def write(marks: Marks, *seqs: int) -> list[Written]:
    async def all_of_them() -> list[Written]:
        return [await marks.write(seq, 1_000 * seq) for seq in seqs]

    return asyncio.run(all_of_them())


@pytest.mark.parametrize(
    "keys",
    [
        [("pk", "S", "HASH")],
        [("order", "S", "HASH"), ("line", "S", "RANGE")],
        [("order", "S", "HASH"), ("line", "N", "RANGE")],
    ],
    ids=["hash", "hash and text range", "hash and number range"],
)
def test_items_are_written_read_back_over_many_pages_and_cleaned(
    asking: Asking, endpoint: str, keys: list[tuple[str, str, str]]
) -> None:
    name = table(endpoint, f"marks-{len(keys)}-{keys[-1][1]}", *keys)
    marks = DynamodbMarks({"table": name}, asking, "r1")
    other = DynamodbMarks({"table": name}, asking, "r11")  # not a prefix of anything of r1
    assert {one.state for one in write(marks, *range(30))} == {MarkState.ACKED}
    write(other, 5)
    assert marks.read() == dict.fromkeys(range(30), 1)
    marks.clean()
    assert marks.read() == {}
    assert other.read() == {5: 1}


def test_the_items_say_what_they_are_and_leave_others_alone(asking: Asking, endpoint: str) -> None:
    name = table(endpoint, "orders", ("pk", "S", "HASH"))
    dynamodb = client(endpoint, "dynamodb")
    dynamodb.put_item(TableName=name, Item={"pk": {"S": "item-001"}})
    marks = DynamodbMarks({"table": name}, asking, "r1")
    write(marks, 3)
    items = dynamodb.scan(TableName=name)["Items"]
    mine = next(item for item in items if item["pk"]["S"] != "item-001")
    assert mine["pk"]["S"] == "dr-mark#r1#0000000003"
    assert mine["dr_sent_us"]["N"] == "3000"
    marks.clean()
    assert dynamodb.scan(TableName=name)["Items"] == [{"pk": {"S": "item-001"}}]


def test_a_table_whose_key_is_a_number_is_refused(asking: Asking, endpoint: str) -> None:
    name = table(endpoint, "numbers", ("id", "N", "HASH"))
    marks = DynamodbMarks({"table": name}, asking, "r1")
    assert write(marks, 1)[0].state is MarkState.FAILED
    with pytest.raises(Refused, match="key is text"):
        marks.read()


def test_a_table_that_is_not_there_certainly_got_no_mark(asking: Asking) -> None:
    marks = DynamodbMarks({"table": "no-such-table"}, asking, "r1")
    assert write(marks, 1)[0].state is MarkState.FAILED
    with pytest.raises(Failed, match="DescribeTable"):
        marks.read()


def test_objects_behind_a_delete_marker_are_not_there_and_cleaning_leaves_no_version(
    asking: Asking, endpoint: str
) -> None:
    s3 = client(endpoint, "s3")
    s3.create_bucket(Bucket="docs")
    s3.put_bucket_versioning(Bucket="docs", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="docs", Key="docs/welcome.txt", Body=b"hello")
    marks = S3Marks({"bucket": "docs", "prefix": "docs/marks"}, asking, "r1")
    assert {one.state for one in write(marks, *range(5))} == {MarkState.ACKED}
    s3.delete_object(Bucket="docs", Key="docs/marks/r1/0000000002")
    assert marks.read() == {0: 1, 1: 1, 3: 1, 4: 1}
    marks.clean()
    assert marks.read() == {}
    versions = s3.list_object_versions(Bucket="docs")
    assert [one["Key"] for one in versions["Versions"]] == ["docs/welcome.txt"]
    assert "DeleteMarkers" not in versions


def test_a_bucket_that_is_not_there_certainly_got_no_mark(asking: Asking) -> None:
    marks = S3Marks({"bucket": "no-such-bucket"}, asking, "r1")
    assert write(marks, 1)[0].state is MarkState.FAILED
    with pytest.raises(Failed):
        marks.read()


@pytest.mark.parametrize(
    ("behave", "state"),
    [
        (answer(500), MarkState.INDETERMINATE),
        (reset, MarkState.INDETERMINATE),
        (answer(403), MarkState.FAILED),
    ],
)
def test_a_request_is_sent_once_and_without_an_answer_it_is_indeterminate(
    behave: Behaviour, state: MarkState
) -> None:
    with Server(behave) as server:
        asking = dataclasses.replace(ASKING, endpoint=server.url)
        marks = S3Marks({"bucket": "docs"}, asking, "r1")
        assert write(marks, 1)[0].state is state
        assert len(server.requests) == 1


def test_an_endpoint_that_refuses_certainly_got_no_mark() -> None:
    asking = dataclasses.replace(ASKING, endpoint=f"http://127.0.0.1:{free_port()}")
    written = write(S3Marks({"bucket": "docs"}, asking, "r1"), 1)[0]
    assert written.state is MarkState.FAILED
    assert "not sent" in written.why


def test_marks_that_need_boto3_are_written_by_a_second_observer(
    asking: Asking, endpoint: str, tmp_path: Path
) -> None:
    name = table(endpoint, "second", ("pk", "S", "HASH"))
    clock = Clock()
    with Server(answer()) as server:
        spec = Spec(
            run="r1",
            until_us=clock.mono_us() + 60_000_000,
            probes=(
                Entry("web", "dr.probes.http_get:HttpGet", 50_000, 1_000_000, {"url": server.url}),
            ),
            marks=(
                Entry(
                    "items",
                    "dr.probes.dynamodb_marks:DynamodbMarks",
                    100_000,
                    2_000_000,
                    {"table": name},
                    asking,
                ),
            ),
        )
        running = start(spec, tmp_path, clock)
        try:
            assert len(set(running.pids)) == 2
            tail = Tail.of_marks(running.marks_path)
            seen = []
            for _ in range(200):
                seen += tail.new()
                if sum(mark.state is MarkState.ACKED for mark in seen) >= 5:
                    break
                clock.sleep(0.05)
        finally:
            assert stop(running)
        seen += tail.new()
    acked = {mark.seq for mark in seen if mark.state is MarkState.ACKED}
    assert len(acked) >= 5
    assert acked <= set(DynamodbMarks({"table": name}, asking, "r1").read())
    ends = [end_of(tmp_path), end_of(tmp_path, "observer-apart")]
    assert [end and list(end["counts"]) for end in ends] == [["web"], ["items"]]
