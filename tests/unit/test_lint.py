"""What lint remarks on, where, and what cures it: one case a rule, with the real kinds."""

import re
from pathlib import Path

import pytest

from dr.cli.catalogue import kinds
from dr.core import codes
from dr.core.checking import check
from dr.core.explanations import EXPLANATIONS
from dr.core.lint.rules import RULES
from dr.core.linting import lint
from dr.core.parse import parse
from dr.model.diagnostic import Diagnostic
from dr.model.errors import DefinitionError
from tests.unit.planning_kinds import ROOT

DRILLS = sorted((ROOT / "drills").glob("*.yaml"))
KINDS = kinds()
CLEAN = """\
drill: linted
title: A drill that lint has nothing to say about
service: orders
owner: team-orders
scenario: failover
sites:
  primary: {account: "123456789012", region: us-east-1}
  standby: {account: "123456789012", region: us-west-2}
objectives:
  rto: {target: 10m, probe: shop}
  rpo: {target: 10m, marks: orders}
blast_radius:
  accounts: ["123456789012"]
  regions: [us-east-1, us-west-2]
  require_tag: {dr-drill: allowed}
  changes: 9
probes:
  - id: shop
    kind: http.get
    every: 200ms
    with: {url: "https://shop.example/health"}
    negative: {url: "https://shop.example/none"}
  - {id: control, kind: http.get, every: 1s, control: true, with: {url: "https://status.example/"}}
marks:
  - {id: orders, kind: http.marks, every: 250ms, with: {url: "https://shop.example/marks"}}
guards:
  - {probe: shop, down_for: 1h}
disrupt:
  - {id: stop, kind: aws.rds.stop_instance, site: primary, with: {instance: orders}}
recover:
  - {id: go, kind: human.approve, prompt: "Go?", within: 2m}
verify:
  - {id: there, kind: aws.rds.instance, site: primary, with: {instance: orders}}
return: undo
"""
Swaps = list[tuple[str, str]]
GO = '  - {id: go, kind: human.approve, prompt: "Go?", within: 2m}\n'
LIKE = (
    "with: {instance: orders}}\nreturn",
    "with: {instance: new, like: old, multi_az: true}}\nreturn",
)
REGION = ("scenario: failover", "scenario: region-loss")
ZONE = ("scenario: failover", "scenario: zone-loss")
TARGET = ("rto: {target: 10m", "rto: {target: 70s")
NO_RPO = ("  rpo: {target: 10m, marks: orders}\n", "")
NO_MARKS = (CLEAN[CLEAN.index("marks:\n") : CLEAN.index("guards:")], "")


def recover(step: str) -> tuple[str, str]:
    """Return the swap that adds a step to the recovery."""
    return GO, f"{GO}  - {{id: act, {step}}}\n"


def command(line: str, more: str = "") -> tuple[str, str]:
    """Return the swap that adds a command to the recovery."""
    argv = ", ".join(line.split())
    return recover(f"kind: command.run, with: {{argv: [{argv}], check: [a], undo: [a]{more}}}")


SNAPSHOT = "kind: aws.rds.restore_snapshot, site: {}, within: 60m, with: {{instance: orders}}"
IN_TIME = (
    "kind: aws.rds.restore_point_in_time, site: {}, within: 60m, with: {{instance: orders, at: {}}}"
)
COPY = (
    "kind: aws.rds.copy_snapshot, site: standby, "
    "with: {instance: orders, from_region: us-east-1, kms_key: alias/dr}"
)
RENAME = (
    "kind: aws.route53.failover, site: standby, with: {zone: Z1, record: a.example, to: b.example}"
)
APPLY = "kind: terraform.apply, with: {config: estate, undo_vars: {}}"
ESTATE = ("sites:\n", "terraform:\n  estate: {dir: ../terraform/estate}\nsites:\n")
ALARM = (
    "detect:\n  - {{id: alarm, kind: aws.cloudwatch.alarm, every: 1s, site: {}, "
    "with: {{alarm: {}}}}}\nguards:"
)
LEAVE = "kind: aws.asg.leave_zone, site: {}, with: {{group: shop, zone: us-east-1a}}"
UNATTENDED = ("return: undo", "return: undo\nallow_unattended: true")
BY_HAND = "return: [{{id: back, kind: command.run, with: {{argv: [start, {}], check: [a]}}}}]"

CASES: dict[str, tuple[Swaps, str, Swaps]] = {
    codes.UNUSED_ALLOWANCE: (
        [("return: undo", 'return: undo\nlint: [{allow: DR0941, why: "so"}]')],
        "lint: [",
        [("return: undo", 'return: undo\nlint: [{allow: DR0941, why: "so"}]'),
         ("guards:\n  - {probe: shop, down_for: 1h}\n", "")],
    ),
    codes.CONTROL_PLANE_LOST: ([REGION, recover(RENAME)], "id: act", [recover(RENAME)]),
    codes.LAUNCH_IN_LOST_PLACE: (
        [REGION, recover(LEAVE.format("primary"))], "id: act",
        [REGION, recover(LEAVE.format("standby"))],
    ),
    codes.NEW_CAPACITY: (
        [ZONE, recover(LEAVE.format("primary"))], "id: act", [recover(LEAVE.format("primary"))],
    ),
    codes.WATCHED_FROM_INSIDE: (
        [REGION, ("guards:", ALARM.format("primary", "failing"))], "id: alarm",
        [REGION, ("guards:", ALARM.format("standby", "failing"))],
    ),
    codes.CONTROL_SHARES_HOST: (
        [("https://status.example/", "https://shop.example/about")], "id: control", [],
    ),
    codes.STATE_HOME: ([ESTATE, REGION, recover(APPLY)], "id: act", [ESTATE, recover(APPLY)]),
    codes.COPY_FROM_LOST_REGION: (
        [REGION, recover(COPY)], "id: act", [recover(COPY)],
    ),
    codes.RESTORED_SETTINGS: (
        [recover(SNAPSHOT.format("primary"))], "id: act",
        [recover(SNAPSHOT.format("primary")), LIKE],
    ),
    codes.SINGLE_ZONE: (
        [recover(SNAPSHOT.format("primary"))], "id: act",
        [recover(SNAPSHOT.format("primary")), LIKE],
    ),
    codes.WINDOW_EXCEEDS_RTO: (
        [TARGET, recover(IN_TIME.format("primary", '"${fault.at}"'))], "id: act",
        [recover(IN_TIME.format("primary", '"${fault.at}"'))],
    ),
    codes.WINDOW_EXCEEDS_RPO: (
        [("rpo: {target: 10m", "rpo: {target: 30s"), recover(IN_TIME.format("primary", "latest"))],
        "rpo: {",
        [recover(IN_TIME.format("primary", "latest"))],
    ),
    codes.MARKS_TOO_YOUNG: (
        [recover(IN_TIME.format("primary", "latest"))], "id: stop",
        [recover(IN_TIME.format("primary", "latest")),
         ("disrupt:\n", "disrupt:\n  - {id: w, kind: wait, within: 20m, with: {for: 15m}}\n")],
    ),
    codes.RESTORE_UNPROVEN: (
        [recover(SNAPSHOT.format("primary")), NO_RPO, NO_MARKS], "id: act",
        [recover(SNAPSHOT.format("primary"))],
    ),
    codes.WAITS_EXCEED_RTO: (
        [recover("kind: wait, within: 20m, with: {for: 11m}")], "rto: {",
        [recover("kind: wait, within: 20m, with: {for: 9m}")],
    ),
    codes.APPROVAL_EXCEEDS_RTO: (
        [("within: 2m", "within: 15m")], "within: 15m",
        [("within: 2m", "within: 15m"),
         ("probe: shop}\n  rpo", "probe: shop, clock: declared}\n  rpo")],
    ),
    codes.NAMES_EXCEED_RTO: ([TARGET, recover(RENAME)], "rto: {", [recover(RENAME)]),
    codes.GUARD_TOO_TIGHT: ([("down_for: 1h", "down_for: 5m")], "down_for", []),
    codes.FASTER_THAN_USUAL: (
        [TARGET, recover(SNAPSHOT.format("primary"))], "rto: {",
        [recover(SNAPSHOT.format("primary"))],
    ),
    codes.DEADLINE_BY_DEFAULT: (
        [recover(SNAPSHOT.format("primary").replace("within: 60m, ", ""))], "id: act",
        [recover(SNAPSHOT.format("primary"))],
    ),
    codes.LAG_METRIC: (
        [NO_RPO, NO_MARKS, ("guards:", ALARM.format("standby", "orders-ReplicaLag"))], "id: alarm",
        [("guards:", ALARM.format("standby", "orders-ReplicaLag"))],
    ),
    codes.PROVIDER_ACCEPTED: (
        [("probe: shop}\n  rpo", "probe: shop, accept_provider_reported: true}\n  rpo")],
        "accept_provider_reported", [],
    ),
    codes.LOSS_UNMEASURED: (
        [NO_RPO, NO_MARKS, recover("kind: aws.rds.failover, site: primary, with: {cluster: a}")],
        "id: act",
        [recover("kind: aws.rds.failover, site: primary, with: {cluster: a}")],
    ),
    codes.PARTIAL_OUTAGE: (
        [ZONE], "id: shop", [ZONE, ("every: 200ms", "every: 200ms\n    requests: 6")],
    ),
    codes.NOTHING_VERIFIED: (
        [(CLEAN[CLEAN.index("verify:") : CLEAN.index("return:")], "")], "id: go", [],
    ),
    codes.NO_GUARD: ([("guards:\n  - {probe: shop, down_for: 1h}\n", "")], "id: stop", []),
    codes.PATIENCE_BY_DEFAULT: ([(", within: 2m", "")], "id: go", []),
    codes.NO_WATCHDOG: ([("return: undo", 'return: undo\nwatchdog: "off"')], "watchdog", []),
    codes.NOBODY_THERE: ([UNATTENDED], "id: go", [UNATTENDED, (GO, ""), ("recover:\n", "")]),
    codes.NO_TAG: ([("  require_tag: {dr-drill: allowed}\n", "")], "accounts: [", []),
    codes.NOT_RETURNED: (
        [("return: undo", BY_HAND.format("another"))], "id: stop",
        [("return: undo", BY_HAND.format("orders"))],
    ),
    codes.NO_WAY_BACK: (
        [recover("kind: command.run, with: {argv: [a], check: [a]}")], "id: act", [command("a")],
    ),
    codes.BLIND_COMMAND: (
        [recover("kind: command.run, with: {argv: [a], undo: [a]}")], "id: act", [command("a")],
    ),
    codes.KEY_OF_COPY: (
        [command("aws --region us-west-2 rds copy-db-snapshot")], "id: act",
        [command("aws --region us-west-2 rds copy-db-snapshot --kms-key-id alias/dr")],
    ),
    codes.KEY_ELSEWHERE: (
        [recover(SNAPSHOT.format("standby"))], "id: act", [recover(SNAPSHOT.format("primary"))],
    ),
}  # fmt: skip


def written(swaps: Swaps) -> str:
    """Return the clean drill with pieces of its text replaced."""
    text = CLEAN
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def linted(text: str) -> tuple[Diagnostic, ...]:
    return lint(check(parse(text, "linted.yaml"), KINDS))


def test_lint_has_nothing_to_say_about_a_drill_that_is_well_made() -> None:
    assert linted(CLEAN) == ()


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == {codes.UNUSED_ALLOWANCE, *RULES}
    assert {code for code in EXPLANATIONS if code.startswith("DR09")} == set(CASES)


@pytest.mark.parametrize("code", CASES)
def test_a_rule_remarks_at_the_place_and_is_content_when_it_is_cured(code: str) -> None:
    swaps, piece, cure = CASES[code]
    text = written(swaps)
    found = [one for one in linted(text) if one.code == code]

    assert found, linted(text)
    assert found[0].severity == RULES.get(code, ("warning",))[0]
    assert found[0].span is not None
    assert piece in text.split("\n")[found[0].span.line - 1]
    assert [one for one in linted(written(cure)) if one.code == code] == []


@pytest.mark.parametrize("code", [code for code in CASES if code != codes.UNUSED_ALLOWANCE])
def test_what_is_allowed_with_a_reason_is_not_found(code: str) -> None:
    text = written(CASES[code][0]) + f'lint:\n  - {{allow: {code}, why: "known"}}\n'

    assert {one.code for one in linted(text)} & {code, codes.UNUSED_ALLOWANCE} == set()


@pytest.mark.parametrize("path", DRILLS, ids=lambda path: path.stem)
def test_a_shipped_drill_is_clean_or_says_why_not(path: Path) -> None:
    assert linted(path.read_text()) == ()


def test_the_warnings_of_the_plan_are_shown_at_their_places() -> None:
    text = written([('    negative: {url: "https://shop.example/none"}\n', "")])
    (one,) = linted(text)

    assert one.code == codes.NO_NEGATIVE
    assert one.severity == "warning"
    assert one.span is not None
    assert "id: shop" in text.split("\n")[one.span.line - 1]


def test_a_command_that_restores_is_told_which_settings_it_leaves_out() -> None:
    line = "aws rds restore-db-instance-from-db-snapshot --multi-az --db-parameter-group-name a"
    found = [one for one in linted(written([command(line)])) if one.code == codes.RESTORED_SETTINGS]

    assert [re.findall("does not say ([a-z ]+):", one.message) for one in found] == [
        ["security groups"]
    ]


def test_a_health_check_takes_its_interval_its_threshold_and_the_ttl() -> None:
    slow = "aws route53 update-health-check"
    swaps = [("rto: {target: 10m", "rto: {target: 69s, too_coarse: inconclusive"), command(slow)]
    found = [one for one in linted(written(swaps)) if one.code == codes.NAMES_EXCEED_RTO]

    assert [one.label for one in found] == ["1 checks every 10s, and a TTL of 1m"]


def test_waits_that_run_side_by_side_count_once() -> None:
    wait = "kind: wait, within: 20m, with: {for: 6m}"
    after = f"{GO}  - {{id: a, {wait}}}\n  - {{id: b, {wait}, after: [go]}}\n"
    chain = after.replace("after: [go]", "after: [a]")

    assert [one.code for one in linted(written([(GO, after)]))] == []
    assert [one.code for one in linted(written([(GO, chain)]))] == [codes.WAITS_EXCEED_RTO]


def test_a_length_that_only_terraform_knows_is_not_added_up() -> None:
    wait = 'kind: wait, within: 20m, with: {for: "${terraform.estate.pause}"}'

    assert linted(written([ESTATE, recover(wait)])) == ()


@pytest.mark.parametrize(
    "entry", ["{allow: DR0941}", "{allow: guards, why: x}", '{allow: DR0941, why: ""}']
)
def test_an_allowance_names_a_code_and_a_reason(entry: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        linted(CLEAN + f"lint: [{entry}]\n")
    (one,) = raised.value.diagnostics
    assert one.span is not None
    assert one.span.line == CLEAN.count("\n") + 1
