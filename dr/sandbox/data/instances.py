"""Databases beside the estate's cluster: a standby nobody can read, stops, copies of the past.

Always in memory: each restore would take a PostgreSQL server of its own. An instance is a cluster
of one, and a read replica follows the instance it was made of, with the lag of its Region; the
nodes of a cache are one cluster, and follow its primary with the lag of a cache.
"""

from collections.abc import Mapping

from dr.sandbox.data.clusters import Node, Role
from dr.sandbox.data.memory import MemoryDatabase
from dr.sandbox.data.truth import now_us

_LOOK_S = 0.01


class Instances(MemoryDatabase):
    """`dr.sandbox.world.Instances`."""

    def begin(
        self, sources: Mapping[str, str | None], clusters: Mapping[str, str] | None = None
    ) -> None:
        """Start the instances. sources: each with the one it is a read replica of, if any.

        clusters: of those that are more than one; any other is a cluster of its own.
        """
        of = clusters or {}
        nodes = {
            name: Node(name, of.get(name, name), Role.WRITER if source is None else Role.READER)
            for name, source in sources.items()
        }
        for name, source in sources.items():
            nodes[name].upstream = nodes[source] if source is not None else None
        self._launch(list(nodes.values()))
        self._nodes = nodes
        self._truth("database.started", "instances", real=self.real, instances=list(nodes))

    def has(self, instance: str) -> bool:
        """Say whether there is such an instance."""
        return instance in self._nodes

    def fail_to_standby(self, instance: str) -> None:
        """Kill the instance; its standby, which has all of it, takes over after a while."""
        self._down(instance)
        self._pause(self._times.failover)
        self._up(instance, "standby")

    def stop_instance(self, instance: str) -> None:
        """Let nobody connect any more."""
        self._down(instance)

    def start_instance(self, instance: str) -> None:
        """Let people connect again; nothing is lost."""
        self._up(instance, "start")

    def take_over(self, old: str, new: str, *, lossless: bool) -> None:
        """Make a replica in another Region the writer; the old one then follows it.

        lossless: the writer stops, and the replica gets all it had; else it is taken as it is.
        """
        self._await_rejoining()
        with self._roles:
            before, after = self._node(old), self._node(new)
            if before.role is not Role.WRITER or after.upstream is not before:
                raise ValueError(f"{new} does not follow {old}, or that is no writer")
            self._down(old)
            if lossless:
                self._arrive(after)
            self._cut(after, crashed=True)
            acked = self._ledger.of(before.cluster)
            self._pause(self._times.failover)
            self._make_writer(after, acked, cause="switchover" if lossless else "failover")
        self._later(lambda: self._regroup(after, [], before))

    def _arrive(self, node: Node) -> None:
        """Wait until everything that is on its way to a follower is there."""
        while self._pending(node):
            self._pause(_LOOK_S)

    def restore(self, instance: str, source: str, until_us: int) -> None:
        """Make a new instance with what `source` had at a moment (CLOCK_BOOTTIME)."""
        with self._roles:
            origin = self._node(source)
            node = Node(instance, instance, Role.WRITER)
            with self._lock:
                self._stores[instance] = self._store(origin).until(until_us)
            acked = self._ledger.of(origin.cluster)
            lost = self._ledger.settle(node.cluster, acked, self._everything(node))
            self._nodes[instance] = node
        self._truth("database.promoted", instance, cause="restore", lost=len(lost))

    def drop(self, instance: str) -> None:
        """Delete an instance, and all it has."""
        with self._roles:
            self._nodes.pop(instance, None)
            with self._lock:
                self._stores.pop(instance, None)

    def _lag(self, node: Node) -> float:
        if node.upstream is not None and node.upstream.cluster == node.cluster:
            return self._times.cache_lag
        return super()._lag(node)

    def _down(self, instance: str) -> None:
        with self._roles:
            node = self._node(instance)
            if node.role is not Role.WRITER:
                raise ValueError(f"{instance} is not a writer but {node.role.value}")
            at_us = now_us()
            node.role = Role.DOWN
            self._truth.note("database.killed", instance, at_us, {})
            self._drain(node)

    def _up(self, instance: str, cause: str) -> None:
        with self._roles:
            self._node(instance).role = Role.WRITER
        self._truth("database.promoted", instance, cause=cause, lost=0)
