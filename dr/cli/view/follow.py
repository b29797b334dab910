"""Events and samples → shots: follows a run from its journal, for `dr run` and `dr watch` alike."""

from collections.abc import Mapping, Sequence

from dr.cli.view.shot import ProbeShot, Shot, StepShot, StepWord, Waiting
from dr.core.fold import Run, Status, StepState, advance, begin
from dr.model import event as ev
from dr.model.event import Event
from dr.model.plan import Plan, PlannedStep
from dr.model.reading import Sample, State

STRIP = 60  # samples shown per probe

_FORWARD = {
    Status.PENDING: StepWord.PENDING,
    Status.OPENED: StepWord.WAITING,
    Status.INTENDED: StepWord.LOOKING,
    Status.DOUBTED: StepWord.LOOKING,
    Status.REQUESTED: StepWord.ASKED,
    Status.HELD: StepWord.HELD,
    Status.SETTLED: StepWord.SETTLED,
    Status.FAILED: StepWord.FAILED,
    Status.KEPT: StepWord.KEPT,
}
_UNDO = {
    Status.SETTLED: StepWord.UNDONE,
    Status.FAILED: StepWord.FAILED,
    Status.HELD: StepWord.HELD,
    Status.KEPT: StepWord.KEPT,
}


class Follower:
    """Takes the events of one run in order, and says what it looks like."""

    def __init__(self, plan: Plan) -> None:
        """Start before the first event."""
        self._plan = plan
        self._run: Run = begin(plan)
        self._times: dict[str, tuple[int, int | None]] = {}
        self._questions: dict[str, str] = {}

    def event(self, event: Event) -> None:
        """Take the next event."""
        advance(self._run, event)
        step = getattr(event.data, "step", None)
        if isinstance(step, str):
            self._time(step, event)
        if isinstance(event.data, ev.StepHeld):
            self._questions[event.data.step] = event.data.question

    def shot(self, now_us: int, samples: Mapping[str, Sequence[Sample]]) -> Shot:
        """Return the run as it is now. samples: by probe, all since the fault, in order."""
        run = self._run
        fault = run.fault[0] if run.fault else None
        return Shot(
            plan=self._plan,
            run=run.id,
            now_us=now_us,
            fault_us=fault,
            recovered_us=self._recovered(samples, fault),
            phase=run.current_phase(),
            stopping=run.stop or run.failed,
            steps=tuple(self._step(step) for step in self._plan.steps),
            probes=tuple(
                ProbeShot(p.id, p.control, tuple(s.state for s in samples.get(p.id, ())[-STRIP:]))
                for p in self._plan.probes
            ),
            waiting=tuple(self._waiting()),
        )

    def _time(self, step: str, event: Event) -> None:
        began, ended = self._times.get(step, (event.mono_us, None))
        if isinstance(event.data, ev.CheckBaselined):
            return
        if isinstance(event.data, (ev.StepSettled, ev.StepFailed, ev.StepKept)):
            ended = event.mono_us
        elif isinstance(event.data, ev.StepIntended):
            began, ended = event.mono_us, None
        self._times[step] = (began, ended)

    def _step(self, step: PlannedStep) -> StepShot:
        began, ended = self._times.get(step.id, (None, None))
        word = _FORWARD[self._run.forward[step.id].status]
        undo: StepState | None = self._run.undo.get(step.id)
        if undo is not None and undo.status is not Status.PENDING:
            word = _UNDO.get(undo.status, StepWord.UNDOING)
        if word is StepWord.WAITING and self._run.stopping:
            word, ended = StepWord.LEFT, self._run.returning_us
        if word is StepWord.PENDING and self._ready(step):
            word, began = StepWord.LOOKING, self._run.ready_us.get(step.id)
        return StepShot(step.id, step.kind, step.phase, word, began, ended)

    def _ready(self, step: PlannedStep) -> bool:
        """Say whether a step is being looked at: a check leaves no event before it holds."""
        run = self._run
        return not run.stopping and step.id in run.ready_us and step.phase is run.current_phase()

    def _waiting(self) -> list[Waiting]:
        found = []
        for step in self._plan.steps:
            states = [self._run.forward[step.id], self._run.undo.get(step.id)]
            statuses = [s.status for s in states if s is not None]
            if Status.HELD in statuses:
                question = self._questions.get(step.id, "")
                command = f"dr resolve {self._run.id} {step.id} happened|not-happened|retry"
                found.append(Waiting(step.id, question, command))
            elif statuses[0] is Status.OPENED and step.prompt and not self._run.stopping:
                found.append(
                    Waiting(step.id, step.prompt, f"dr approve|deny {self._run.id} {step.id}")
                )
        return found

    def _recovered(
        self, samples: Mapping[str, Sequence[Sample]], fault_us: int | None
    ) -> int | None:
        """Return when the judged probe was first back and has stayed so, as far as can be seen.

        Provisional, for the clock on the screen; the figure that is judged is measured afterwards.
        """
        rto = self._plan.objectives.rto
        if rto is None or fault_us is None:
            return None
        ups: list[Sample] = []  # the good ones at the end, the latest first
        for sample in reversed(samples.get(rto.probe, ())):
            late = self._run.returning_us is not None and sample.sent_us > self._run.returning_us
            if late or sample.state is State.UNKNOWN:
                continue
            if sample.sent_us < fault_us:
                return None  # it was never seen to be down
            if sample.state is State.DOWN:
                break
            ups.append(sample)
        else:
            return None
        held = len(ups) >= rto.ups and ups[0].done_us - ups[-1].done_us >= rto.hold.us
        return ups[-1].done_us if held else None
