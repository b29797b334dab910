"""Planning: order, the engine's own steps, sites, references, hashes."""

import dataclasses
import hashlib
from functools import partial

import pytest

from dr.core import codes
from dr.core.canonical import canonical
from dr.core.capability import expected_error
from dr.core.kinds import Kinds, StepKind
from dr.core.parse import parse
from dr.core.planning import plan, plan_sha256, warnings
from dr.model.drill import Phase
from dr.model.plan import Plan, StepClass
from dr.model.progress import Doubt
from dr.model.units import Duration
from tests.unit.planning_kinds import DRILL, KINDS, line_of, parsed, planned, problems


def test_the_engines_own_steps_surround_those_of_the_author() -> None:
    steps = [(step.id, step.phase, step.after) for step in planned().steps]
    assert steps == [
        ("dr-steady", Phase.PREPARE, ()),
        ("breaking", Phase.DISRUPT, ()),
        ("go", Phase.RECOVER, ()),
        ("copying", Phase.RECOVER, ("go",)),
        ("dr-recovered", Phase.VERIFY, ()),
        ("looking", Phase.VERIFY, ("dr-recovered",)),
        ("dr-read-orders", Phase.VERIFY, ("dr-recovered", "looking")),
        ("dr-steady-again", Phase.RETURN, ()),
    ]


def test_the_engines_own_steps_have_the_parameters_their_checks_expect() -> None:
    made = planned("probe: shop}", "probe: shop, ups: 5, hold: 3s, impact: none}")
    steady = {"probes": ["shop", "control"], "marks": ["orders"], "ups": 5}
    assert made.step("dr-steady").params == steady
    assert made.step("dr-steady-again").params == steady
    recovered = {
        "probe": "shop", "ups": 5, "hold": "3s", "impact": "none", "controls": ["control"]
    }  # fmt: skip
    assert made.step("dr-recovered").params == recovered
    assert made.step("dr-read-orders").params == {"marks": "orders"}


@pytest.mark.parametrize(
    ("objective", "within"),
    [
        ("target: 60s, probe: shop", "3m"),
        ("target: 15s, probe: shop, too_coarse: inconclusive", "1m"),
        ("target: 60s, probe: shop, give_up: 4m", "4m"),
    ],
)
def test_the_wait_for_recovery_ends(objective: str, within: str) -> None:
    made = planned("target: 60s, probe: shop", objective)
    assert str(made.step("dr-recovered").within) == within


def test_a_drill_without_probes_and_marks_gets_no_steps_of_the_engine() -> None:
    text = parsed().drill
    bare = text.model_copy(update={"objectives": text.objectives.__class__()})
    bare = bare.model_copy(update={"probes": (), "marks": ()})
    made = plan(dataclasses.replace(parsed(), drill=bare), KINDS)
    assert [step.id for step in made.steps] == ["breaking", "go", "copying", "looking"]
    assert [finding.code for finding in warnings(made)] == [codes.NO_OBJECTIVE]


def test_an_explicit_return_comes_before_the_last_look() -> None:
    made = planned("return: undo", "return: [{id: back, kind: aws.break, with: {target: a}}]")
    assert not made.undo
    assert [step.id for step in made.of_phase(Phase.RETURN)] == ["back", "dr-steady-again"]
    assert made.step("dr-steady-again").after == ("back",)


def test_steps_may_run_side_by_side() -> None:
    made = planned(
        "  - {id: looking,",
        "  - {id: other, after: [], kind: wait, with: {for: 1s}}\n  - {id: looking,",
    )
    assert made.step("other").after == ()
    assert made.step("looking").after == ("other",)


def test_the_only_site_is_filled_in_where_one_is_needed() -> None:
    old = 'kind: http.marks, every: 250ms, with: {url: "${terraform.estate.url}/marks"}'
    made = planned(old, "kind: aws.marks, every: 250ms, with: {table: t}")
    assert made.step("breaking").site == "primary"
    assert made.step("go").site is None
    assert made.marks[0].site == "primary"
    assert made.probes[0].site is None


def test_a_probe_that_speaks_to_aws_gets_the_only_site() -> None:
    assert planned("kind: http.get", "kind: aws.probe").probes[0].site == "primary"


def test_a_guard_with_an_alarm_gets_the_only_site() -> None:
    made = planned("disrupt:", "guards: [{alarm: a}, {deadline: 1h}]\ndisrupt:")
    assert [guard.site for guard in made.guards] == ["primary", None]


def test_a_site_is_needed_when_there_are_several() -> None:
    two = '  standby: {account: "123456789012", region: us-east-1}\nterraform:'
    found = problems(lambda: planned("terraform:", two))
    assert [code for code, _ in found] == [codes.SITE_NEEDED] * 3
    probe = parsed("terraform:", two)
    assert (codes.SITE_NEEDED, line_of("- {id: orders") + 1) not in problems(
        lambda: plan(probe, KINDS)
    )


def test_kinds_are_loaded_only_when_a_drill_uses_them() -> None:
    loaded: list[str] = []

    def load(name: str) -> StepKind:
        loaded.append(name)
        return KINDS.steps[name]()

    steps = {name: partial(load, name) for name in KINDS.steps}
    plan(parsed(), Kinds(steps, KINDS.probes, KINDS.marks))
    assert "aws.break" in loaded
    assert "local.burn" not in loaded


def test_a_kind_of_the_engine_that_is_missing_is_said_without_a_place() -> None:
    without = Kinds(
        {name: load for name, load in KINDS.steps.items() if name != "observed.marks"},
        KINDS.probes,
        KINDS.marks,
    )
    assert [code for code, _ in problems(lambda: plan(parsed(), without))] == [codes.UNKNOWN_KIND]


def test_planning_an_unchecked_drill_against_missing_kinds_is_a_bug() -> None:
    from dr.core.own_steps import steady

    with pytest.raises(KeyError):
        steady(parsed().drill, Kinds({}, {}, {}))


def test_steps_carry_what_their_kind_says() -> None:
    step = planned().step("breaking")
    assert step.klass is StepClass.ACTION
    assert step.needs == ("x:Break",)
    assert step.doubt is Doubt.OBSERVABLE
    assert planned().step("looking").doubt is None


def test_what_will_be_held_and_what_cannot_be_undone_is_said_beforehand() -> None:
    made = planned("kind: aws.break", "kind: local.burn")
    assert [(finding.code, finding.about) for finding in warnings(made)] == [
        (codes.HELD, "breaking"),
        (codes.IRREVERSIBLE, "breaking"),
    ]


def test_a_coarse_probe_is_refused_or_accepted_by_choice() -> None:
    assert problems(lambda: planned("every: 200ms", "every: 5s")) == [
        (codes.TOO_COARSE, line_of("every: 200ms"))
    ]
    accepted = parsed("probe: shop}", "probe: shop, too_coarse: inconclusive}")
    assert warnings(plan(accepted, KINDS)) == ()
    coarse = planned(
        "target: 60s, probe: shop}", "target: 10s, probe: shop, too_coarse: inconclusive}"
    )
    assert [finding.code for finding in warnings(coarse)] == [codes.COARSE_ACCEPTED]


def test_a_detector_too_coarse_for_its_target_is_a_warning() -> None:
    def with_target(target: str) -> Plan:
        detect = """detect:
  - {id: pager, kind: http.get, every: 10s, within: 2s, with: {url: "https://pager"}}
probes:
"""
        phases = f"  phases: {{detected: {target}}}\nblast_radius:"
        text = DRILL.replace("probes:\n", detect).replace("blast_radius:", phases)
        return plan(parse(text, "tested.yaml"), KINDS)

    fine, coarse = with_target("3m"), with_target("1m")
    # A period and a time limit of the detector, and the same of the probe that sees the failure.
    assert expected_error(fine).detection == Duration.parse("13200ms")
    assert expected_error(planned()).detection is None
    assert warnings(fine) == ()
    assert [(w.code, w.about) for w in warnings(coarse)] == [(codes.COARSE_ACCEPTED, "detected")]
    assert fine.step("dr-steady").params["quiet"] == ["pager"]
    assert "quiet" not in fine.step("dr-steady-again").params


def test_without_a_probe_the_failure_is_known_as_well_as_the_request() -> None:
    text = DRILL.replace("  rto: {target: 60s, probe: shop}\n", "").replace(
        "blast_radius:", "  phases: {detected: 3m}\nblast_radius:"
    )
    detect = 'detect: [{id: pager, kind: http.get, every: 1s, with: {url: "https://pager"}}]\n'
    made = plan(parse(detect + text, "tested.yaml"), KINDS)
    assert expected_error(made).detection == Duration.parse("7s")


def test_what_weakens_the_measurement_is_a_warning() -> None:
    made = planned('    negative: {url: "${terraform.estate.url}/none"}\n', "")
    assert [finding.code for finding in warnings(made)] == [codes.NO_NEGATIVE]
    made = planned("every: 1s, control: true,", "every: 1s,")
    assert [finding.code for finding in warnings(made)] == [codes.NO_CONTROL]


def test_the_hash_is_that_of_the_canonical_plan_and_follows_every_change() -> None:
    made = planned()
    assert plan_sha256(made) == hashlib.sha256(canonical(made.as_json())).hexdigest()
    assert plan_sha256(made) == plan_sha256(planned())
    assert plan_sha256(made) != plan_sha256(planned("target: 60s", "target: 61s"))
    assert plan_sha256(made) != plan_sha256(plan(parsed(), KINDS, simulated=True))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("${terraform.estate.name}", "${steps.copying.copy}", codes.STEP_NOT_BEFORE),
        ("${terraform.estate.name}", "${fault.at}", codes.REFERENCE_PLACE),
        ("${steps.copying.copy}", "${steps.copying.copi}", codes.UNKNOWN_CHANGE_FIELD),
        ("${steps.copying.copy}", "${steps.go.copy}", codes.UNKNOWN_CHANGE_FIELD),
        ("${steps.copying.copy}", "${steps.gone.copy}", codes.UNKNOWN_STEP),
        ("${steps.copying.copy}", "${terraform.other.copy}", codes.UNKNOWN_CONFIGURATION),
        ("${steps.copying.copy}", "${nothing}", codes.REFERENCE_SYNTAX),
        ("${steps.copying.copy}", "${steps.copying.copy", codes.REFERENCE_SYNTAX),
        ("https://status", "${steps.copying.copy}", codes.REFERENCE_PLACE),
        ("title: A drill", "title: A ${run.id}", codes.REFERENCE_PLACE),
        ("{target: orders}", "{target: orders, count: many}", codes.WRONG_TYPE),
        ("{target: orders}", "{target: ORDERS}", codes.WRONG_VALUE),
    ],
)
def test_a_reference_or_parameter_that_cannot_hold_is_refused(
    old: str, new: str, code: str
) -> None:
    assert code in [found for found, _ in problems(lambda: planned(old, new))]


def test_an_unknown_kind_that_is_referred_to_is_said_once() -> None:
    found = problems(lambda: planned("copying, kind: aws.break", "copying, kind: aws.brake"))
    assert found == [(codes.UNKNOWN_KIND, line_of("id: copying"))]


def test_references_that_are_known_later_are_not_judged_by_type() -> None:
    text = '{target: orders, count: "${terraform.estate.count}", tags: {a: "${run.id}"}}'
    assert problems(lambda: planned("{target: orders}", text)) == []


def test_marks_may_be_read_where_a_step_has_put_them() -> None:
    read = 'with: {url: x}, read: {url: "${steps.copying.copy}/${fault.at}"}}'
    made = planned('with: {url: "${terraform.estate.url}/marks"}}', read)
    assert made.marks[0].read == {"url": "${steps.copying.copy}/${fault.at}"}


def test_unreadable_references_of_probes_and_alarms_are_said() -> None:
    found = problems(lambda: planned("disrupt:", 'guards: [{alarm: "${x}"}]\ndisrupt:'))
    assert [code for code, _ in found] == [codes.REFERENCE_SYNTAX]
    found = problems(lambda: planned("https://status", "${x}"))
    assert [code for code, _ in found] == [codes.REFERENCE_SYNTAX]


@pytest.mark.parametrize(
    ("field", "value", "codes_"),
    [
        ("every", "0s", [codes.GUARD_FORM]),
        ("within", "0ms", [codes.GUARD_FORM]),
        ("every", "1ms", []),
        ("within", "1ms", []),
    ],
)
def test_a_guard_is_asked_with_a_pause_and_has_time_to_answer(
    field: str, value: str, codes_: list[str]
) -> None:
    guard = f"guards: [{{alarm: a, {field}: {value}}}]\ndisrupt:"

    assert [code for code, _ in problems(lambda: planned("disrupt:", guard))] == codes_


@pytest.mark.parametrize("length", ["${terraform.estate.wait}", "soon"])
def test_a_wait_of_unknown_length_is_not_compared_with_its_deadline(length: str) -> None:
    step = f'  - {{id: w, kind: wait, with: {{for: "{length}"}}}}\nverify:'
    found = problems(lambda: planned("verify:", step))
    assert [code for code, _ in found] == ([codes.DURATION] if length == "soon" else [])


def test_a_rule_over_all_parameters_waits_until_they_are_known() -> None:
    broken = "{target: orders, tags: {orders: 'x%s'}}"
    found = problems(lambda: planned("{target: orders}", broken % ""))
    assert found == [(codes.WRONG_VALUE, line_of("id: copying"))]
    assert problems(lambda: planned("{target: orders}", broken % "-${run.id}")) == []


def test_a_step_may_wait_for_several_that_wait_for_each_other() -> None:
    old = '{id: looking, kind: aws.look, with: {table: "${steps.copying.copy}"}}'
    wait = "{id: %s, kind: wait, after: [%s], with: {for: 1s}}"
    steps = [wait % ("a", ""), wait % ("b", "a"), wait % ("c", "a, b")]
    made = planned(f"  - {old}", "\n".join(f"  - {step}" for step in steps))
    assert made.step("c").after == ("a", "b")
