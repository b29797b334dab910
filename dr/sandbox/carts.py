"""The marks of the carts: items of a global table, written to the Region's own replica.

A node is one replica, named `TABLE@REGION`. What is acknowledged is on the sandbox's record;
nothing is ever lost for good, since each replica gets all writes in the end.
"""

from typing import Any

from dr.sandbox.backends import backend
from dr.sandbox.data.truth import TruthLog, now_us

CARTS = "orders-carts"
HEALTH = "health"


def node(region: str, table: str) -> str | None:
    """Return the replica of a table in a Region; None: there is none."""
    return f"{table}@{region}" if table in backend("dynamodb", region).tables else None


class Carts:
    """`dr.sandbox.world.Writes` over moto's tables."""

    def __init__(self, truth: TruthLog) -> None:
        """Write nothing yet."""
        self._truth = truth

    def write(self, instance: str, run: str, seq: int, sent_us: int) -> None:
        """Put one mark. Raises OSError if the table is not to be had."""
        item = {"pk": {"S": _key(run, seq)}, "run": {"S": run}, "seq": {"N": str(seq)}}
        self._put(instance, item)
        facts: dict[str, object] = {"seq": seq, "sent_us": sent_us, "node": instance}
        self._truth.note("write.acked", run, now_us(), facts)

    def read(self, instance: str, run: str) -> list[int]:
        """Return the numbers of a run's marks in the replica. Raises OSError."""
        table = _table(instance)
        items = [one.attrs for one in list(table.items.values())]
        return sorted(
            int(attrs["seq"].value)
            for attrs in items
            if "run" in attrs and attrs["run"].value == run
        )

    def delete(self, instance: str, run: str) -> None:
        """Delete a run's marks from the replica, and so from all. Raises OSError."""
        for seq in self.read(instance, run):
            key = {"pk": {"S": _key(run, seq)}}
            _backend(instance).delete_item(_table(instance).name, key)

    def ping(self, instance: str) -> None:
        """Write the item that is there for it. Raises OSError."""
        self._put(instance, {"pk": {"S": HEALTH}})

    def writable(self, instance: str) -> bool:
        """Say whether there is such a replica."""
        name, _, region = instance.partition("@")
        return name in backend("dynamodb", region).tables

    def _put(self, instance: str, item: dict[str, Any]) -> None:
        name = _table(instance).name
        _backend(instance).put_item(name, item, overwrite=True)


def _backend(instance: str) -> Any:
    return backend("dynamodb", instance.partition("@")[2])


def _table(instance: str) -> Any:
    found = _backend(instance).tables.get(instance.partition("@")[0])
    if found is None:
        raise ConnectionRefusedError(f"{instance} is not there")
    return found


def _key(run: str, seq: int) -> str:
    return f"cart#{run}#{seq:010d}"
