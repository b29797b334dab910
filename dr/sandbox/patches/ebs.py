"""EBS volumes: they take time, keep to their zone, and have the content of their snapshots.

AWS: a volume is `creating`, then `available`; attachments are `attaching` and `detaching` for a
while; a volume in another zone, in use, or for a device in use is not attached; one whose file
system is mounted stays `busy` unless its detachment is forced. CreateVolume with the same client
token makes one volume. The blocks of a volume made from a snapshot are loaded when they are first
read, and in the background; DescribeVolumeStatus says how far that is.
moto: everything is there at once, wherever it is; tokens are ignored; DescribeVolumeStatus is not
implemented; of content it knows the blocks of snapshots written through the EBS direct API only.
Still simplified: snapshots are made at once and nothing is ever written to a volume; a volume with
content counts as mounted while its instance runs; a `rate` is kept, not kept to; deleting is done
at once; multi-attach, encryption and limits are moto's. Volumes made with an instance are loaded.
Source: Amazon EC2 API Reference, CreateVolume, AttachVolume, DetachVolume, DescribeVolumeStatus,
"Error codes for the Amazon EC2 API"; Amazon EBS User Guide, "Initialize Amazon EBS volumes".
"""

from collections.abc import Callable, Mapping
from typing import Any

from dr.sandbox.patches.ec2_requests import error, once
from dr.sandbox.patches.patching import Patch, patch, patch_property
from dr.sandbox.sim import Sim

_SLOWEST, _FASTEST = 100, 300  # MiB/s, of a provisioned rate
_WHOLE = 100


def apply(sim: Sim) -> None:
    """Patch moto's volumes."""
    from moto.ec2.models.elastic_block_store import EBSBackend, Volume, VolumeAttachment
    from moto.ec2.responses.elastic_block_store import ElasticBlockStore

    # Requests only: moto makes and attaches the volumes of new instances by the backend's methods.
    patch(sim, ElasticBlockStore, "create_volume", _create)
    patch(sim, ElasticBlockStore, "attach_volume", _attach)
    patch(sim, ElasticBlockStore, "detach_volume", _detach)
    patch(sim, ElasticBlockStore, "delete_volume", _delete)
    patch(sim, ElasticBlockStore, "describe_volume_status", _status)
    patch_property(sim, Volume, "status", _state)
    patch(sim, EBSBackend, "create_snapshot", _snapshot)
    patch(sim, EBSBackend, "copy_snapshot", _copy)

    def attachment(self: Any) -> str:
        return "attaching" if _young(sim, self) else str(self._dr_status)

    def set_attachment(self: Any, value: str) -> None:
        self._dr_status = value

    VolumeAttachment.status = property(attachment, set_attachment)  # type: ignore[assignment]


def attached(instance: Any, device: str) -> Any | None:
    """Return the volume that an instance can use at a device; None: there is none."""
    mapped = instance.block_device_mapping.get(device)
    volume = instance.ec2_backend.volumes.get(mapped.volume_id) if mapped is not None else None
    held = volume.attachment if volume is not None else None
    return volume if held is not None and held.status in {"attached", "busy"} else None


def blocks(volume: Any) -> Mapping[int, bytes]:
    """Return what is on a volume: what was in the snapshot it was made from."""
    if "_dr_blocks" not in volume.__dict__:
        snapshot = volume.ec2_backend.snapshots.get(volume.snapshot_id)
        volume._dr_blocks = _blocks_of(snapshot) if snapshot is not None else {}
    found: Mapping[int, bytes] = volume._dr_blocks
    return found


def reader(sim: Sim, volume: Any) -> Callable[[int], float]:
    """Return what is to be told of each block read, and says how long the reading takes."""

    def read(number: int) -> float:
        if number in _loaded(sim, volume):
            return 0.0
        volume._dr_read.add(number)
        return sim.times.first_read

    return read


def _loaded(sim: Sim, volume: Any) -> set[int]:
    """Return the blocks that have been loaded: in the background, in their order, or by reading."""
    known = sorted(blocks(volume))
    since = volume.__dict__.get("_dr_since")
    if since is None or sim.times.hydrate <= 0:
        return set(known)
    share = min(1.0, (sim.now() - since) / sim.times.hydrate)
    return {*known[: int(share * len(known))], *volume._dr_read}


def _blocks_of(snapshot: Any) -> Mapping[int, bytes]:
    from moto.ebs.models import ebs_backends

    backend = snapshot.ec2_backend
    written = ebs_backends[backend.account_id][backend.region_name].snapshots.get(snapshot.id)
    if written is not None:
        # Without the empty rest of each block: what is read a hundred times a second must be small.
        return {n: bytes(block.block_data).rstrip(b"\0") for n, block in written.blocks.items()}
    found: Mapping[int, bytes] = snapshot.__dict__.get("_dr_blocks", {})
    return found


def _snapshot(
    sim: Sim, original: Patch, self: Any, volume_id: str, *args: Any, **named: Any
) -> Any:
    snapshot = original(self, volume_id, *args, **named)
    snapshot._dr_blocks = blocks(snapshot.volume)
    return snapshot


def _copy(sim: Sim, original: Patch, self: Any, *args: Any, **named: Any) -> Any:
    from moto.ec2.models import ec2_backends

    copied = original(self, *args, **named)
    source = args[0] if args else named["source_snapshot_id"]
    region = args[1] if len(args) > 1 else named["source_region"]
    copied._dr_blocks = _blocks_of(ec2_backends[self.account_id][region].get_snapshot(source))
    return copied


def _state(sim: Sim, original: Patch, self: Any) -> str:
    return "creating" if _young(sim, self) else str(original(self))


def _young(sim: Sim, made: Any) -> bool:
    """Say whether what a request has made is still on its way."""
    at: float | None = made.__dict__.get("_dr_made_at")
    if at is not None and sim.now() >= at + sim.times.attach:
        made._dr_made_at = at = None  # for good, however long it takes others from now on
    return at is not None


def _create(sim: Sim, original: Patch, self: Any) -> Any:
    rate, snapshot = self._get_param("VolumeInitializationRate"), self._get_param("SnapshotId")
    if rate is not None and not (snapshot and _SLOWEST <= int(rate) <= _FASTEST):
        raise error("InvalidParameterCombination", f"no volume initialization rate of {rate}")

    def creating() -> Any:
        answer = original(self)
        volume = answer.result
        volume._dr_made_at = sim.now()
        if snapshot:
            volume._dr_since, volume._dr_read = sim.now(), set()
        volume.volume_initialization_rate = rate
        return answer

    return once(sim, self, creating)


def _attach(sim: Sim, original: Patch, self: Any) -> Any:
    volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    device = self._get_param("Device")
    with sim.lock:
        if volume.attachment is not None:
            raise error("VolumeInUse", f"{volume.id} is already attached to an instance")
        if volume.status != "available":
            raise error("IncorrectState", f"Volume '{volume.id}' is '{volume.status}'")
        if instance.state not in {"running", "stopped"}:
            raise error("IncorrectState", f"Instance '{instance.id}' is '{instance.state}'")
        if volume.availability_zone != instance.placement.zone:
            raise error(
                "InvalidVolume.ZoneMismatch",
                f"The volume '{volume.id}' is not in the same availability zone as instance "
                f"'{instance.id}'",
            )
        if device in instance.block_device_mapping:
            raise error("InvalidParameterValue", f"{device} is already in use")
        answer = original(self)
        attachment: Any = volume.attachment
        attachment._dr_made_at = sim.now()
    return answer


def _detach(sim: Sim, original: Patch, self: Any) -> Any:
    """Begin to let go; the volume is in use until that is done."""
    from moto.core.responses import ActionResult

    volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
    with sim.lock:
        held = volume.attachment
        if held is None or held.status not in {"attached", "busy"}:
            state = volume.status if held is None else held.status
            raise error("IncorrectState", f"Volume '{volume.id}' is in the '{state}' state")
        asked = {"InstanceId": held.instance.id, "Device": held.device}
        for name, value in asked.items():
            if self._get_param(name) not in {None, "", value}:
                raise error("InvalidAttachment.NotFound", f"{volume.id} is not attached there")
        mounted = bool(blocks(volume)) and held.instance.state == "running"
        held.status = (
            "busy" if mounted and not self._get_bool_param("Force", False) else "detaching"
        )
    if held.status == "detaching":
        sim.later("detachment", lambda: _let_go(sim, volume, held))
    return ActionResult({"VolumeId": volume.id, "State": held.status, **asked})


def _let_go(sim: Sim, volume: Any, held: Any) -> None:
    sim.lapse(lambda: sim.times.attach)
    with sim.lock:
        if volume.attachment is held:
            held.instance.block_device_mapping.pop(held.device, None)
            held.status = "detached"
            volume.attachment = None


def _delete(sim: Sim, original: Patch, self: Any) -> Any:
    volume = self.ec2_backend.get_volume(self._get_param("VolumeId"))
    with sim.lock:
        if volume.status == "creating":
            raise error("IncorrectState", f"Volume '{volume.id}' is 'creating'")
        return original(self)


def _status(sim: Sim, original: Patch, self: Any) -> Any:
    from moto.core.responses import ActionResult

    found = self.ec2_backend.describe_volumes(volume_ids=self._get_param("VolumeIds", []))
    return ActionResult({"VolumeStatuses": [_status_of(sim, volume) for volume in found]})


def _status_of(sim: Sim, volume: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "VolumeId": volume.id,
        "AvailabilityZone": volume.availability_zone,
        "VolumeStatus": {
            "Status": "ok",
            "Details": [{"Name": "io-enabled", "Status": "passed"}],
        },
    }
    if "_dr_since" in volume.__dict__:
        known = blocks(volume)
        provisioned = volume.volume_initialization_rate is not None
        said["InitializationStatusDetails"] = {
            "InitializationType": "provisioned-rate" if provisioned else "default",
            "Progress": _WHOLE * len(_loaded(sim, volume)) // len(known) if known else _WHOLE,
        }
    return said
