"""The engine's next move, as a pure function of the run's state, the time and the latest looks.

The loop is: fold, decide, do, append. There is no other control flow, so that first run, resume,
abort and undo are the same program entered at different places.

What `decide` may ask for:
    Look    read the world for one step (and, before there is an intent, plan its change)
    Ask     request the change whose intent is durable; asked for once
    Record  append an event that follows from the state alone
    Wait    nothing to do before this moment, unless something arrives
An in-doubt step (an intent without an answer) is resolved here, by its class.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from dr.core.closing import closing, why_return
from dr.core.fold import Run, Status, StepState
from dr.core.gates import gate
from dr.core.looks import astray, late, settled
from dr.core.moves import (
    HEARTBEAT_US,
    POLL_LONGEST_US,
    Ask,
    Baseline,
    Busy,
    Look,
    Looks,
    Move,
    Pace,
    Record,
    Seen,
    Wait,
)
from dr.model import event as ev
from dr.model.drill import Phase
from dr.model.event import Way
from dr.model.plan import PlannedStep, StepClass
from dr.model.progress import Doubt, Progress


def decide(run: Run, now_us: int, looks: Looks, busy: Busy, pace: Pace) -> list[Move]:
    """Return what to do now; a list of only `Wait`s means: sleep until the earliest.

    `busy` names the steps with a look or a request under way in this process.
    """
    if run.closed is not None:
        return []
    here = _Here(run, now_us, looks, busy, pace)
    if run.returning_us is None:
        moves = list(here.forward())
        if moves:
            return moves
        return [Record(ev.ReturnBegan(why=why_return(run)))]
    moves = list(here.back())
    return moves or [Record(closing(run))]


@dataclass(frozen=True, slots=True)
class _Here:
    """One turn's arguments, so that the rules below read as rules."""

    run: Run
    now_us: int
    looks: Looks
    busy: Busy
    pace: Pace

    def forward(self) -> Iterator[Move]:
        """Yield the moves towards the end of the drill's last forward phase."""
        run = self.run
        if run.stopping:
            yield from self._drain()
            return
        phase = run.current_phase()
        if phase is None or (phase is Phase.RETURN and run.plan.undo):
            return
        if phase is not Phase.PREPARE and not run.intended and run.unlooked:
            yield from (self._baseline(step) for step in run.unlooked.values())
            return
        for step in run.ready.get(phase, {}).values():
            if phase is Phase.RETURN and step.id.startswith("dr-"):
                continue  # those come after it all
            yield from self._step(step, run.forward[step.id], Way.FORWARD)

    def _baseline(self, step: PlannedStep) -> Move:
        if (step.id, Way.FORWARD) in self.busy:
            return Wait(self.now_us + HEARTBEAT_US)
        return Baseline(step.id)

    def _drain(self) -> Iterator[Move]:
        """Wait for what is under way: its answer decides what there is to undo."""
        if any(way is Way.FORWARD for _, way in self.busy):
            yield Wait(self.now_us + HEARTBEAT_US)

    def back(self) -> Iterator[Move]:
        """Yield the moves that put everything back, one step at a time, last intended first."""
        run = self.run
        id_ = run.next_undo() if run.undoing else None
        if id_ is not None:
            yield from self._undo(run.steps[id_], run.undo[id_])
            return
        if not run.touched:
            return
        own = {s.id: s for s in run.open.get(Phase.RETURN, {}).values() if s.id.startswith("dr-")}
        for step in own.values():  # steps of the drill that never began hold nothing up
            if not any(other in own for other in step.after):
                yield from self._step(step, run.forward[step.id], Way.FORWARD)

    def _undo(self, step: PlannedStep, state: StepState) -> Iterator[Move]:
        done = self.run.forward[step.id]
        intent = done.intent
        if intent is None:
            raise AssertionError(f"{step.id} is to be undone without an intent")
        opaque = step.doubt in (Doubt.OPAQUE, None)
        if done.status is Status.DOUBTED and opaque:
            yield from self._doubted(step, done, Way.FORWARD)  # a person must say first
            return
        if done.status is Status.HELD:
            yield Wait(self.now_us + HEARTBEAT_US)
            return
        if intent.undo is None:
            asked = done.requested is not None or done.status in (Status.DOUBTED, Status.HELD)
            yield Record(
                ev.StepKept(
                    step=step.id,
                    irreversible=intent.irreversible is not None and asked,
                    why=intent.irreversible or intent.keeps or "there is no way back",
                )
            )
            return
        yield from self._step(step, state, Way.UNDO)

    # One step, either way ------------------------------------------------------------------

    def _step(self, step: PlannedStep, state: StepState, way: Way) -> Iterator[Move]:
        if state.over:
            return
        if (step.id, way) in self.busy:
            yield Wait(self.now_us + HEARTBEAT_US)
            return
        if step.klass is StepClass.GATE:
            yield gate(step, state, self.now_us)
        elif self._late(step, state, way):
            yield Record(late(step, way, self.looks.get((step.id, way))))
        else:
            yield from _RULES[state.status](self, step, state, way)

    def _pending(self, step: PlannedStep, state: StepState, way: Way) -> Iterator[Move]:
        seen = self.looks.get((step.id, way))
        if seen is None:
            yield Look(step.id, way)
        elif seen.progress is Progress.SETTLED and self._trusted(step, way, seen):
            yield Record(settled(step, way, state, seen, noop=step.klass is StepClass.ACTION))
        elif step.klass is StepClass.ACTION and seen.progress is Progress.UNTOUCHED:
            if seen.intent is None:
                raise AssertionError(f"a first look at {step.id} made no plan")
            yield Record(seen.intent)
        elif seen.progress is Progress.ASTRAY and seen.same > 1:
            yield Record(astray(step, way))
        else:
            yield self._look_again(step, state, way, seen)

    def _trusted(self, step: PlannedStep, way: Way, seen: Seen) -> bool:
        """Say whether to believe that nothing is to be done.

        On the way back an effect that was asked for may still land, or not be visible yet.
        """
        done = self.run.forward[step.id]
        asked_us = max(done.doubted_us or 0, done.requested[1] if done.requested else 0)
        if way is Way.FORWARD or not asked_us:
            return True
        return seen.same > 1 and seen.looked_us[0] - asked_us >= self.pace.settle_us

    def _intended(self, step: PlannedStep, state: StepState, way: Way) -> Iterator[Move]:
        yield Ask(step.id, way)

    def _requested(self, step: PlannedStep, state: StepState, way: Way) -> Iterator[Move]:
        seen = self._fresh(step, state, way)
        if seen is None:
            yield Look(step.id, way)
        elif seen.progress is Progress.SETTLED:
            yield Record(settled(step, way, state, seen, noop=False))
        elif seen.progress is Progress.ASTRAY and seen.same > 1:
            yield Record(astray(step, way))
        else:
            yield self._look_again(step, state, way, seen)

    def _doubted(self, step: PlannedStep, state: StepState, way: Way) -> Iterator[Move]:
        if step.doubt is Doubt.OPAQUE or step.doubt is None:
            question = f"Did {step.id} ({step.kind}) happen? Nothing can be looked at."
            yield Record(ev.StepHeld(step=step.id, way=way, question=question))
            return
        seen = self._fresh(step, state, way)
        if seen is None:
            yield Look(step.id, way)
        elif seen.progress is Progress.SETTLED:
            yield Record(settled(step, way, state, seen, noop=False))
        elif seen.progress is Progress.UNTOUCHED and self._surely(step, state, seen):
            yield Record(
                ev.StepReconciled(step=step.id, way=way, progress=seen.progress, repeat=True)
            )
        elif seen.progress is Progress.ASTRAY and seen.same > 1:
            question = (
                f"{step.id} was asked for, the answer was lost, and the world is neither where it "
                "was nor where the change leads. What now?"
            )
            yield Record(ev.StepHeld(step=step.id, way=way, question=question))
        else:
            yield self._look_again(step, state, way, seen)

    def _surely(self, step: PlannedStep, state: StepState, seen: Seen) -> bool:
        """Say whether "untouched" is certain enough to ask again, by the class of doubt."""
        if step.doubt is not Doubt.OBSERVABLE:
            return True
        doubted_us = state.doubted_us or 0
        return seen.same > 1 and seen.looked_us[0] - doubted_us >= self.pace.settle_us

    def _held(self, step: PlannedStep, state: StepState, way: Way) -> Iterator[Move]:
        yield Wait(self.now_us + HEARTBEAT_US)

    def _fresh(self, step: PlannedStep, state: StepState, way: Way) -> Seen | None:
        """Return the latest look if it was made after the request or the doubt."""
        seen = self.looks.get((step.id, way))
        after = max(
            state.requested[1] if state.requested else 0,
            state.doubted_us or 0,
            state.intended_us or 0,
        )
        return seen if seen is not None and seen.looked_us[0] >= after else None

    def _look_again(self, step: PlannedStep, state: StepState, way: Way, seen: Seen) -> Look | Wait:
        """Poll quickly at first, then more and more slowly: a long wait needs fewer looks."""
        waited = seen.looked_us[1] - self._began(step, state, way)
        pause = min(max(self.pace.poll_first_us, waited // 16), POLL_LONGEST_US)
        due = seen.looked_us[1] + pause
        return Look(step.id, way) if self.now_us >= due else Wait(due)

    def _began(self, step: PlannedStep, state: StepState, way: Way) -> int:
        run = self.run
        if state.from_us is not None:
            return state.from_us
        if way is Way.UNDO:
            return run.returning_us or run.started_us
        if step.phase is Phase.RETURN and run.returning_us is not None:
            return max(run.returning_us, run.ready_us.get(step.id, 0), _last_undo_us(run))
        return run.ready_us.get(step.id, run.started_us)

    def _late(self, step: PlannedStep, state: StepState, way: Way) -> bool:
        """Say whether its time is over: a look made after it must still have said no."""
        at_us = self._judged_us(step, state, way)
        if at_us is None:
            return False
        limit = step.within.us
        if way is Way.UNDO or state.doubted_us is not None:
            limit += self.pace.settle_us  # before that nothing may be believed or repeated
        if way is Way.UNDO and state.status is Status.PENDING:
            # Each undo has its own time, counted from its own first look.
            return at_us - self.looks[step.id, way].first_us > limit
        # While nobody owned the run nobody could look: a resumed step has its time anew.
        began = max(self._began(step, state, way), self.run.adopted_us)
        return at_us - began > limit

    def _judged_us(self, step: PlannedStep, state: StepState, way: Way) -> int | None:
        """Return the moment to judge lateness by; None if there is something better to do."""
        if state.status is Status.INTENDED:
            return self.now_us
        seen = self.looks.get((step.id, way))
        if state.status is not Status.PENDING:
            seen = self._fresh(step, state, way)
        if seen is None or seen.progress is Progress.SETTLED or state.status is Status.HELD:
            return None  # a person has all the time there is
        if seen.progress is Progress.UNTOUCHED:
            if state.status is Status.DOUBTED and self._surely(step, state, seen):
                return None
            if state.status is Status.PENDING and way is Way.UNDO:
                return None  # it can be asked for now, and putting back late beats leaving dirty
        return seen.looked_us[1]


_RULES: Final[dict[Status, Callable[[_Here, PlannedStep, StepState, Way], Iterator[Move]]]] = {
    Status.PENDING: _Here._pending,  # noqa: SLF001 - of this module
    Status.INTENDED: _Here._intended,  # noqa: SLF001
    Status.REQUESTED: _Here._requested,  # noqa: SLF001
    Status.DOUBTED: _Here._doubted,  # noqa: SLF001
    Status.HELD: _Here._held,  # noqa: SLF001
}


def _last_undo_us(run: Run) -> int:
    return max((s.settled[1] for s in run.undo.values() if s.settled), default=0)
