"""One look, one request: what comes back from the world, for any action or check."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

import dr.engine.patience
from dr.core.moves import Seen
from dr.engine.answers import Asked, Looked, Trouble
from dr.engine.brakes import Brakes
from dr.engine.drive import Driver
from dr.engine_ports import Conflict
from dr.model import event as ev
from dr.model.drill import Phase
from dr.model.errors import Failed, Refused, SimulatorUnsupported, Unclear
from dr.model.event import Call, Data
from dr.model.plan import Plan, StepClass
from dr.model.progress import Progress
from dr.model.progress import World as Means
from tests.build import a_plan, a_step
from tests.crash.toy import CLOCK, Is, Move, Moved, ToyHands, World
from tests.unit.event_builders import FORWARD, UNDO, intended, run_of, settled

X = a_step("x")
CHECK = a_step("c", Phase.VERIFY, klass=StepClass.CHECK, kind="world.is",
               params={"thing": "x", "to": "b"})  # fmt: skip
COMPARES = CHECK.model_copy(update={"kind": "world.moved", "baseline": True})
PLAN = a_plan(X, CHECK)
INTENT = intended("x")
URL = "http://127.0.0.1:1"


class Broken(World):
    """Raises what it is told to, so many times; then it works."""

    def __init__(self, error: Exception, times: int = 99) -> None:
        super().__init__()
        self.error, self.times, self.tried = error, times, 0

    def _try(self) -> None:
        self.tried += 1
        if self.tried <= self.times:
            raise self.error

    def at(self, thing: str) -> str:
        self._try()
        return super().at(thing)

    def move(self, change: Any) -> None:
        self._try()
        super().move(change)


def a_driver(world: World, plan: Plan = PLAN) -> Driver:
    kinds: dict[str, Any] = {"world.move": Move(), "world.is": Is(), "world.moved": Moved()}
    return Driver(kinds, ToyHands(world), CLOCK, Brakes(plan), "2026-01-02T00:00:00Z")


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dr.engine.patience, "RETRY_FIRST_S", 0.0)


def look(world: World, *data: Data, before: Seen | None = None, undo: bool = False) -> Any:
    way = UNDO if undo else FORWARD
    return a_driver(world).look(run_of(PLAN, *data), X, way, before)


def client_error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "DoIt")


NOT_NOW = {
    "a lost answer": Unclear("?"),
    "a read timeout": ReadTimeoutError(endpoint_url=URL),
    "a server error": client_error("InternalError", 500),
    "throttling": client_error("ThrottlingException"),
    "EC2's throttling": client_error("RequestLimitExceeded"),
    "no connection": EndpointConnectionError(endpoint_url=URL),
    "no connection in time": ConnectTimeoutError(endpoint_url=URL),
}
NOT_AT_ALL: dict[str, tuple[Exception, Means]] = {
    "a refusal": (Refused("not this one"), Means.REFUSED),
    "no permission": (client_error("AccessDenied"), Means.FORBIDDEN),
    "no credentials": (NoCredentialsError(), Means.FORBIDDEN),
    "a wrong parameter": (ParamValidationError(report="x"), Means.FAILED),
    "it is not there": (client_error("NotFound"), Means.FAILED),
    "not in the sandbox": (SimulatorUnsupported("no"), Means.REFUSED),
    "a bug": (KeyError("x"), Means.FAILED),
}

# Looking -----------------------------------------------------------------------------------


class Noting(ToyHands):
    """Notes a call for each time that the world is looked at."""

    made = 0

    def drain(self, hand: Any) -> tuple[Call, ...]:
        tried: int = hand.tried
        found = tuple(Call(service="toy", operation=f"{n}") for n in range(self.made, tried))
        self.made = tried
        return found


def test_a_look_that_fails_has_its_own_calls_and_no_others() -> None:
    world = Broken(client_error("NotFound"), times=0)
    hands = Noting(world)
    kinds: dict[str, Any] = {"world.move": Move(), "world.is": Is(), "world.moved": Moved()}
    driver = Driver(kinds, hands, CLOCK, Brakes(PLAN), "2026-01-02T00:00:00Z")
    run = run_of(PLAN)
    for _ in range(3):
        driver.look(run, X, FORWARD, None)
    world.times = 99

    failed: Any = driver.look(run, X, FORWARD, None)

    assert [call.operation for call in failed.calls] == ["3"]


def test_a_first_look_plans_the_change_and_its_undo() -> None:
    found = look(World())

    assert isinstance(found, Looked)
    assert found.seen.progress is Progress.UNTOUCHED
    intent = found.seen.intent
    assert intent is not None
    assert intent.change["new"] == "b"
    assert intent.undo is not None
    assert intent.undo["new"] == "a"
    assert len(intent.token) == 32


def test_the_token_belongs_to_the_intent_and_not_to_the_look() -> None:
    first, second = look(World()), look(World())

    assert first.seen.intent.token == second.seen.intent.token


@pytest.mark.parametrize(
    ("back", "field", "why"),
    [
        ("irreversible", "irreversible", "a toy that cannot go back"),
        ("kept", "keeps", "it was a putting-back"),
    ],
)
def test_a_change_without_a_way_back_says_so_beforehand(back: str, field: str, why: str) -> None:
    step = a_step("x", params={"thing": "x", "to": "b", "back": back})
    found = a_driver(World()).look(run_of(a_plan(step)), step, FORWARD, None)

    assert isinstance(found, Looked)
    assert found.seen.intent is not None
    assert found.seen.intent.undo is None
    assert getattr(found.seen.intent, field) == why


def test_a_later_look_judges_the_change_that_was_intended() -> None:
    world = World()
    world.place["x"] = "b"
    found = look(world, INTENT)

    assert found.seen.progress is Progress.SETTLED
    assert found.seen.intent is None


def test_an_undo_is_planned_from_the_intent_not_from_the_world() -> None:
    world = World()
    world.place["x"] = "elsewhere"
    found = look(world, INTENT, settled("x"), undo=True)

    assert found.seen.progress is Progress.ASTRAY
    assert found.seen.intent.change == {
        "thing": "x", "old": "b", "new": "a", "back": "undo", "token": "",
    }  # fmt: skip


def test_an_undo_without_anything_to_undo_is_trouble() -> None:
    found = look(World(), intended("x", undo=None), undo=True)

    assert isinstance(found, Trouble)
    assert "nothing to undo" in found.message


def test_looks_know_how_many_in_a_row_said_the_same_and_since_when() -> None:
    world = World()
    first = look(world, INTENT).seen
    second = look(world, INTENT, before=first).seen
    world.place["x"] = "b"
    third = look(world, INTENT, before=second).seen
    fourth = look(world, INTENT, before=third).seen

    assert [seen.same for seen in (first, second, third, fourth)] == [1, 2, 1, 2]
    assert first.since_us == second.since_us == first.looked_us[0]
    assert third.since_us == fourth.since_us == second.looked_us[0]
    assert {seen.first_us for seen in (first, second, third, fourth)} == {first.looked_us[0]}


@pytest.mark.parametrize("name", NOT_NOW)
def test_a_look_is_repeated_through_what_passes(name: str) -> None:
    world = Broken(NOT_NOW[name], times=2)

    assert look(world).seen.progress is Progress.UNTOUCHED
    assert world.tried == 3


@pytest.mark.parametrize("name", NOT_NOW)
def test_a_look_that_fails_for_now_says_nothing_and_fails_no_step(name: str) -> None:
    world = Broken(NOT_NOW[name])
    seen = look(world).seen

    assert world.tried == 4
    assert seen.blind
    assert seen.progress is Progress.MOVING
    assert str(seen.facts["why"]).startswith("could not be looked at: ")


def test_a_blind_look_is_no_no_and_breaks_a_row() -> None:
    world = World()
    no = look(world, INTENT).seen
    blind = look(Broken(Unclear("?")), INTENT, before=no).seen
    world.place["x"] = "b"
    yes = look(world, INTENT, before=blind).seen

    assert blind.same == 0
    assert yes.same == 1
    assert yes.since_us == blind.since_us == no.since_us
    assert yes.first_us == no.first_us


@pytest.mark.parametrize("name", NOT_AT_ALL)
def test_a_look_that_cannot_work_fails_the_step_at_once(name: str) -> None:
    error, means = NOT_AT_ALL[name]
    world = Broken(error)
    found = look(world)

    assert world.tried == 1
    assert isinstance(found, Trouble)
    assert (found.world, found.asked) == (means, False)


def test_a_check_says_what_it_compared_and_why() -> None:
    found = a_driver(World()).look(run_of(PLAN), CHECK, FORWARD, None)

    assert isinstance(found, Looked)
    assert found.seen.progress is Progress.MOVING
    assert found.seen.facts == {"why": "it is at a", "compared": 1, "level": 2}


def test_a_check_compares_with_its_baseline() -> None:
    world, plan = World(), a_plan(X, COMPARES)
    driver = a_driver(world, plan)
    baseline = driver.baseline(run_of(plan), COMPARES)
    assert isinstance(baseline, ev.CheckBaselined)
    world.place["x"] = "b"

    found = driver.look(run_of(plan, baseline), COMPARES, FORWARD, None)

    assert isinstance(found, Looked)
    assert found.seen.progress is Progress.SETTLED


def test_a_baseline_that_cannot_be_taken_is_trouble() -> None:
    found = a_driver(Broken(Failed("gone"))).baseline(run_of(PLAN), CHECK)

    assert isinstance(found, Trouble)
    assert found.message == "gone"


def test_a_baseline_is_taken_without_what_only_the_run_will_know() -> None:
    params = {"thing": "x", "to": "b", "back": "${fault.at}"}
    step = COMPARES.model_copy(update={"params": params})

    assert isinstance(a_driver(World()).baseline(run_of(a_plan(X, step)), step), ev.CheckBaselined)


@pytest.mark.parametrize(("step", "said"), [(CHECK, "world.move is not a check"),
                                            (X, "world.is is not an action")])  # fmt: skip
def test_a_kind_of_the_wrong_class_is_trouble(step: Any, said: str) -> None:
    other = {"world.move": "world.is", "world.is": "world.move"}[step.kind]
    wrong = step.model_copy(update={"kind": other})
    found = a_driver(World()).look(run_of(PLAN), wrong, FORWARD, None)

    assert isinstance(found, Trouble)
    assert said in found.message


# Asking ------------------------------------------------------------------------------------


def ask(world: World, *data: Data, ours: bool = True, plan: Plan = PLAN) -> Any:
    run = run_of(plan, *(data or (INTENT,)))
    return a_driver(world, plan).ask(run, X, FORWARD, lambda: ours)


def test_a_request_is_sent_once_and_bracketed() -> None:
    world = World()
    found = ask(world)

    assert isinstance(found, Asked)
    assert found.sent_us <= found.answered_us
    assert world.effects == [("x", "a", "b")]


def test_a_request_without_an_intent_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="no intent"):
        a_driver(World()).ask(run_of(PLAN), X, FORWARD)


def test_a_replaced_owner_sends_nothing() -> None:
    world = World()

    with pytest.raises(Conflict, match="nothing was sent"):
        ask(world, ours=False)
    assert world.requests == []


@pytest.mark.parametrize("name", [*NOT_NOW, *NOT_AT_ALL])
def test_a_request_is_never_repeated_whatever_came_back(name: str) -> None:
    error = NOT_NOW.get(name) or NOT_AT_ALL[name][0]
    world = Broken(error)
    found = ask(world)

    assert world.tried == 1
    assert isinstance(found, Trouble)
    assert found.asked


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (Unclear("?"), Means.UNCLEAR),
        (KeyError("a bug"), Means.UNCLEAR),
        (Failed("no"), Means.FAILED),
    ],
)
def test_a_surprise_in_the_middle_of_a_request_means_nobody_knows(
    error: Exception, means: Means
) -> None:
    assert ask(Broken(error)).world is means


def test_what_the_brakes_refuse_was_not_asked() -> None:
    world = World()
    plan = a_plan(X, a_step("y"), blast_radius=PLAN.blast_radius.model_copy(update={"changes": 1}))
    found = ask(world, INTENT, intended("y"), plan=plan)

    assert isinstance(found, Trouble)
    assert (found.world, found.asked) == (Means.REFUSED, False)
    assert world.requests == []


def test_an_intent_that_cannot_be_read_is_trouble_and_no_silence() -> None:
    found = ask(World(), intended("x", change={"nonsense": 1}))

    assert isinstance(found, Trouble)
    assert not found.asked


@pytest.mark.parametrize(
    ("statuses", "means"),
    [((403,), Means.FORBIDDEN), ((200, 403), Means.FAILED), ((), Means.FORBIDDEN)],
)
def test_a_request_that_is_refused_half_way_is_to_be_put_back(
    statuses: tuple[int, ...], means: Means
) -> None:
    class Recording(ToyHands):
        def drain(self, hand: Any) -> tuple[Call, ...]:
            return tuple(Call(service="s", operation="o", status=status) for status in statuses)

    world = Broken(client_error("AccessDenied", 403))
    driver = Driver({"world.move": Move()}, Recording(world), CLOCK, Brakes(PLAN), "")

    found = driver.ask(run_of(PLAN, INTENT), X, FORWARD)

    assert isinstance(found, Trouble)
    assert found.world is means
