"""What `dr init` offers: listed on a pretended account, with calls that only read."""

import re
from typing import Any

import botocore.session
import pytest
from click.testing import CliRunner

from dr.cli import frame
from dr.cli.catalogue import ASKED, STEPS, WRITTEN
from dr.cli.discovering import LISTED, Looking
from dr.testing import ACCOUNT, REGION, Stage


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def looking(stage: Stage, said: list[str]) -> Looking:
    return Looking(said.append)


def test_tables_buckets_and_parameters_are_found(
    stage: Stage, looking: Looking, said: list[str]
) -> None:
    for name in ("shop-b", "shop-a"):
        stage.admin("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    stage.admin("s3").create_bucket(Bucket="shop-documents")
    stage.admin("ssm").put_parameter(Name="/shop/table", Value="shop-a", Type="String")

    assert looking.account() == ACCOUNT
    assert looking.candidates("aws.dynamodb.delete_items", "table", REGION) == ["shop-a", "shop-b"]
    assert looking.candidates("s3.marks", "bucket", REGION) == ["shop-documents"]
    assert "/shop/table" in looking.candidates("aws.ssm.set_parameter", "name", REGION)
    assert looking.candidates("aws.dynamodb.delete_items", "prefix", REGION) == []
    assert said == []


@pytest.mark.parametrize("row", LISTED, ids=lambda row: f"{row[0]}{row[1]}")
def test_a_call_exists_only_reads_and_is_for_parameters_there_are(
    row: tuple[str, str, str, str, str],
) -> None:
    begins, param, service, call, where = row
    model: Any = botocore.session.get_session().get_service_model(service)
    operation = model.operation_model(
        next(name for name in model.operation_names if name.lower() == call.replace("_", ""))
    )
    listed, _, field = where.partition("[]")

    assert re.match("describe_|list_", call)
    assert listed in operation.output_shape.members
    member = operation.output_shape.members[listed].member
    assert member.type_name == "string" if not field else field[1:] in member.members
    assert any(
        kind.startswith(begins) and param in table.load(kind).params.model_fields
        for table in (STEPS, ASKED, WRITTEN)
        for kind in table.own
    )


def test_without_credentials_it_says_so_once(
    fake_credentials: None, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    looking = Looking(said.append)

    assert looking.account() is None
    assert looking.candidates("aws.rds.failover", "cluster", REGION) == []
    assert said == ["nothing could be listed: Unable to locate credentials"]


def test_the_only_one_is_taken_of_several_one_is_asked_for(stage: Stage) -> None:
    for name in ("shop", "stock"):
        stage.admin("rds").create_db_cluster(
            DBClusterIdentifier=name, Engine="aurora-postgresql",
            MasterUsername="nobody", MasterUserPassword="no-password",
        )  # fmt: skip
    arguments = ["init", "--scenario", "rds-failover", "--set", f"primary.region={REGION}"]

    quiet = CliRunner().invoke(frame.dr, [*arguments, "--no-input"], standalone_mode=False)
    assert f'account: "{ACCOUNT}"' in quiet.stdout
    assert "${your.db_cluster}" in quiet.stdout
    assert "db_cluster: one of: shop, stock" in quiet.stderr

    typed = "shop\n" * 3 + "\n" * 5 + "2\n"
    asked = CliRunner().invoke(frame.dr, arguments, input=typed, standalone_mode=False)
    assert "with: {cluster: stock}" in asked.stdout, asked.stderr
