"""EC2 instances: starting takes time, one client token makes one instance, an image has content.

AWS: an instance is `pending` for a while, then `running`; RunInstances with the same client token
answers with the same instance; what was installed on an instance is in the images made of it, and
in their copies, and so on what is built from those.
moto: instances run at once; tokens are ignored; images have no content.
Still simplified: stopping and terminating are done at once, images are made at once; instances of
Auto Scaling groups take their time elsewhere (`dr.sandbox.patches.autoscaling`); content is one
program, which was put on one instance. What is made before the estate is complete is there at once.
Source: Amazon EC2 API Reference, RunInstances, StartInstances, CopyImage; Amazon EC2 User Guide,
"Amazon EC2 instance state changes"; Amazon EC2 Developer Guide, "Ensuring idempotency".
"""

from typing import Any

from dr.sandbox.patches.ec2_requests import error, once
from dr.sandbox.patches.patching import Patch, patch
from dr.sandbox.sim import Sim


def apply(sim: Sim) -> None:
    """Patch moto's instances and images."""
    from moto.ec2.models.amis import AmiBackend
    from moto.ec2.responses.instances import InstanceResponse

    patch(sim, InstanceResponse, "run_instances", _run)
    patch(sim, InstanceResponse, "start_instances", _start)
    patch(sim, AmiBackend, "copy_image", _copy)


def carries(instance: Any, first: str) -> bool:
    """Say whether an instance has what was installed on the first one: by the image it is of."""
    seen: set[str] = set()
    while instance is not None and instance.id not in seen:
        if instance.id == first:
            return True
        seen.add(instance.id)
        image = instance.ec2_backend.amis.get(instance.image_id)
        origin = _made_of(image) if image is not None else None
        if origin == first:
            return True
        instance = instance.ec2_backend.get_instance_by_id(origin) if origin else None
    return False


def _made_of(image: Any) -> str | None:
    """Return the instance that an image, or the one it is a copy of, was made of."""
    origin: str | None = image.__dict__.get("_dr_made_of") or image.instance_id
    return origin


def _run(sim: Sim, original: Patch, self: Any) -> Any:
    def running() -> Any:
        answer = original(self)
        _pending(sim, answer.result.instances)
        return answer

    return once(sim, self, running)


def _start(sim: Sim, original: Patch, self: Any) -> Any:
    with sim.lock:
        found = [
            instance
            for id_ in self._get_param("InstanceIds", [])
            if (instance := self.ec2_backend.get_instance_by_id(id_)) is not None
        ]
        wrong = [i for i in found if i.state in {"shutting-down", "terminated"}]
        if wrong:  # moto starts them
            raise error("IncorrectInstanceState", f"{wrong[0].id} is {wrong[0].state}")
        stopped = [instance for instance in found if instance.state == "stopped"]
        answer = original(self)
        _pending(sim, stopped)
    return answer


def _pending(sim: Sim, instances: list[Any]) -> None:
    """Let instances start for a while."""
    if not sim.built:
        return
    for instance in instances:
        instance._state.name, instance._state.code = "pending", 0

    def starting() -> None:
        sim.lapse(lambda: sim.times.launch)
        with sim.lock:
            for instance in instances:
                if instance._state.name == "pending":
                    instance._state.name, instance._state.code = "running", 16

    sim.later("launch", starting)


def _copy(sim: Sim, original: Patch, self: Any, *args: Any, **named: Any) -> Any:
    from moto.ec2.models import ec2_backends

    copied = original(self, *args, **named)
    source = args[0] if args else named["source_image_id"]
    region = args[1] if len(args) > 1 else named["source_region"]
    copied._dr_made_of = _made_of(ec2_backends[self.account_id][region].amis[source])
    return copied
