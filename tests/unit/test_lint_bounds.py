"""How far a rule of lint goes: near cases that it leaves alone, and actions that are not ours."""

from dataclasses import replace

import pytest

from dr.core import codes
from dr.core.checking import check
from dr.core.kinds import StepKind
from dr.core.linting import lint
from dr.core.parse import parse
from dr.model.base import Record
from dr.model.diagnostic import Diagnostic
from dr.model.plan import StepClass
from dr.model.progress import Doubt
from tests.unit.test_lint import (
    CLEAN,
    IN_TIME,
    KINDS,
    NO_MARKS,
    NO_RPO,
    REGION,
    RENAME,
    SNAPSHOT,
    TARGET,
    UNATTENDED,
    ZONE,
    Swaps,
    command,
    linted,
    recover,
    written,
)

NO_RTO = ("  rto: {target: 10m, probe: shop}\n", "")
STOP = CLEAN[CLEAN.index("disrupt:\n") : CLEAN.index("recover:\n")]
OTHER_ROLE = '  other: {account: "123456789012", region: us-east-1, role: restorer}\n'
OTHER_ACCOUNT = '  other: {account: "210987654321", region: us-east-1}\n'
PLACE = ('accounts: ["123456789012"]', 'accounts: ["123456789012", "210987654321"]')


def found(code: str, diagnostics: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    return [one for one in diagnostics if one.code == code]


@pytest.mark.parametrize(
    ("code", "swaps"),
    [
        (codes.NAMES_EXCEED_RTO, [TARGET, recover(RENAME)]),
        (codes.FASTER_THAN_USUAL, [TARGET, recover(SNAPSHOT.format("primary"))]),
        (codes.GUARD_TOO_TIGHT, [("down_for: 1h", "down_for: 5m")]),
        (codes.WAITS_EXCEED_RTO, [recover("kind: wait, within: 20m, with: {for: 11m}")]),
        (codes.APPROVAL_EXCEEDS_RTO, [("within: 2m", "within: 15m")]),
        (codes.PARTIAL_OUTAGE, [ZONE]),
        (codes.WINDOW_EXCEEDS_RTO, [TARGET, recover(IN_TIME.format("primary", '"${fault.at}"'))]),
    ],
)
def test_where_no_recovery_time_is_asked_for_nothing_is_held_against_one(
    code: str, swaps: Swaps
) -> None:
    without = [swap for swap in swaps if swap != TARGET]

    assert found(code, linted(written(swaps)))
    assert found(code, linted(written([*without, NO_RTO]))) == []


@pytest.mark.parametrize(
    ("site", "remarks"),
    [
        (OTHER_ROLE, 0),
        (OTHER_ACCOUNT, 1),
        (OTHER_ROLE.replace("us-east-1", "us-west-2"), 1),
    ],
)
def test_a_key_can_be_used_under_another_role_and_not_in_another_account_or_region(
    site: str, remarks: int
) -> None:
    swaps = [("objectives:\n", f"{site}objectives:\n"), PLACE, recover(SNAPSHOT.format("other"))]

    assert len(found(codes.KEY_ELSEWHERE, linted(written(swaps)))) == remarks


@pytest.mark.parametrize(
    ("line", "regions"),
    [
        ("aws s3api create-bucket --bucket spare", ["S3 (about buckets), which is in us-east-1"]),
        ("aws s3api put-object --bucket spare --key a", []),
        ("aws route53 list-hosted-zones", ["Route 53, which is in us-east-1"]),
        ("aws --version", []),
        ("aws", []),
    ],
)
def test_a_command_needs_the_control_planes_of_the_calls_that_it_spells_out(
    line: str, regions: list[str]
) -> None:
    remarks = found(codes.CONTROL_PLANE_LOST, linted(written([REGION, command(line)])))

    assert [one.message.partition(" of ")[2].partition(":")[0] for one in remarks] == regions


@pytest.mark.parametrize(("zone", "remarks"), [("us-east-1a", 1), ("us-east-1b", 0)])
def test_a_new_volume_is_not_had_in_the_zone_that_is_lost(zone: str, remarks: int) -> None:
    lost = "kind: aws.ec2.zone_blackhole, site: primary, with: {vpc: shop, zone: us-east-1a}"
    volume = f"kind: aws.ec2.restore_volume, site: primary, with: {{volume: data, zone: {zone}}}"
    lines = written(
        [ZONE, (STOP, f"disrupt:\n  - {{id: cut, {lost}}}\n"), recover(volume)],
    )
    places = [
        lines.split("\n")[one.span.line - 1]
        for one in found(codes.LAUNCH_IN_LOST_PLACE, linted(lines))
        if one.span is not None
    ]

    assert places == [f"  - {{id: act, {volume}}}"] * remarks


@pytest.mark.parametrize(
    ("control", "remarks"),
    [
        ('kind: http.get, every: 1s, control: true, with: {url: "https://Shop.example/other"}', 1),
        ('kind: http.get, every: 1s, control: true, with: {url: "https://other.example/"}', 0),
        ("kind: command, every: 1s, control: true, with: {argv: [ping, shop.example]}", 0),
    ],
)
def test_a_control_probe_shares_the_host_that_its_parameters_say(
    control: str, remarks: int
) -> None:
    old = 'kind: http.get, every: 1s, control: true, with: {url: "https://status.example/"}'

    assert len(found(codes.CONTROL_SHARES_HOST, linted(written([(old, control)])))) == remarks


def test_a_lag_is_no_recovery_point_in_a_condition_of_success_either() -> None:
    condition = ("return: undo", "return: undo\nsuccess_conditions: [low ReplicaLag, calm]")
    text = written([NO_RPO, NO_MARKS, condition])
    (one,) = found(codes.LAG_METRIC, linted(text))

    assert "`ReplicaLag`" in one.message
    assert one.span is not None
    assert text.split("\n")[one.span.line - 1].startswith("success_conditions")


@pytest.mark.parametrize(("wait", "remarks"), [("4m", 1), ("5m", 0)])
def test_without_a_change_the_marks_run_for_as_long_as_the_drill_waits(
    wait: str, remarks: int
) -> None:
    pause = f"disrupt:\n  - {{id: w, kind: wait, within: 20m, with: {{for: {wait}}}}}\n"
    restore = recover(IN_TIME.format("primary", "latest"))
    said = found(codes.MARKS_TOO_YOUNG, linted(written([(STOP, pause), restore])))

    assert [f"run for {wait} before" in one.message for one in said] == [True] * remarks


class MoveParams(Record):
    ttl: int | str | None = None
    interval: int | str | None = None
    request_interval: int | None = None
    threshold: int | str | None = None


def moved(
    call: str,
    given: str,
    swap: tuple[str, str],
    doubt: Doubt = Doubt.CONVERGENT,
    *,
    reversible: bool = True,
) -> tuple[Diagnostic, ...]:
    """Lint a drill whose recovery ends with an action of another package, which makes a call."""
    move = StepKind(
        "acme.move", StepClass.ACTION, MoveParams, needs=(call,), doubt=doubt, reversible=reversible
    )
    kinds = replace(KINDS, steps={**KINDS.steps, "acme.move": lambda: move})
    text = written([swap, recover(f"kind: acme.move, with: {{{given}}}")])
    return lint(check(parse(text, "linted.yaml"), kinds))


PROMOTE = "kind: aws.rds.promote, site: standby, with: {cluster: orders}"
CHANGES, CHECKS = "route53:ChangeResourceRecordSets", "route53:UpdateHealthCheck"


@pytest.mark.parametrize(
    ("call", "given", "made_of"),
    [
        (CHANGES, "", "1m until all name servers know, and a TTL of 1m"),
        (CHANGES, "ttl: 300", "1m until all name servers know, and a TTL of 5m"),
        (CHANGES, "ttl: 5m", "1m until all name servers know, and a TTL of 5m"),
        (CHANGES, "ttl: -300", "1m until all name servers know, and a TTL of 1m"),
        (CHANGES, 'ttl: "${run.id}"', "1m until all name servers know, and a TTL of 1m"),
        (CHECKS, "", "1 checks every 10s, and a TTL of 1m"),
        (CHECKS, "ttl: 5m, interval: 30, threshold: 3", "3 checks every 30s, and a TTL of 5m"),
        (
            CHECKS,
            'interval: "${run.id}", request_interval: 30',
            "1 checks every 30s, and a TTL of 1m",
        ),
        (CHECKS, 'interval: 30s, threshold: "3"', "1 checks every 30s, and a TTL of 1m"),
    ],
)
def test_how_long_names_take_is_added_up_from_what_an_action_is_given(
    call: str, given: str, made_of: str
) -> None:
    target = ("rto: {target: 10m", "rto: {target: 65s")
    (one,) = found(codes.NAMES_EXCEED_RTO, moved(call, given, target))

    assert one.label == made_of


@pytest.mark.parametrize(
    ("doubt", "reversible", "remarks"),
    [
        (Doubt.CONVERGENT, True, 0),
        (Doubt.OPAQUE, True, 1),
        (Doubt.CONVERGENT, False, 1),
    ],
)
def test_a_drill_that_may_go_unattended_has_no_step_that_may_need_a_person(
    doubt: Doubt, *, reversible: bool, remarks: int
) -> None:
    said = moved("x:Move", "", UNATTENDED, doubt, reversible=reversible)
    people = [one for one in found(codes.NOBODY_THERE, said) if "`act`" in one.message]

    assert ["needs a person" in one.message for one in people] == [True] * remarks


OTHER = '  - {id: other, kind: http.get, every: 200ms, with: {url: "https://b.example/"}}\nmarks:\n'


@pytest.mark.parametrize(
    ("code", "swaps", "piece"),
    [
        (codes.NO_NEGATIVE, [("probe: shop}", "probe: other}"), ("marks:\n", OTHER)], "id: other"),
        (codes.NO_CONTROL, [(", control: true", "")], "id: shop"),
        (codes.NO_OBJECTIVE, [NO_RTO, NO_RPO, ("objectives:\n", "objectives: {}\n")], "objectives"),
        (codes.IRREVERSIBLE, [recover(PROMOTE)], "id: act"),
    ],
)
def test_a_warning_of_the_plan_stands_at_what_it_is_about(
    code: str, swaps: Swaps, piece: str
) -> None:
    text = written(swaps)
    (one,) = found(code, linted(text))

    assert one.span is not None
    assert piece in text.split("\n")[one.span.line - 1]
