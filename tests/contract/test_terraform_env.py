"""What Terraform is told of the machine it runs on."""

from pathlib import Path

import pytest

from dr.cloud import terraform_env
from dr.cloud.terraform_env import REGISTRY, environment


@pytest.fixture(autouse=True)
def nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search the test's own home only."""
    monkeypatch.setattr(terraform_env, "_SEARCHED", ("~/*",))
    monkeypatch.setattr(terraform_env, "_NOT_SEARCHED", ("/never",))
    monkeypatch.setattr(terraform_env, "_ours", lambda path: True)


def mirror(at: Path) -> Path:
    (at / REGISTRY / "hashicorp" / "aws").mkdir(parents=True)
    return at


def told(tmp_path: Path, extra: dict[str, str] | None = None, **inherited: str) -> dict[str, str]:
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    shared = {"XDG_DATA_DIRS": str(tmp_path / "share"), "HOME": str(home)}
    return environment({**shared, **inherited}, extra or {}, work)


def test_only_what_is_listed_gets_through(tmp_path: Path) -> None:
    env = told(tmp_path, AWS_PROFILE="dr", TF_VAR_x="1", TF_CLI_ARGS="-target=x", SECRET="s")

    assert (env["AWS_PROFILE"], env["TF_VAR_x"]) == ("dr", "1")
    assert "TF_CLI_ARGS" not in env
    assert "SECRET" not in env
    assert (env["TF_INPUT"], env["TF_IN_AUTOMATION"], env["CHECKPOINT_DISABLE"]) == ("0", "1", "1")


def test_the_caller_wins_over_what_is_inherited_and_may_remove_it(tmp_path: Path) -> None:
    env = told(tmp_path, {"AWS_PROFILE": "", "AWS_REGION": "b"}, AWS_PROFILE="dr", AWS_REGION="a")

    assert "AWS_PROFILE" not in env
    assert env["AWS_REGION"] == "b"


def test_without_a_mirror_terraform_is_left_to_itself(tmp_path: Path) -> None:
    assert "TF_CLI_CONFIG_FILE" not in told(tmp_path)


def test_a_named_mirror_is_used_and_the_registry_asked_for_the_rest(tmp_path: Path) -> None:
    named = mirror(tmp_path / "named")

    env = told(tmp_path, DR_TF_MIRROR=str(named))

    text = Path(env["TF_CLI_CONFIG_FILE"]).read_text()
    assert f'path    = "{named}"' in text
    assert f'include = ["{REGISTRY}/hashicorp/aws"]' in text
    assert f'exclude = ["{REGISTRY}/hashicorp/aws"]' in text


def test_a_mirror_is_found_in_the_home(tmp_path: Path) -> None:
    mirror(tmp_path / "home" / "providers")

    assert "home/providers" in Path(told(tmp_path)["TF_CLI_CONFIG_FILE"]).read_text()


def test_an_empty_name_means_no_mirror(tmp_path: Path) -> None:
    mirror(tmp_path / "home" / "providers")

    assert "TF_CLI_CONFIG_FILE" not in told(tmp_path, DR_TF_MIRROR="")


def test_a_mirror_that_terraform_searches_by_itself_needs_no_file(tmp_path: Path) -> None:
    mirror(tmp_path / "home" / ".terraform.d" / "plugins")

    assert "TF_CLI_CONFIG_FILE" not in told(tmp_path)


def test_the_users_own_configuration_wins_over_what_is_found(tmp_path: Path) -> None:
    mirror(tmp_path / "home" / "providers")
    own = tmp_path / "own.rc"
    own.touch()

    assert told(tmp_path, TF_CLI_CONFIG_FILE=str(own))["TF_CLI_CONFIG_FILE"] == str(own)
    (tmp_path / "home" / ".terraformrc").touch()
    assert "TF_CLI_CONFIG_FILE" not in told(tmp_path)


def test_a_named_configuration_that_is_not_there_is_not_passed_on(tmp_path: Path) -> None:
    assert "TF_CLI_CONFIG_FILE" not in told(tmp_path, TF_CLI_CONFIG_FILE="/nowhere/rc")


def test_a_mirror_that_others_may_write_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    open_to_all = mirror(tmp_path / "open")
    open_to_all.chmod(0o777)

    assert not terraform_env._ours(open_to_all)
    assert terraform_env._ours(Path("/"))
