"""`dr init`: a draft of every shipped drill is sound once it is filled in, and refused before."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from dr.cli import frame, shipped
from dr.cli.catalogue import kinds
from dr.cli.exit_codes import Exit
from dr.core import codes
from dr.core.checking import check
from dr.core.draft import HEAD, Draft, draft
from dr.core.filling import Estate, fill
from dr.core.parse import parse
from dr.core.planning import plan
from dr.model.drill import Drill
from dr.model.errors import DefinitionError
from dr.model.plan import Plan

EVERY = pytest.mark.parametrize("name", shipped.names())
SAMPLE = re.compile(r"terraform\.estate|team-orders|BIA-2026|orders-(ledger|reports)|123456789012")


def made(name: str) -> Draft:
    return draft(shipped.drill_of(name), kinds())


def answered(of: Draft) -> dict[str, str]:
    """Return an answer of a fitting form to every question."""
    forms = {"account": "210987654321", "region": "eu-west-1"}
    sample = {key: literal for literal, key in of.literals.items()}

    def one(key: str) -> str:
        if key.rpartition(".")[2] in forms:
            return forms[key.rpartition(".")[2]]
        if key in sample:
            return re.sub("123456789012", "210987654321", sample[key]).replace("orders", "shop")
        return "https://shop.example" if "url" in key else f"my-{key.replace('_', '-')}"

    return {key: one(key) for key in of.questions}


def written(of: Draft, answers: dict[str, str], estate: Estate | None = None) -> str:
    return fill(of, answers, "# Mine.\n", lambda kind: f"Does {kind}.", estate)


def planned(text: str) -> Plan:
    return plan(parse(text, "mine.yaml"), kinds())


def run(*arguments: str, typed: str | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(frame.dr, ["init", *arguments], input=typed, standalone_mode=False)
    return (done.return_value if done.exception is None else 2), done.stdout, done.stderr


@EVERY
def test_a_draft_that_is_filled_in_is_a_drill_of_somebody_else(name: str) -> None:
    text = written(made(name), answered(made(name)))
    mine, shipped_ = planned(text), plan(shipped.drill_of(name), kinds())

    assert SAMPLE.findall(text) == []
    assert [(s.id, s.kind, s.phase, s.after) for s in mine.steps] == [
        (s.id, s.kind, s.phase, s.after) for s in shipped_.steps
    ]
    assert {site.account for site in mine.sites.values()} == {"210987654321"}
    assert mine.blast_radius.accounts == ("210987654321",)
    assert mine.blast_radius.regions == ("eu-west-1",)
    assert (mine.why, mine.scope, mine.participants) == (None, None, ())


@EVERY
def test_a_draft_that_nobody_has_told_anything_is_refused_for_that_alone(name: str) -> None:
    of = made(name)
    with pytest.raises(DefinitionError) as caught:
        parse(written(of, {}), "mine.yaml")
    problems = caught.value.diagnostics

    assert {one.code for one in problems} == {codes.UNFILLED}
    assert all(one.span is not None for one in problems)
    said = " ".join(one.message for one in problems)
    assert [key for key in of.questions if f"`${{your.{key}}}`" not in said] == []


@EVERY
def test_outputs_of_ones_own_terraform_are_referred_to(name: str) -> None:
    of = made(name)
    outputs = frozenset(key for key in of.questions if "." not in key and key not in HEAD)
    told = {key: value for key, value in answered(of).items() if key not in outputs}
    drill = check(parse(written(of, told, Estate("../infra", outputs)), "mine.yaml"), kinds())

    assert {one.dir for one in drill.parsed.drill.terraform.values()} == {"../infra"}
    assert "${terraform.estate." in drill.parsed.text


def test_comments_stay_and_each_kind_is_explained_where_it_comes_first() -> None:
    text = written(made("rds-replica-promotion"), {})

    assert text.startswith("# Mine.\ndrill: ")
    assert "copies:  # both instances have them in the end" in text
    assert text.count("  # Does aws.ec2.zone_blackhole.\n") == 1
    assert "BIA" not in text
    assert "terraform:" not in text


@pytest.mark.parametrize(
    "value", ['a "quoted" one', "no", "12", "a: b # c", "ünïcode", "{x}", "back\\slash", "[a, b]"]
)
def test_an_answer_is_read_back_as_it_was_given(value: str) -> None:
    of = made("rds-reboot-failover")
    answers = {**answered(of), "owner": value, "fail-over.instance": value}

    drill: Drill = parse(written(of, answers), "mine.yaml").drill
    assert drill.owner == value
    assert drill.disrupt[0].with_["instance"] == value


def test_without_credentials_and_without_answers_there_is_a_draft_that_validate_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "ours.yaml"
    code, said, told = run("--scenario", "zone-loss", "--offline", "--no-input", "--out", str(out))

    assert (code, said) == (Exit.PASS, "")
    assert "still to be filled in: title, service, owner, environment, primary.account, " in told
    assert out.read_text().startswith("# Written by `dr init` from zone-loss")
    assert frame.run(["validate", str(out)]) == Exit.USAGE
    assert "error[DR0217]: `${your.asg_name}`: still to be filled in" in capsys.readouterr().err


def test_what_is_told_beforehand_is_not_asked_for(tmp_path: Path) -> None:
    of = made("s3-undelete")
    sets = [f"--set={key}={value}" for key, value in answered(of).items() if key != "drill"]
    out = tmp_path / "documents.yaml"
    code, _, told = run("--scenario", "s3-undelete", "--no-input", "--out", str(out), *sets)

    assert code == Exit.PASS
    assert "still to be filled in: nothing" in told
    assert planned(out.read_text()).drill == "documents"


@pytest.mark.parametrize(("file", "drill"), [("mine.yaml", "mine"), ("My_Drill.yaml", "zone-loss")])
def test_a_drill_is_called_by_its_file_where_that_is_a_name(
    file: str, drill: str, tmp_path: Path
) -> None:
    out = tmp_path / file
    run("--scenario", "zone-loss", "--offline", "--no-input", "--out", str(out))

    assert f"\ndrill: {drill}\n" in out.read_text()


def test_what_is_asked_for_can_be_answered_or_left_open() -> None:
    code, text, told = run(
        "--scenario", "rds-failover", "--offline",
        "--set", "primary.account=210987654321",
        typed="shop\n\nproduction\n\neu-west-1\nhttps://shop.example\n\n\nshop\n",
    )  # fmt: skip

    assert code == Exit.PASS
    assert 'title: "rds-failover of shop"' in text
    assert 'owner: "${your.owner}"' in text
    assert 'url: "https://shop.example/health"' in text
    assert "with: {cluster: shop}" in text
    assert told.endswith("still to be filled in: owner, control_url, failing_alarm\n")


def test_outputs_are_read_from_the_configuration_without_running_anything(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    infra.mkdir()
    (infra / "outputs.tf").write_text('output "db_cluster" {\n  value = "x"\n}\n')
    out = tmp_path / "drills" / "mine.yaml"
    out.parent.mkdir()
    code, _, told = run(
        "--scenario", "rds-failover", "--offline", "--no-input",
        "--terraform", str(infra), "--out", str(out),
    )  # fmt: skip

    assert code == Exit.PASS
    assert "db_cluster" not in told
    assert 'estate: {dir: "../infra"}' in out.read_text()
    assert "${terraform.estate.db_cluster}" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--scenario", "rds-fail-over"], "did you mean `rds-failover`?"),
        (["--scenario", "rds-failover", "--set", "db_cluser=x"], "did you mean `db_cluster`?"),
        (["--scenario", "rds-failover", "--set", "owner"], "write KEY=VALUE"),
        (["--scenario", "rds-failover", "--terraform", "EMPTY"], "no Terraform configuration"),
        (["--scenario", "rds-failover", "--out", "THERE"], "nothing is overwritten"),
        (["--scenario", "rds-failover", "--out", "GONE"], "cannot write"),
        (["--scenario", "rds-failover", "--set", "primary.region=mars"], "DR0"),
    ],
)
def test_what_makes_no_sense_writes_nothing(
    arguments: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.yaml"
    there.write_text("mine\n")
    places = {
        "EMPTY": str(tmp_path),
        "THERE": str(there),
        "GONE": f"{tmp_path}/gone/x.yaml",
    }
    told = [places.get(word, word) for word in arguments]

    assert frame.run(["init", "--offline", "--no-input", *told]) == Exit.USAGE
    said = capsys.readouterr()
    assert why in said.err
    assert said.out == ""
    assert list(tmp_path.iterdir()) == [there]
    assert there.read_text() == "mine\n"


def test_keys_are_listed_with_what_they_are() -> None:
    code, text, _ = run("--scenario", "rds-failover", "--keys")

    assert code == Exit.PASS
    assert [line.split()[0] for line in text.splitlines()] == list(made("rds-failover").questions)
    assert "db_cluster       `cluster` of fail-over (aws.rds.failover): " in text
    assert "What stands for … in `url` of storefront (http.get): …/health" in text


def test_a_drill_that_drives_terraform_asks_where_it_is() -> None:
    grow = "{id: grow, kind: terraform.apply, with: {config: estate, vars: {size: 2}}}"
    text = shipped.drill_of("rds-failover").text
    text = text.replace("verify:", f"recover:\n  - {grow}\nverify:")
    text = text.replace("changes: 1", "changes: 2")
    of = draft(parse(text, "sample.yaml"), kinds())

    assert "estate.dir" in of.questions
    assert 'estate: {dir: "${your.estate.dir}"}' in written(of, {})
