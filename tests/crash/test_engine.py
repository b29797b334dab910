"""The loop, over a toy world: every path, and death at every port."""

import contextlib
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dr.core.fold import Run, fold
from dr.engine.run import Engine, Hooks
from dr.engine_ports import Message
from dr.model.drill import Phase
from dr.model.event import Event, ReturnBegan, StepHeld, WarningRaised
from dr.model.plan import Plan, StepClass
from dr.model.progress import Doubt
from dr.model.units import Duration
from tests.build import a_plan, a_step
from tests.crash.toy import Crash, Fuse, Tape, World, an_engine

TWO = a_plan(a_step("first"), a_step("second", Phase.RECOVER))


def go(plan: Plan, world: World, tape: Tape, why: str = "start") -> Run:
    """Run as a new process would, until its end or its death."""
    engine = an_engine(plan, world, Tape_of(tape, world))
    return engine.run(why)


def Tape_of(tape: Tape, world: World) -> Tape:  # noqa: N802 - reads as a constructor
    """Return the same disk as another process opens it."""
    again = Tape(tape.disk)
    again.inbox = tape.inbox
    again.fuse = world.fuse
    return again


def test_a_run_does_each_step_once_and_undoes_last_first() -> None:
    world, tape = World(), Tape()

    run = go(TWO, world, tape)

    assert run.closed is not None
    assert (run.closed.ending, run.closed.left) == ("completed", ())
    assert world.effects == [
        ("first", "a", "b"),
        ("second", "a", "b"),
        ("second", "b", "a"),
        ("first", "b", "a"),
    ]


def test_what_is_there_already_is_not_asked_for_nor_undone() -> None:
    world, tape = World(), Tape()
    world.place["first"] = "b"

    run = go(TWO, world, tape)

    assert run.forward["first"].noop
    assert [e for e in world.effects if e[0] == "first"] == []


def test_a_closed_run_does_nothing_more() -> None:
    world, tape = World(), Tape()
    go(TWO, world, tape)
    before = len(tape.disk)

    go(TWO, world, tape, "resume")

    assert len(tape.disk) == before


def test_a_lost_reply_is_looked_at_and_not_repeated() -> None:
    world, tape = World(), Tape()
    world.lose_reply.add("first")

    run = go(TWO, world, tape)

    assert world.effects.count(("first", "a", "b")) == 1
    assert run.fault is not None


def answered(code: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "Move")


@pytest.mark.parametrize("code", ["Throttling", "ExpiredToken", "RequestExpired"])
def test_a_way_back_that_is_turned_down_for_a_while_is_asked_for_again(code: str) -> None:
    world, tape = World(), Tape()
    world.turned_down["a"] = [answered(code), answered(code)]

    run = an_engine(a_plan(a_step("x")), world, tape).run("start")

    assert run.closed is not None
    assert (run.closed.ending, run.closed.left) == ("completed", ())
    assert world.effects == [("x", "a", "b"), ("x", "b", "a")]


@pytest.mark.parametrize("code", ["Throttling", "ExpiredToken"])
def test_a_step_that_is_turned_down_is_not_asked_for_again(code: str) -> None:
    world, tape = World(), Tape()
    world.turned_down["b"] = [answered(code)]

    run = an_engine(a_plan(a_step("x")), world, tape).run("start")

    assert run.failed is not None
    assert world.effects == []


@pytest.mark.parametrize("place", ["a", "b"])
def test_an_interface_that_never_answers_a_request_is_given_up_in_the_step_s_time(
    place: str,
) -> None:
    world, tape = World(), Tape()
    world.turned_down[place] = [answered("InternalFailure", 500) for _ in range(1000)]
    plan = a_plan(a_step("x", within=Duration.parse("10s")))

    run = an_engine(plan, world, tape).run("start")

    assert run.closed is not None
    assert len(run.closed.left) == (place == "a")
    assert len(world.effects) == (place == "a")
    assert 1 < len(world.turned_down[place]) < 1000


def test_a_stop_on_the_way_back_takes_nothing_from_what_was_measured() -> None:
    world, tape = World(), Tape()
    engines: list[Engine] = []

    def told(event: Event) -> None:
        if isinstance(event.data, ReturnBegan):
            engines[0].stop("ada", "enough")

    hooks = Hooks(event=told, tick=lambda run: None, conclude=lambda run, closed: {})
    engines.append(an_engine(a_plan(a_step("x")), world, tape, hooks=hooks))
    run = engines[0].run("start")

    assert run.closed is not None
    assert run.closed.ending == "completed"
    said = [e.data.text for e in tape.disk if isinstance(e.data, WarningRaised)]
    assert [text.split()[0] for text in said] == ["ada"]


def test_an_irreversible_step_is_kept_and_said() -> None:
    step = a_step("first", params={"thing": "first", "to": "b", "back": "irreversible"})
    world, tape = World(), Tape()

    run = go(a_plan(step), world, tape)

    assert run.undo["first"].irreversible == "a toy that cannot go back"
    assert world.place["first"] == "b"


def test_a_step_that_never_settles_is_late_and_the_rest_is_undone() -> None:
    plan = a_plan(a_step("first"), a_step("second", within=Duration.parse("5s")))
    world, tape = World(), Tape()
    world.stuck.add("second")

    run = go(plan, world, tape)

    assert run.closed is not None
    assert run.closed.ending == "failed"
    assert world.place == {"first": "a"}


def test_a_stop_undoes_and_says_who() -> None:
    plan = a_plan(
        a_step("first"),
        a_step("pause", klass=StepClass.GATE, kind="wait", params={"for": "9999s"},
               within=Duration.parse("99999s")),
    )  # fmt: skip
    world, tape = World(), Tape()
    engine = an_engine(plan, world, tape)
    timer = threading.Timer(0.2, lambda: engine.stop("ada", "enough"))
    timer.start()

    run = engine.run("start")

    assert run.closed is not None
    assert run.closed.ending == "stopped"
    assert run.stop == "ada: enough"
    assert world.place == {"first": "a"}


def test_an_approval_from_another_process_lets_the_run_go_on() -> None:
    plan = a_plan(a_step("first"), a_step("go", Phase.RECOVER, klass=StepClass.GATE,
                  kind="human.approve", prompt="Go on?", within=Duration.parse("9999s")),
                  a_step("second", Phase.VERIFY))  # fmt: skip
    world, tape = World(), Tape()
    message = Message("m1", {"what": "approve", "step": "go", "who": "ada", "text": "yes"})
    engine = an_engine(plan, world, tape)
    threading.Timer(0.2, lambda: tape.post(message)).start()

    run = engine.run("start")

    assert run.forward["go"].facts == {"who": "ada", "message": "yes"}
    assert ("second", "a", "b") in world.effects
    assert run.declared is not None


def test_a_denial_ends_the_run_and_undoes_it() -> None:
    go_on = a_step("go", Phase.RECOVER, klass=StepClass.GATE, kind="human.approve",
                   prompt="Go on?", within=Duration.parse("9999s"))  # fmt: skip
    plan = a_plan(a_step("first"), go_on)
    world, tape = World(), Tape()
    message = Message("m1", {"what": "deny", "step": "go", "who": "ada", "text": "no"})
    engine = an_engine(plan, world, tape)
    threading.Timer(0.2, lambda: tape.post(message)).start()

    run = engine.run("start")

    assert run.failed == "go: denied by ada: no"
    assert world.place == {"first": "a"}


def test_steps_without_an_order_run_side_by_side() -> None:
    steps = [a_step(f"s{n}", after=()) for n in range(20)]
    chained = [
        s if n == 0 else s.model_copy(update={"after": ("s0",)}) for n, s in enumerate(steps)
    ]
    world, tape = World(), Tape()

    run = go(a_plan(*chained), world, tape)

    assert len(run.intended) == 20
    assert run.intended[0] == "s0"


def crossings() -> int:
    """Return how many ports a whole run crosses."""
    world, tape = World(), Tape()
    go(TWO, world, tape)
    return world.fuse.count


def survive(
    plan: Plan, point: int, doubt_answers: list[Message] | None = None
) -> tuple[World, Run]:
    """Die at a port, then resume until the end."""
    world, tape = World(), Tape()
    world.fuse = Fuse(point)
    with contextlib.suppress(Crash):
        go(plan, world, tape)
    world.fuse = Fuse(None)
    tape.inbox.extend(doubt_answers or [])
    return world, go(plan, world, tape, "resume")


@pytest.mark.parametrize("point", range(50))
def test_a_crash_at_any_port_loses_and_doubles_no_effect(point: int) -> None:
    world, run = survive(TWO, point)

    assert run.closed is not None
    assert run.closed.left == ()
    assert sorted(world.effects) == sorted(
        [("first", "a", "b"), ("second", "a", "b"), ("second", "b", "a"), ("first", "b", "a")]
    )


def test_fifty_is_every_port() -> None:
    assert crossings() <= 50


@pytest.mark.parametrize("point", range(0, 40, 3))
def test_every_prefix_of_a_journal_folds(point: int) -> None:
    world, tape = World(), Tape()
    go(TWO, world, tape)

    for length in range(len(tape.disk) + 1):
        run = fold(TWO, tape.disk[:length])

        assert run.seq == length


def test_an_opaque_step_in_doubt_is_held_for_a_person() -> None:
    plan = a_plan(a_step("first", doubt=Doubt.OPAQUE))
    world, tape = World(), Tape()
    world.lose_reply.add("first")
    answer = Message("m1", {"what": "resolve", "step": "first", "answer": "happened", "who": "ada"})
    engine = an_engine(plan, world, tape)
    threading.Timer(0.3, lambda: tape.post(answer)).start()

    run = engine.run("start")

    assert any(isinstance(e.data, StepHeld) for e in tape.disk)
    assert run.closed is not None
    assert world.effects == [("first", "a", "b"), ("first", "b", "a")]


def test_the_harness_sees_a_doubled_effect_when_looking_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(World, "at", lambda self, thing: "a")
    world, tape = World(), Tape()
    world.lose_reply.add("first")

    go(a_plan(a_step("first")), world, tape)

    assert world.effects.count(("first", "a", "b")) > 1
