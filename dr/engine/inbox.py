"""Messages from other processes → events. Idempotent by message id."""

from collections.abc import Sequence

from dr.core.approvals import turned_down
from dr.core.fold import Run, Status
from dr.engine_ports import Message
from dr.model import event as ev
from dr.model.event import Way


def events_of(run: Run, messages: Sequence[Message]) -> list[ev.Data]:
    """Return the events of the messages the journal does not have yet.

    A message that no rule accepts becomes a warning, so that it is answered and not asked again.
    """
    return [_event(run, message) for message in messages if message.id not in run.inbox]


def stopped(run: Run, asked: ev.StopRequested) -> ev.StopRequested | ev.WarningRaised:
    """Return the event of a wish to stop; on the way back it changes nothing, and is noted.

    Everything is being put back already, and what was measured is measured: nobody makes a missed
    objective "aborted" by stopping the run after it.
    """
    if run.returning_us is None or run.stop is not None:
        return asked
    text = f"{asked.who} asked to stop ({asked.why}) when the run was on its way back already"
    return ev.WarningRaised(code="stop", text=text, inbox=asked.inbox)


def _event(run: Run, message: Message) -> ev.Data:
    body = message.body
    what, who = str(body.get("what", "")), str(body.get("who", ""))
    text = str(body.get("text", ""))
    step = str(body.get("step", ""))
    if what == "stop":
        return stopped(run, ev.StopRequested(who=who, why=text, inbox=message.id))
    if what == "note":
        return ev.NoteAdded(who=who, text=text, inbox=message.id)
    if what in ("approve", "deny"):
        return _answered(run, message, step, who)
    if what == "resolve":
        return _resolved(run, message, step, who)
    return _turned_down(message, f"unknown message {what!r}")


def _answered(run: Run, message: Message, step: str, who: str) -> ev.Data:
    said = {name: str(message.body.get(name, "")) for name in ("what", "text", "how", "plan")}
    why = turned_down(run, step, said["what"], who, said["plan"])
    if why is not None:
        return _turned_down(message, f"{said['what']} by {who}: {why}")
    return ev.DecisionRecorded(
        step=step,
        answer=said["what"],
        who=who,
        message=said["text"],
        inbox=message.id,
        how=said["how"],
        plan_sha256=run.plan_sha256,
    )


def _resolved(run: Run, message: Message, step: str, who: str) -> ev.Data:
    answer = str(message.body.get("answer", ""))
    if answer not in ("happened", "not-happened", "retry"):
        return _turned_down(message, f"{answer!r} is no answer")
    for way, states in ((Way.UNDO, run.undo), (Way.FORWARD, run.forward)):
        state = states.get(step)
        if state is not None and state.status is Status.HELD:
            if answer == "retry" and way is Way.FORWARD and run.returning_us is not None:
                return _turned_down(message, "the run is on its way back and tries nothing again")
            return ev.StepResolved(step=step, way=way, answer=answer, who=who, inbox=message.id)
    return _turned_down(message, f"{step} is not held")


def _turned_down(message: Message, why: str) -> ev.WarningRaised:
    return ev.WarningRaised(code="inbox", text=f"message turned down: {why}", inbox=message.id)
