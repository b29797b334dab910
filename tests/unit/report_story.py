"""The events of the runs that the report tests render."""

from dataclasses import dataclass, field

from dr.model import event as ev
from dr.model.base import Json
from dr.model.event import Call, Data, Event, Way
from tests.unit.report_world import RUN, at, rfc3339


@dataclass
class Story:
    """Events in order; `tell` adds one at so many seconds after the fault."""

    simulated: bool = False
    events: list[Event] = field(default_factory=list)

    def tell(self, seconds: float, data: Data) -> None:
        seq = len(self.events) + 1
        mono = at(seconds)
        self.events.append(
            Event(
                run=RUN,
                epoch=1,
                seq=seq,
                prev=f"{seq:064x}",
                t=rfc3339(mono),
                mono_us=mono,
                data=data,
            )
        )

    def begin(self) -> None:
        self.tell(
            -30,
            ev.RunCreated(
                drill="orders-zone-loss",
                plan_sha256="9d3e01aa" * 8,
                tool="dr 0.4.0",
                simulated=self.simulated,
                started_by="arn:aws:sts::123456789012:assumed-role/dr-operator/maria@example.com",
            ),
        )
        self.tell(-29.9, ev.RunAdopted(owner="runner-1:4711:ab12", boot_id="b", why="start"))
        self.tell(-29.7, ev.ObserverStarted(pid=4712, spec_sha256="aa" * 32, until_us=at(3600)))
        self.tell(-5, ev.CheckBaselined(step="capacity", seen={}, looked_us=(at(-5.2), at(-5))))

    def act(self, step_id: str, change: Json, times: tuple[float, float], way: Way) -> None:
        """Ask for a change and see it settle. times: asked, settled."""
        asked, settled = times
        undo = {"from": change.get("to"), "to": change.get("from")}
        self.tell(
            asked - 0.05,
            ev.StepIntended(
                step=step_id, way=way, params={}, change=change, undo=undo, token="t" * 32
            ),
        )
        call = Call(
            service="ec2" if step_id == "dark-zone" else "autoscaling",
            operation="ReplaceNetworkAclAssociation"
            if step_id == "dark-zone"
            else "UpdateAutoScalingGroup",
            request_id=f"7f3c2a1e-{abs(hash_of(step_id, way)) % 10**4:04d}-4d1b-9c55-0242ac120002",
            status=200,
        )
        self.tell(
            asked + 0.35,
            ev.StepRequested(
                step=step_id,
                way=way,
                sent_us=at(asked),
                answered_us=at(asked + 0.34),
                calls=(call,),
            ),
        )
        self.tell(
            settled,
            ev.StepSettled(
                step=step_id,
                way=way,
                noop=False,
                looked_us=(at(settled - 1.1), at(settled)),
                seen={},
                facts={},
            ),
        )

    def gate(self, opened: float, answered: float, answer: str = "approve") -> None:
        self.tell(opened, ev.GateOpened(step="go", prompt="Zone 1 is dark. Evacuate?"))
        self.tell(
            answered,
            ev.DecisionRecorded(
                step="go",
                answer=answer,
                who="jonas@example.com",
                message="Dashboards agree, go." if answer == "approve" else "Not now.",
                inbox="1",
            ),
        )
        if answer == "approve":
            self.tell(
                answered + 0.1,
                ev.StepSettled(
                    step="go",
                    way=Way.FORWARD,
                    noop=False,
                    looked_us=(at(opened), at(answered)),
                    seen={},
                    facts={"answer": "approve"},
                ),
            )


def hash_of(step_id: str, way: Way) -> int:
    """Return a number that is the same in every process."""
    return sum(ord(c) * (n + 7) for n, c in enumerate(step_id + way.value))


DARK: Json = {
    "vpc": "vpc-0a1b2c3d4e5f60718",
    "zone": "use1-az1",
    "old_acl": "acl-0f00dfeed00000001",
    "new_acl": "acl-dr-0007-9c1f2b3a4d",
    "subnets": ["subnet-0aaa1111bbbb2222c", "subnet-0ddd3333eeee4444f"],
}
LEAVE: Json = {
    "group": "orders-web",
    "from": {"zones": ["use1-az1", "use1-az2", "use1-az4"], "desired": 6},
    "to": {"zones": ["use1-az2", "use1-az4"], "desired": 6},
}


def told(*, simulated: bool, end: float, verified: float = 172) -> Story:
    """Tell the run up to and with its return, as planned."""
    story = Story(simulated)
    story.begin()
    story.act("dark-zone", DARK, (0, 1.9), Way.FORWARD)
    story.gate(4, 63)
    story.act("evacuate", LEAVE, (64, 141), Way.FORWARD)
    story.tell(
        verified,
        ev.StepSettled(
            step="capacity",
            way=Way.FORWARD,
            noop=False,
            looked_us=(at(verified - 1), at(verified)),
            seen={},
            facts={
                "why": "6 of 6 targets are healthy, 2 were asked for",
                "level": 5,
                "compared": 6,
            },
        ),
    )
    story.tell(end - 60, ev.ReturnBegan(why="every step was taken"))
    return story


def close(
    story: Story, end: float, *, ending: str = "completed", left: tuple[str, ...] = ()
) -> None:
    story.tell(
        end - 1,
        ev.SamplesAnchored(file="samples/storefront.csv", bytes=81_233, sha256="be" * 32),
    )
    story.tell(end, ev.RunClosed(ending=ending, left=left))


def completed(*, simulated: bool, end: float, verified: float = 172) -> tuple[Event, ...]:
    """Tell a run that took every step and put everything back."""
    story = told(simulated=simulated, end=end, verified=verified)
    back = {"group": "orders-web", "from": LEAVE["to"], "to": LEAVE["from"]}
    story.act("evacuate", back, (end - 58, end - 36), Way.UNDO)
    story.act("dark-zone", DARK, (end - 35, end - 32.5), Way.UNDO)
    close(story, end)
    return tuple(story.events)
