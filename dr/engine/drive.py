"""One look, one request: everything the engine does to the world, for any action or check.

Both run in a worker thread and return a value; they append nothing and decide nothing. Looking
is repeated through transient failures (tenacity, within a bound); requests are sent once.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dr.cloud import errors
from dr.cloud.clock import Clock
from dr.core.fold import Run
from dr.core.moves import Seen
from dr.core.templates import late
from dr.engine.answers import Asked, Looked, Result, Trouble, seen_again, trouble
from dr.engine.brakes import Brakes
from dr.engine.patience import passing, patiently, transient
from dr.engine_ports import Conflict
from dr.model import event as ev
from dr.model.base import Json, Record
from dr.model.event import Call, Way
from dr.model.intent import Intent
from dr.model.plan import PlannedStep, StepClass
from dr.model.progress import Progress
from dr.ports import Action, Check, Irreversible, Kept


class Hands(Protocol):
    """What reaches the world for a step; made once per site and kept."""

    def looking(self, step: PlannedStep, way: Way) -> Any:
        """Return the hand that only looks, and may retry."""

    def acting(self, step: PlannedStep, way: Way) -> Any:
        """Return the hand that asks exactly once."""

    def drain(self, hand: Any) -> tuple[Call, ...]:
        """Return the calls made through a hand by this thread since the last drain."""


class Driver:
    """Looks and asks for the steps of one plan."""

    def __init__(
        self,
        kinds: Mapping[str, Action[Any, Any, Any, Any] | Check[Any, Any, Any]],
        hands: Hands,
        clock: Clock,
        brakes: Brakes,
        expires: str,
        unique_id: str = "",
    ) -> None:
        """Take the actions and checks by kind. `expires` goes into the tags of what is made.

        unique_id: of the run; absent, its id. Run ids are unique to a home only; two homes (a
        laptop and a CI runner, say) must not take each other's leftovers for their own.
        """
        self._kinds = kinds
        self._hands = hands
        self._clock = clock
        self._brakes = brakes
        self._expires = expires
        self._unique_id = unique_id

    def look(self, run: Run, step: PlannedStep, way: Way, before: Seen | None) -> Result:
        """Read the world for one step; before there is an intent, also plan the change."""
        hand = None
        try:
            hand = self._hands.looking(step, way)
            self._hands.drain(hand)  # this thread's earlier looks are none of this step's calls
            if step.klass is StepClass.CHECK:
                return self._look_check(run, step, hand, before)
            return self._look_action(run, step, way, hand, before)
        except Exception as error:  # noqa: BLE001 - one of the two places that translate
            if transient(error) or (run.touched and passing(error)):
                return Looked(step.id, way, self._blind(before, error))
            return trouble(step.id, way, error, self._drained(hand), asked=False)

    def ask(
        self, run: Run, step: PlannedStep, way: Way, ours: Callable[[], bool] = lambda: True
    ) -> Result:
        """Request the intended change, once.

        ours: says whether the run is still this process's; asked last of all before the request.
        Raises Conflict if it is not.
        """
        state = run.state(step.id, way)
        if state.intent is None:
            raise AssertionError(f"{step.id} has no intent")
        hand = None
        sent = False
        try:
            action = self._action(step)
            change = action.change.of_plain(state.intent.change)
            hand = self._hands.acting(step, way)
            self._hands.drain(hand)
            looking = self._hands.looking(step, way)
            patiently(lambda: self._brakes.before(run, step, way, action, looking, change))
            _still(ours, run)
            sent_us = self._clock.mono_us()
            sent = True
            action.execute(hand, change)
        except Conflict:
            raise
        except Exception as error:  # noqa: BLE001 - the other one
            return trouble(step.id, way, error, self._drained(hand), asked=sent)
        answered_us = self._clock.mono_us()
        return Asked(step.id, way, sent_us, answered_us, self._hands.drain(hand))

    def baseline(self, run: Run, step: PlannedStep) -> ev.CheckBaselined | Trouble:
        """Look once for a check that compares with what was there before."""
        try:
            check = self._check(step)
            params = self._params(run, step, check.params, known_only=True)
            began = self._clock.mono_us()
            seen = patiently(lambda: check.observe(self._hands.looking(step, Way.FORWARD), params))
            return ev.CheckBaselined(
                step=step.id, seen=seen.as_json(), looked_us=(began, self._clock.mono_us())
            )
        except Exception as error:  # noqa: BLE001 - translated as above
            return trouble(step.id, Way.FORWARD, error, (), asked=False)

    # ---------------------------------------------------------------------------------------

    def _blind(self, before: Seen | None, error: Exception) -> Seen:
        """Return a look that saw nothing; the step's own deadline says how long that may go on.

        An interface that does not answer while a Region is down must neither fail the drill nor
        leave behind what could be put back a minute later.
        """
        now_us = self._clock.mono_us()
        facts: Json = {"why": f"could not be looked at: {errors.translate(error)}"}
        blind = seen_again(before, Progress.MOVING, (now_us, now_us), {}, facts, None)
        since_us = before.since_us if before is not None else now_us
        return dataclasses.replace(blind, same=0, since_us=since_us, blind=True)

    def _look_action(
        self, run: Run, step: PlannedStep, way: Way, hand: Any, before: Seen | None
    ) -> Looked:
        action = self._action(step)
        began = self._clock.mono_us()
        params = self._intended_params(run, step, action.params)
        seen = patiently(lambda: action.observe(hand, params))
        at = (began, self._clock.mono_us())
        intent = run.state(step.id, way).intent
        planned = None
        if intent is None:
            change, planned = self._plan(run, step, way, action, params, seen)
        else:
            change = action.change.of_plain(intent.change)
        progress = action.progress(change, seen)
        return Looked(step.id, way, seen_again(before, progress, at, seen.as_json(), {}, planned))

    def _plan(
        self,
        run: Run,
        step: PlannedStep,
        way: Way,
        action: Action[Any, Any, Any, Any],
        params: Record,
        seen: Record,
    ) -> tuple[Record, ev.StepIntended]:
        if way is Way.UNDO:
            done = run.forward[step.id].intent
            if done is None or done.undo is None:
                raise AssertionError(f"{step.id} has nothing to undo")
            change = action.change.of_plain(done.undo)
            return change, _intended(step, way, params, change, None, done.token)
        name = self._unique_id or run.id
        token = _token(name, step.id)
        intent = Intent(run=name, step=step.id, token=token, expires=self._expires)
        change = action.plan(params, seen, intent)
        back = action.undo(change)
        return change, _intended(step, way, params, change, back, token)

    def _look_check(self, run: Run, step: PlannedStep, hand: Any, before: Seen | None) -> Looked:
        check = self._check(step)
        params = self._params(run, step, check.params)
        began = self._clock.mono_us()
        seen = patiently(lambda: check.observe(hand, params))
        at = (began, self._clock.mono_us())
        kept = run.baseline.get(step.id)
        earlier = check.seen.of_plain(kept) if kept is not None else None
        outcome = check.judge(params, earlier, seen)
        progress = Progress.SETTLED if outcome.holds else Progress.MOVING
        facts: Json = {
            "why": outcome.why,
            "compared": outcome.compared,
            "level": outcome.level,
        }
        return Looked(
            step.id, Way.FORWARD, seen_again(before, progress, at, seen.as_json(), facts, None)
        )

    def _intended_params(self, run: Run, step: PlannedStep, model: type[Record]) -> Record:
        """Return the parameters of the intent if there is one: they must not change under it."""
        intent = run.forward[step.id].intent
        if intent is not None:
            return model.of_plain(intent.params)
        return self._params(run, step, model)

    def _params(
        self, run: Run, step: PlannedStep, model: type[Record], *, known_only: bool = False
    ) -> Record:
        raw = dict(step.params)
        if known_only:
            raw = {k: v for k, v in raw.items() if not _refers_to_run(v)}
        return model.of_plain(late(raw, run.id, run.fault_at, run.changes()))

    def _action(self, step: PlannedStep) -> Action[Any, Any, Any, Any]:
        found = self._kinds[step.kind]
        if not isinstance(found, Action):
            raise TypeError(f"{step.kind} is not an action")
        return found

    def _check(self, step: PlannedStep) -> Check[Any, Any, Any]:
        found = self._kinds[step.kind]
        if not isinstance(found, Check):
            raise TypeError(f"{step.kind} is not a check")
        return found

    def _drained(self, hand: Any) -> tuple[Call, ...]:
        return self._hands.drain(hand) if hand is not None else ()


def _still(ours: Callable[[], bool], run: Run) -> None:
    if not ours():
        raise Conflict(f"run {run.id} has another owner by now; nothing was sent")


def _intended(
    step: PlannedStep,
    way: Way,
    params: Record,
    change: Record,
    back: Record | Irreversible | Kept | None,
    token: str,
) -> ev.StepIntended:
    return ev.StepIntended(
        step=step.id,
        way=way,
        params=params.as_json(),
        change=change.as_json(),
        undo=back.as_json() if isinstance(back, Record) else None,
        keeps=back.why if isinstance(back, Kept) else None,
        irreversible=back.why if isinstance(back, Irreversible) else None,
        token=token,
    )


def _token(run: str, step: str) -> str:
    """Return the idempotency token of an intent: the same for every attempt at it."""
    return hashlib.sha256(f"{run}/{step}".encode()).hexdigest()[:32]


def _refers_to_run(value: object) -> bool:
    return isinstance(value, str) and "${" in value
