"""Short ways to write down what happened to a step."""

from typing import Any

from dr.core.fold import Run, fold
from dr.model import event as ev
from dr.model.event import Data, Event, Way
from dr.model.plan import Plan
from dr.model.progress import Progress, World

FORWARD, UNDO = Way.FORWARD, Way.UNDO
RUN = "toy-0001"


def events(*data: Data, every_us: int = 1_000_000) -> list[Event]:
    """Return a journal of these, one a second, the first at second one."""
    return [
        Event(
            run=RUN,
            epoch=1,
            seq=seq,
            prev="0" * 64,
            t=f"2026-01-01T00:00:{seq % 60:02}.000000Z",
            mono_us=seq * every_us,
            data=one,
        )
        for seq, one in enumerate(data, start=1)
    ]


def run_of(plan: Plan, *data: Data) -> Run:
    """Return the state after these."""
    return fold(plan, events(*data))


def adopted(boot: str = "boot-1") -> Data:
    return ev.RunAdopted(owner="host:1:x", boot_id=boot, why="start")


def intended(step: str, way: Way = FORWARD, **over: Any) -> Data:
    fields: dict[str, Any] = {
        "step": step,
        "way": way,
        "params": {"thing": step, "to": "b"},
        "change": {"thing": step, "old": "a", "new": "b"},
        "undo": {"thing": step, "old": "b", "new": "a"},
        "token": "0" * 32,
    }
    return ev.StepIntended(**{**fields, **over})


def requested(step: str, way: Way = FORWARD, at: tuple[int, int] = (10, 20)) -> Data:
    return ev.StepRequested(step=step, way=way, sent_us=at[0], answered_us=at[1])


def settled(step: str, way: Way = FORWARD, **over: Any) -> Data:
    fields: dict[str, Any] = {
        "step": step, "way": way, "noop": False, "looked_us": (30, 40), "seen": {}, "facts": {},
    }  # fmt: skip
    return ev.StepSettled(**{**fields, **over})


def failed(step: str, way: Way = FORWARD, world: World = World.FAILED, why: str = "no") -> Data:
    return ev.StepFailed(step=step, way=way, world=world, message=why)


def doubted(step: str, way: Way = FORWARD) -> Data:
    return ev.StepDoubted(step=step, way=way, why="lost")


def reconciled(step: str, way: Way = FORWARD, *, repeat: bool = True) -> Data:
    return ev.StepReconciled(step=step, way=way, progress=Progress.UNTOUCHED, repeat=repeat)


def held(step: str, way: Way = FORWARD) -> Data:
    return ev.StepHeld(step=step, way=way, question="?")


def resolved(step: str, answer: str, way: Way = FORWARD) -> Data:
    return ev.StepResolved(step=step, way=way, answer=answer, who="ada", inbox=f"r-{answer}")


def kept(step: str, *, irreversible: bool = False) -> Data:
    return ev.StepKept(step=step, irreversible=irreversible, why="so")


def opened(step: str) -> Data:
    return ev.GateOpened(step=step, prompt="?")


def decision(step: str, answer: str = "approve", who: str = "ada") -> Data:
    return ev.DecisionRecorded(step=step, answer=answer, who=who, message="", inbox=f"d-{who}")


def stopped(why: str = "enough") -> Data:
    return ev.StopRequested(who="ada", why=why)


def returning() -> Data:
    return ev.ReturnBegan(why="so")
