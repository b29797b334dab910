"""From an experiment template of AWS Fault Injection Service.

Actions with a kind of our own become steps of `disrupt`, in the order that `startAfter` gives;
stop conditions become guards. What is chosen by tag has to be named: a drill says what it touches.

Limits:  an action of FIS ends by itself after its duration; a step of ours lasts until the return.
         An action that draws some of its targets at random is a gap: a drill touches what it names.
Source:  AWS FIS User Guide, "Experiment template components", "Actions reference"; AWS FIS API
         Reference, CreateExperimentTemplate, GetExperimentTemplate.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from dr.core.importing.outline import (
    ALARM,
    UNKNOWN,
    Entry,
    Inexpressible,
    Outline,
    Told,
    iso_length,
    listing,
    mapping,
    resource,
    text,
    wait_step,
)
from dr.core.positions import Path
from dr.model.base import Json

WAIT: Final = "aws:fis:wait"
_ENDS: Final = ("duration", "startInstancesAfterDuration")
ASSERT: Final = "aws:cloudwatch:assert-alarm-state"

NEAREST: Final = {
    "aws:elasticache:": "the nearest is aws.elasticache.failover, which stops no node for long",
    "aws:ssm:": "the nearest is command.run, with a script that starts it and waits",
    "aws:ecs:": "the nearest is command.run, with a script of yours",
    "aws:eks:": "the nearest is command.run, with kubectl",
    "aws:dynamodb:": "the nearest are aws.dynamodb.delete_items and a restore",
    "aws:s3:": "the nearest are aws.s3.delete_objects and aws.s3.overwrite_objects",
    "aws:network:": "the nearest is aws.ec2.zone_blackhole, which cuts all of a zone off",
}
"""What comes near, for actions without a kind of their own."""


@dataclass(slots=True)
class Asked:
    """One action of a template, with what it is aimed at."""

    name: str
    path: Path
    params: dict[str, JsonValue]
    aimed: dict[str, JsonValue]  # key of the action, such as Clusters → name of a target
    targets: dict[str, JsonValue]
    told: Told
    missing: list[tuple[str, Path]] = field(default_factory=list)

    def target(self, key: str) -> tuple[str, dict[str, JsonValue]]:
        """Return name and definition of what the action is aimed at. Raises Inexpressible."""
        name = self.aimed.get(key)
        if not isinstance(name, str) or not mapping(self.targets.get(name)):
            raise Inexpressible(f"it is aimed at no target as `{key}`")
        return name, mapping(self.targets[name])

    def names(self, key: str) -> list[str]:
        """Return the names of the resources it is aimed at; UNKNOWN if a person must say."""
        name, target = self.target(key)
        if name in self.told.targets:
            return [text(self.told.targets[name], "what --target says")]
        arns = [one for one in listing(target.get("resourceArns")) if isinstance(one, str)]
        mode = target.get("selectionMode", "ALL")
        if arns and (mode == "ALL" or len(arns) == 1):
            return [text(resource(arn), "the name of a target") for arn in dict.fromkeys(arns)]
        how = f"draws {mode} of {len(arns)}" if arns else "chooses by tag or filter"
        return [self.lack(f"FIS {how}; name one with --target {name}=ID", name)]

    def lack(self, why: str, target: str) -> str:
        """Note that a name is missing, and return what stands for it."""
        self.missing.append((why, ("targets", target)))
        return UNKNOWN


def _failover(asked: Asked) -> list[tuple[str, Json]]:
    return [("aws.rds.failover", {"cluster": name}) for name in asked.names("Clusters")]


def _reboot(asked: Asked) -> list[tuple[str, Json]]:
    if str(asked.params.get("forceFailover", "")).lower() != "true":
        raise Inexpressible("a reboot without failover is no kind of step")
    return [("aws.rds.reboot_failover", {"instance": name}) for name in asked.names("DBInstances")]


def _stop(asked: Asked) -> list[tuple[str, Json]]:
    return [("aws.ec2.stop_instance", {"instance": name}) for name in asked.names("Instances")]


def _disconnect(asked: Asked) -> list[tuple[str, Json]]:
    if asked.params.get("scope") != "all":
        scope = asked.params.get("scope")
        raise Inexpressible(f"scope {scope!s:.40} cuts less off than aws.ec2.zone_blackhole would")
    name, target = asked.target("Subnets")
    told = mapping(target.get("parameters"))
    filters = {
        one["path"]: listing(one.get("values"))
        for one in map(mapping, listing(target.get("filters")))
        if isinstance(one.get("path"), str)
    }
    zones = [told.get("availabilityZoneIdentifier"), *filters.get("AvailabilityZone", [])]
    zone = next((one for one in zones if isinstance(one, str) and one), None)
    vpcs = [asked.told.targets.get(name), told.get("vpc"), *filters.get("VpcId", [])]
    vpc = next((one for one in vpcs if isinstance(one, str) and one), None)
    if zone is None:
        zone = asked.lack("the zone of the subnets is not said", name)
    if vpc is None:
        vpc = asked.lack(f"the VPC is not said: --target {name}=vpc-ID", name)
    if target.get("resourceTags") or target.get("resourceArns"):
        why = "FIS cuts off some subnets of the zone, aws.ec2.zone_blackhole all of them"
        asked.missing.append((why, ("targets", name)))
    params: Json = {"vpc": text(resource(vpc), "the VPC"), "zone": text(zone, "the zone")}
    return [("aws.ec2.zone_blackhole", params)]


ACTIONS: Final[dict[str, Callable[[Asked], list[tuple[str, Json]]]]] = {
    "aws:ec2:stop-instances": _stop,
    "aws:rds:failover-db-cluster": _failover,
    "aws:rds:reboot-db-instances": _reboot,
    "aws:network:disrupt-connectivity": _disconnect,
}
"""Action of FIS → the steps that do the same. One line, one action."""


def of_template(data: JsonValue, told: Told) -> Outline | None:
    """Return what an experiment template says; None if it is none."""
    template = mapping(data)
    base: Path = ()
    if "experimentTemplate" in template:  # as `aws fis get-experiment-template` prints it
        template, base = mapping(template["experimentTemplate"]), ("experimentTemplate",)
    actions = mapping(template.get("actions"))
    if not actions:
        return None
    outline = Outline("an experiment template of AWS FIS")
    outline.title = str(template.get("description") or "")
    targets = mapping(template.get("targets"))
    _places(template, targets, outline, base)
    _stop_conditions(template, outline, base)
    outline.place(template.get("roleArn"))
    ends: dict[str, list[str]] = {}
    for name in _in_order(actions, outline, base):
        action = mapping(actions[name])
        path = (*base, "actions", name)
        before = [
            end for one in listing(action.get("startAfter")) for end in ends.get(str(one), [])
        ]
        params, aimed = mapping(action.get("parameters")), mapping(action.get("targets"))
        asked = Asked(name, path, params, aimed, targets, told)
        ends[name] = _steps(action, asked, before, outline, base) or before
    return outline


def _steps(
    action: dict[str, JsonValue], asked: Asked, before: list[str], outline: Outline, base: Path
) -> list[str]:
    """Add the steps of one action; return their ids."""
    kind = action.get("actionId")
    if kind == ASSERT:
        _assertion(asked, outline)
        return []
    try:
        steps = _of_action(str(kind), asked, outline)
    except Inexpressible as why:
        outline.gap("disrupt", f"`{asked.name}` ({kind!s:.80}): {why}", asked.path)
        return []
    for why_not, path in asked.missing:
        outline.gap("disrupt", f"`{asked.name}` ({kind!s:.80}): {why_not}", (*base, *path))
    ends = []
    for data in steps:
        above = [str(outline.disrupt[-1].data["id"])] if outline.disrupt else []
        if before != above:
            data["after"] = [*before]
        notes = [f"{asked.name}: {kind}"]
        ends_after = (asked.params.get(name) for name in _ENDS)
        length = next(filter(None, map(iso_length, ends_after)), None)
        if length is not None and kind != WAIT:
            notes.append(f"FIS would end this after {length}; here it lasts until the return")
        outline.disrupt.append(Entry(data, tuple(notes)))
        ends.append(str(data["id"]))
    return ends


def _of_action(kind: str, asked: Asked, outline: Outline) -> list[Json]:
    """Return the steps of one action. Raises Inexpressible."""
    if kind == WAIT:
        length = iso_length(asked.params.get("duration"))
        if length is None:
            raise Inexpressible("its duration is not of the form PT5M")
        return [wait_step(outline.id(asked.name), length)]
    convert = ACTIONS.get(kind)
    if convert is None:
        near = next((said for start, said in NEAREST.items() if kind.startswith(start)), "")
        raise Inexpressible("; ".join(filter(None, ["there is no kind of step for it", near])))
    made = convert(asked)
    return [
        {"id": outline.id(asked.name), "kind": own, "site": "primary", "within": "15m", "with": of}
        for own, of in made
    ]


def _places(
    template: dict[str, JsonValue], targets: dict[str, JsonValue], outline: Outline, base: Path
) -> None:
    """Take account and Region from what the template is aimed at; a drill gets one site of it."""
    for name, target in targets.items():
        for arn in listing(mapping(target).get("resourceArns")):
            if not outline.place(arn):
                why = f"target `{name}` is in another account or Region: it needs a site of its own"
                outline.gap("sites", why, (*base, "targets", name))
    if mapping(template.get("experimentOptions")).get("accountTargeting") == "multi-account":
        why = "it acts in several accounts: each needs a site, with steps of its own"
        outline.gap("sites", why, (*base, "experimentOptions"))


def _stop_conditions(template: dict[str, JsonValue], outline: Outline, base: Path) -> None:
    for index, one in enumerate(map(mapping, listing(template.get("stopConditions")))):
        if one.get("source") == "none":
            continue
        if not _guard(one.get("value"), outline):
            path = (*base, "stopConditions", index)
            outline.gap("guards", "a stop condition that is no CloudWatch alarm by ARN", path)


def _assertion(asked: Asked, outline: Outline) -> None:
    """Take an assertion that alarms are OK for a guard: FIS, too, stops when it does not hold."""
    arns = str(asked.params.get("alarmArns", "")).split(",")
    are_ok = asked.params.get("alarmStates") == "OK"
    guarded = [are_ok and _guard(arn.strip(), outline) for arn in arns]
    if not all(guarded):
        why = "only that alarms, named by ARN, are OK can be asserted, by a guard"
        outline.gap("guards", f"`{asked.name}` ({ASSERT}): {why}", asked.path)


def _guard(arn: JsonValue, outline: Outline) -> bool:
    """Add a guard for an alarm; say whether it is one."""
    match = ALARM.fullmatch(arn) if isinstance(arn, str) else None
    if match is None or not match[3].isprintable():
        return False
    outline.place(arn)
    entry = Entry({"alarm": match[3], "site": "primary"})
    if entry not in outline.guards:
        outline.guards.append(entry)
    return True


def _in_order(actions: dict[str, JsonValue], outline: Outline, base: Path) -> list[str]:
    """Return the names of actions, each after what it waits for; those of a circle last."""
    waits = {
        name: {str(one) for one in listing(mapping(action).get("startAfter"))} & set(actions)
        for name, action in actions.items()
    }
    done: list[str] = []
    while ready := [name for name in waits if name not in done and waits[name] <= set(done)]:
        done += ready
    circle = [name for name in waits if name not in done]
    if circle:
        why = "these actions start after each other in a circle; the order is yours to say"
        outline.gap("disrupt", f"{', '.join(circle)[:200]}: {why}", (*base, "actions", circle[0]))
    return [*done, *circle]
