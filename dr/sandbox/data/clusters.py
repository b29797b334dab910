"""Who is writer, who follows whom, what was acknowledged and what of that was lost.

The same for real PostgreSQL and for the store in memory; the two differ only in how a node is
started, killed, promoted and asked.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from dr.sandbox.data.ledger import Ack, Ledger
from dr.sandbox.data.truth import TruthLog, now_us
from dr.sandbox.world import Times

_DRAIN_S = 2.0  # writes that were under way at a crash end within this


class Role(Enum):
    """What a node is at the moment."""

    WRITER = "writer"
    READER = "reader"
    DOWN = "down"


@dataclass
class Node:
    """One database instance. `upstream`: the node it replicates from; None for a writer."""

    instance: str
    cluster: str
    role: Role
    upstream: "Node | None" = None
    writes: int = 0  # under way
    idle: threading.Condition = field(default_factory=threading.Condition)


class Clusters(ABC):
    """`dr.sandbox.world.Database`, but for what a node is made of.

    One change of roles at a time: `fail_over` and `promote` wait for each other, and for the old
    writer's rejoining if they need it. Errors: ValueError for a change that makes no sense with
    the roles as they are; nothing has been touched then. TimeoutError if a node does not do what
    it should in time.
    """

    real = False

    def __init__(self, times: Times, truth: TruthLog) -> None:
        """Start nothing. `times` is read anew at each use."""
        self._times = times
        self._truth = truth
        self._nodes: dict[str, Node] = {}
        self._ledger = Ledger(truth)
        self._roles = threading.RLock()
        self._stopping = threading.Event()
        self._background: list[threading.Thread] = []

    # What a node is made of.
    @abstractmethod
    def _launch(self, nodes: list[Node]) -> None:
        """Start the first nodes, the writer first, and wait until they follow."""

    @abstractmethod
    def _kill(self, node: Node) -> None:
        """Crash a node: it and everything it had not sent is gone when this returns."""

    @abstractmethod
    def _cut(self, node: Node, *, crashed: bool) -> None:
        """Part a node from its upstream. What is on its way is dropped.

        crashed: the upstream died; without lag, what it had sent still arrives.
        """

    @abstractmethod
    def _open_for_writes(self, node: Node) -> None:
        """Make a follower writable; returns when it is."""

    @abstractmethod
    def _follow(self, node: Node) -> None:
        """Let a node follow its upstream, made anew from it if it must be."""

    @abstractmethod
    def _alive(self, node: Node) -> bool:
        """Say whether the node is there, at next to no cost."""

    @abstractmethod
    def _insert(self, node: Node, run: str, seq: int, sent_us: int) -> None:
        """Commit one mark. Raises OSError."""

    @abstractmethod
    def _everything(self, node: Node) -> set[tuple[str, int]]:
        """Return all marks on a node as (run, seq)."""

    @abstractmethod
    def _halt(self) -> None:
        """Stop all nodes and leave nothing behind."""

    # The Database protocol.
    def start(self, writer: str, readers: list[str], replicas: list[str]) -> None:
        """Start one node per instance and wait until replication streams."""
        first = Node(writer, "first", Role.WRITER)
        near = [Node(name, "first", Role.READER, first) for name in readers]
        far = [Node(name, "second", Role.READER, first) for name in replicas]
        nodes = [first, *near, *far]
        self._stopping.clear()
        try:
            self._launch(nodes)
        except BaseException:
            self._halt()
            raise
        self._nodes = {node.instance: node for node in nodes}
        self._truth("database.started", writer, real=self.real, readers=readers, replicas=replicas)

    def stop(self) -> None:
        """Stop everything and leave no process and no thread."""
        self._stopping.set()
        for thread in list(self._background):
            thread.join()
        with self._roles:
            self._halt()
            self._nodes = {}

    def fail_over(self, old: str, new: str) -> None:
        """Kill the writer as a crash would, make `new` the writer; blocks until it takes writes."""
        self._await_rejoining()
        with self._roles:
            before, after = self._node(old), self._node(new)
            if before.role is not Role.WRITER:
                raise ValueError(f"{old} is not a writer but {before.role.value}")
            if after.role is not Role.READER or after.cluster != before.cluster:
                raise ValueError(f"{new} is not a reader of the cluster of {old}")
            followers = [node for node in self._nodes.values() if node.upstream is before]
            self._crash(before, followers)
            acked = self._ledger.of(before.cluster)
            self._pause(self._times.failover)
            self._make_writer(after, acked, cause="failover")
        self._later(lambda: self._regroup(after, followers, before))

    def promote(self, replica: str) -> None:
        """Cut the replica off from its source and make it writable; blocks until it is."""
        with self._roles:
            node = self._node(replica)
            source = node.upstream
            if source is None or source.cluster == node.cluster:
                raise ValueError(f"{replica} is not a replica of another cluster")
            self._cut(node, crashed=False)
            node.upstream = None
            self._truth("database.cut", replica, source=source.instance)
            self._pause(self._times.promote)
            self._make_writer(node, self._ledger.of(source.cluster), cause="promotion")
            mates = [
                mate
                for mate in self._nodes.values()
                if mate.cluster == node.cluster and mate is not node and mate.role is Role.READER
            ]
        if mates:
            self._later(lambda: self._regroup(node, mates, None))

    def write(self, instance: str, run: str, seq: int, sent_us: int) -> None:
        """Commit one mark on the node. Raises OSError if it is not writable or not there."""
        node = self._there(instance)
        with self._writing(node):
            self._insert(node, run, seq, sent_us)
            self._ledger.add(node.cluster, Ack(run, seq, sent_us, now_us()), instance)

    def writable(self, instance: str) -> bool:
        """Say whether the node takes writes now, without asking it."""
        node = self._nodes.get(instance)
        return node is not None and node.role is Role.WRITER and self._alive(node)

    # How roles change.
    def _crash(self, node: Node, followers: list[Node]) -> None:
        at_us = now_us()
        node.role = Role.DOWN
        self._truth.note("database.killed", node.instance, at_us, {})
        self._kill(node)
        for follower in followers:
            self._cut(follower, crashed=True)
        self._drain(node)

    def _drain(self, node: Node) -> None:
        # What was answered just before a crash must be on the ledger before losses are counted.
        with node.idle:
            node.idle.wait_for(lambda: node.writes == 0, timeout=_DRAIN_S)

    def _make_writer(self, node: Node, acked: list[Ack], *, cause: str) -> None:
        self._open_for_writes(node)
        survivors = self._everything(node)
        node.upstream = None
        lost = self._ledger.settle(node.cluster, acked, survivors)
        node.role = Role.WRITER
        self._truth("database.promoted", node.instance, cause=cause, lost=len(lost))

    def _regroup(self, writer: Node, followers: list[Node], old: Node | None) -> None:
        """Let the others follow a new writer, and in the end the old one, too."""
        for node in followers:
            if node is not writer:
                self._rejoin(node, writer)
        if old is not None:
            self._pause(self._times.rejoin)
            self._rejoin(old, writer)

    def _rejoin(self, node: Node, writer: Node) -> None:
        with self._roles:
            if self._stopping.is_set() or writer.role is not Role.WRITER:
                return
            cluster = [other for other in self._nodes.values() if other.cluster == node.cluster]
            if node.cluster != writer.cluster and any(o.role is Role.WRITER for o in cluster):
                return  # promoted meanwhile: that cluster follows nobody any more
            node.upstream = writer
            self._follow(node)
            node.role = Role.READER
        self._truth("database.rejoined", node.instance, writer=writer.instance)

    def _await_rejoining(self) -> None:
        for thread in list(self._background):
            thread.join()

    def _later(self, job: Callable[[], None]) -> None:
        def work() -> None:
            try:
                job()
            except Exception as error:  # noqa: BLE001 - a thread has nobody above it to tell
                if not self._stopping.is_set():
                    self._truth("sandbox.error", "database", error=repr(error))
            finally:
                self._background.remove(threading.current_thread())

        thread = threading.Thread(target=work, name="database-regroup", daemon=True)
        self._background.append(thread)
        thread.start()

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise TimeoutError("the database is being stopped")

    def _lag(self, node: Node) -> float:
        """Seconds by which a follower lags, as of now."""
        if node.upstream is not None and node.upstream.cluster != node.cluster:
            return self._times.replication_lag
        return self._times.reader_lag

    def _node(self, instance: str) -> Node:
        node = self._nodes.get(instance)
        if node is None:
            raise ValueError(f"no such database instance: {instance}")
        return node

    def _there(self, instance: str) -> Node:
        node = self._nodes.get(instance)
        if node is None or node.role is Role.DOWN:
            raise ConnectionRefusedError(f"{instance} is not there")
        return node

    @contextmanager
    def _writing(self, node: Node) -> Iterator[None]:
        with node.idle:
            node.writes += 1
        try:
            yield
        finally:
            with node.idle:
                node.writes -= 1
                node.idle.notify_all()
