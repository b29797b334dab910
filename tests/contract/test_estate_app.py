"""The service that the sample estate's instances run speaks the drills' language.

Its AWS is moto in this process; its MySQL is SQLite, which is near enough for three statements.
"""

import http.client
import importlib.util
import json
import sqlite3
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest

APP = Path(__file__).parents[2] / "terraform" / "estate" / "region" / "app.py"


class Connection:
    """As much of a PyMySQL connection as the service uses."""

    def __init__(self, file: Path) -> None:
        self._inner = sqlite3.connect(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()

    def cursor(self) -> Any:
        inner = self._inner.cursor()

        class Cursor:
            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                inner.close()

            def execute(self, text: str, values: tuple[object, ...] = ()) -> None:
                inner.execute(text.replace("%s", "?").replace(", KEY (run)", ""), values)

            def fetchall(self) -> list[tuple[object, ...]]:
                return inner.fetchall()

        return Cursor()

    def commit(self) -> None:
        self._inner.commit()


class Service:
    """The running service. up: whether its database answers."""

    def __init__(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.up = True
        self._file = file
        monkeypatch.setitem(sys.modules, "pymysql", self._pymysql())
        spec = importlib.util.spec_from_file_location("estate_app", APP)
        assert spec is not None
        assert spec.loader is not None
        app: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(app)
        app.Handler.log_message = lambda *_: None
        self.app = app
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), app.Handler)
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        connection.request(method, path, body)
        answer = connection.getresponse()
        said = answer.status, answer.read()
        connection.close()
        return said

    def _pymysql(self) -> ModuleType:
        def connect(**options: object) -> Connection:
            if not self.up:
                raise OSError("the writer does not answer")
            assert options["password"] == "hush"
            return Connection(self._file)

        module: Any = ModuleType("pymysql")
        module.connect = connect
        module.err = SimpleNamespace(MySQLError=OSError)
        return module  # type: ignore[no-any-return]


@pytest.fixture
def service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_credentials: None
) -> Iterator[Service]:
    from moto import mock_aws

    for name, value in {
        "BUCKET": "documents",
        "CLUSTER": "orders",
        "NAME": "orders",
        "PORT": "0",
        "REGION": "us-east-1",
        "SECRET": "orders/database",
        "TABLE_PARAMETER": "/orders/table",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        running = Service(tmp_path / "db", monkeypatch)
        _stock(running.app)
        yield running
        running.stop()


def _stock(app: Any) -> None:
    app.rds.create_db_cluster(
        DBClusterIdentifier="orders",
        Engine="aurora-mysql",
        MasterUsername="orders",
        MasterUserPassword="password",
    )
    app.secrets.create_secret(Name="orders/database", SecretString="hush")
    app.ssm.put_parameter(Name="/orders/table", Value="orders-items", Type="String")
    app.dynamodb.create_table(
        TableName="orders-items",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    app.dynamodb.put_item(TableName="orders-items", Item={"pk": {"S": "item-001"}})
    app.s3.create_bucket(Bucket="documents")
    app.s3.put_object(Bucket="documents", Key="docs/welcome.txt", Body=b"hello")


def test_marks_are_written_read_back_and_removed(service: Service) -> None:
    for seq in (1, 2, 2):
        assert service.ask("PUT", f"/marks/run-1/{seq}", b'{"sent_us": 5}')[0] == 201
    service.ask("PUT", "/marks/run-2/9", b'{"sent_us": 5}')

    status, said = service.ask("GET", "/marks/run-1")
    assert (status, sorted(json.loads(said)["seqs"])) == (200, [1, 2, 2])

    assert service.ask("DELETE", "/marks/run-1")[0] == 200
    assert json.loads(service.ask("GET", "/marks/run-1")[1]) == {"seqs": []}
    assert json.loads(service.ask("GET", "/marks/run-2")[1]) == {"seqs": [9]}


def test_a_mark_without_a_time_is_refused(service: Service) -> None:
    assert service.ask("PUT", "/marks/run-1/1", b"{}")[0] == 400
    assert service.ask("PUT", "/marks/run-1/one", b'{"sent_us": 5}')[0] == 400


def test_health_follows_the_database_and_being_alive_does_not(service: Service) -> None:
    assert service.ask("GET", "/health")[0] == 200

    service.up = False

    assert service.ask("GET", "/health")[0] == 503
    assert service.ask("PUT", "/marks/run-1/1", b'{"sent_us": 5}')[0] == 503
    assert service.ask("GET", "/alive")[0] == 200


def test_items_come_from_the_table_that_the_parameter_names(service: Service) -> None:
    assert service.ask("GET", "/items/item-001")[0] == 200
    assert service.ask("GET", "/items/no-such-item")[0] == 404

    service.app.ssm.put_parameter(Name="/orders/table", Value="elsewhere", Overwrite=True)

    assert service.ask("GET", "/items/item-001")[0] == 503


def test_documents_come_from_the_bucket(service: Service) -> None:
    assert service.ask("GET", "/docs/welcome.txt") == (200, b"hello")
    assert service.ask("GET", "/docs/no-such-document")[0] == 404
    assert service.ask("GET", "/no-such-page")[0] == 404
