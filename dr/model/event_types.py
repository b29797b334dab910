"""Every type of event: what a reader of a journal must know, and nothing else may be in one."""

from dr.model import event as ev

ALL: tuple[type[ev.Data], ...] = (
    ev.RunCreated,
    ev.RunAdopted,
    ev.ObserverStarted,
    ev.SamplesAnchored,
    ev.CheckBaselined,
    ev.ProbeProven,
    ev.WatchdogArmed,
    ev.WatchdogDisarmed,
    ev.StepIntended,
    ev.StepRequested,
    ev.StepSettled,
    ev.StepFailed,
    ev.StepDoubted,
    ev.StepReconciled,
    ev.StepHeld,
    ev.StepResolved,
    ev.StepKept,
    ev.GateOpened,
    ev.DecisionRecorded,
    ev.GuardTripped,
    ev.StopRequested,
    ev.NoteAdded,
    ev.WarningRaised,
    ev.ArtifactRecorded,
    ev.ReturnBegan,
    ev.RunClosed,
)
BY_TYPE: dict[str, type[ev.Data]] = {data.type: data for data in ALL}
