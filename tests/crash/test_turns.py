"""What a turn of the loop promises: one commit for what belongs together, and nothing unsaid."""

import threading
from typing import Any

import pytest

import dr.engine.patience
import dr.engine.run
import dr.engine.scribe
from dr.core.fold import Run
from dr.engine.guards import Guards
from dr.engine.run import Abandoned, Engine, Hooks
from dr.engine_ports import Conflict
from dr.model import event as ev
from dr.model.brakes import Guard
from dr.model.drill import Phase
from dr.model.event import Event
from dr.model.plan import PlannedStep, StepClass
from dr.model.units import Duration
from tests.build import a_plan, a_probe, a_step
from tests.crash.toy import Change, NoObserver, Tape, ToyHands, World, an_engine

TWO = a_plan(a_step("x"), a_step("y", Phase.RECOVER))
WAITS = a_plan(a_step("x"), a_step("wait", Phase.RECOVER, klass=StepClass.GATE, kind="wait",
               params={"for": "9999s"}, within=Duration.parse("99999s"), doubt=None))  # fmt: skip


class Counting(Tape):
    """Remembers which types of events each commit held."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[list[str]] = []

    def commit(self) -> None:
        self.commits.append([event.data.type for event in self._staged])
        super().commit()


def kinds(tape: Tape) -> list[str]:
    return [event.data.type for event in tape.disk]


@pytest.fixture
def _slow_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dr.engine.scribe, "HOLD_S", 0.2)


@pytest.mark.usefixtures("_slow_hold")
def test_the_end_of_one_step_and_the_intent_of_the_next_share_a_commit() -> None:
    steps = [a_step(f"s{n}", after=(f"s{n - 1}",) if n else ()) for n in range(3)]
    tape = Counting()
    an_engine(a_plan(*steps), World(), tape).run("start")

    assert ["step.requested", "step.settled", "step.intended"] in tape.commits
    assert len(tape.commits) < 12  # 3 there, 3 back, the beginning and the end


def test_an_effect_is_sent_only_after_its_intent_is_on_the_disk() -> None:
    tape = Tape()
    seen: list[bool] = []

    class Watching(World):
        def move(self, change: Change) -> None:
            wanted = (change.thing, change.new)
            intents = [e.data for e in tape.disk if isinstance(e.data, ev.StepIntended)]
            seen.append(any((i.change["thing"], i.change["new"]) == wanted for i in intents))
            super().move(change)

    an_engine(TWO, Watching(), tape).run("start")

    assert seen == [True] * 4


@pytest.mark.parametrize("hold_s", [0.0, 0.2])
def test_hooks_hear_of_each_event_once_in_order_and_after_its_commit(
    hold_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dr.engine.scribe, "HOLD_S", hold_s)
    tape = Tape()
    heard: list[int] = []

    def hear(event: Event) -> None:
        assert len(tape.disk) >= event.seq
        heard.append(event.seq)

    hooks = Hooks(event=hear, tick=lambda run: None, conclude=lambda run, closed: {})
    an_engine(TWO, World(), tape, hooks=hooks).run("start")

    assert heard == list(range(1, len(tape.disk) + 1))


@pytest.mark.usefixtures("_slow_hold")
def test_the_result_is_made_of_what_is_on_the_disk() -> None:
    tape = Tape()
    known: list[int] = []

    def conclude(run: Run, closed: ev.RunClosed) -> dict[str, str]:
        known.append(len(tape.disk))
        return {"result.json": "0" * 64}

    hooks = Hooks(event=lambda event: None, tick=lambda run: None, conclude=conclude)
    run = an_engine(TWO, World(), tape, hooks=hooks).run("start")

    assert known == [len(tape.disk) - 1]
    assert run.closed is not None
    assert run.closed.digests == {"result.json": "0" * 64}


def test_an_owner_replaced_between_intent_and_request_sends_nothing() -> None:
    world, tape = World(), Tape()
    newer: list[Run] = []

    class Slow(ToyHands):
        def acting(self, step: PlannedStep, way: object) -> Any:
            if not newer:  # here the older process is paused, and another takes the run
                newer.append(an_engine(TWO, world, Tape(tape.disk)).run("resume"))
            return self.world

    older = an_engine(TWO, world, tape)
    older.driver._hands = Slow(world)

    with pytest.raises(Conflict):
        older.run("start")
    assert newer[0].closed is not None
    assert len(world.effects) == 4


def test_a_worker_that_dies_takes_the_process_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = an_engine(TWO, World(), Tape())
    monkeypatch.setattr(engine.driver, "look", lambda *args: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        engine.run("start")


def test_an_interface_that_does_not_answer_for_a_while_fails_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dr.engine.patience, "RETRY_FIRST_S", 0.0)
    world, tape = World(), Tape()
    world.unavailable = 22  # more than a look tries

    run = an_engine(TWO, world, tape).run("start")

    assert run.closed is not None
    assert run.closed.ending == "completed"


def test_leaving_at_once_keeps_what_is_known_and_undoes_nothing() -> None:
    world, tape = World(), Tape()
    engines: list[Engine] = []

    def leave(event: Event) -> None:
        if isinstance(event.data, ev.GateOpened):
            engines[0].abandon()

    hooks = Hooks(event=leave, tick=lambda run: None, conclude=lambda run, closed: {})
    engine = an_engine(WAITS, world, tape, hooks=hooks)
    engines.append(engine)
    with pytest.raises(Abandoned):
        engine.run("start")

    assert world.place == {"x": "b"}
    assert kinds(tape)[-1] == "gate.opened"
    later = an_engine(WAITS, world, Tape(tape.disk))
    later.stop("ada", "enough")
    run = later.run("abort")
    assert run.closed is not None
    assert world.place == {"x": "a"}


@pytest.mark.parametrize("guard", [Guard(deadline=Duration.parse("5s")),
                                   Guard(alarm="errors", site="primary")])  # fmt: skip
def test_a_guard_that_trips_stops_and_undoes(guard: Guard) -> None:
    world, tape = World(), Tape()
    guards = Guards([guard], lambda guard: "the alarm fires")

    run = an_engine(WAITS, world, tape, guards=guards).run("start")

    assert run.stop is not None
    assert run.stop.startswith("guard ")
    assert run.closed is not None
    assert run.closed.ending == "stopped"
    assert world.place.get("x", "a") == "a"


def test_the_observer_is_started_proven_followed_and_stopped() -> None:
    said: list[str] = []

    class Busy(NoObserver):
        def ensure(self) -> ev.ObserverStarted | None:
            return ev.ObserverStarted(pid=1, spec_sha256="0" * 64, until_us=1)

        def prove(self, probe: str) -> ev.ProbeProven | None:
            said.append(f"prove {probe}")
            return ev.ProbeProven(probe=probe, can_fail=True, why="")

        def anchors(self) -> list[ev.SamplesAnchored]:
            return [ev.SamplesAnchored(file="probes.csv", bytes=len(said), sha256="0" * 64)]

        def stop(self) -> None:
            said.append("stop")

    plan = a_plan(a_step("x"), probes=(a_probe("one"), a_probe("two")))
    tape = Tape()
    run = an_engine(plan, World(), tape, observer=Busy()).run("start")

    assert said == ["prove one", "prove two", "stop"]
    assert run.proven == {"one": True, "two": True}
    types = kinds(tape)
    assert types[:4] == ["run.adopted", "observer.started", "probe.proven", "probe.proven"]
    assert types[-2:] == ["samples.anchored", "run.closed"]


def test_what_is_over_is_not_kept_in_memory() -> None:
    engine = an_engine(TWO, World(), Tape())

    engine.run("start")

    assert engine._looks == {}
    assert engine._busy == set()


def test_threads_of_a_finished_run_end() -> None:
    before = threading.active_count()
    for _ in range(3):
        an_engine(TWO, World(), Tape()).run("start")
    for thread in threading.enumerate():
        if thread.name.startswith("step"):
            thread.join(2)

    assert threading.active_count() <= before + 1


def test_a_baseline_that_fails_refuses_the_run_untouched() -> None:
    check = a_step("c", Phase.VERIFY, klass=StepClass.CHECK, kind="world.moved", baseline=True,
                   doubt=None, params={"nonsense": "b"})  # fmt: skip
    world, tape = World(), Tape()
    run = an_engine(a_plan(a_step("x"), check), world, tape).run("start")

    assert run.closed is not None
    assert run.closed.ending == "refused"
    assert world.requests == []
