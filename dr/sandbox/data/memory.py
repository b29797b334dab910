"""The orders database without PostgreSQL: the same roles, lags and losses, in memory.

A node is a list of operations and the rows they lead to. The writer's operations travel to each
follower with the lag of that follower; a crash or a cut drops what is still on its way.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from dr.sandbox.data.clusters import Clusters, Node, Role
from dr.sandbox.data.truth import now_us


@dataclass(frozen=True, eq=False)
class _Operation:
    """One change: a mark, or (seq None) the deletion of a run's marks."""

    run: str
    seq: int | None
    at_us: int = field(default_factory=now_us)


@dataclass
class _Store:
    """What a node holds, and what is on its way to it as (due, operation)."""

    log: list[_Operation] = field(default_factory=list)
    rows: list[tuple[str, int]] = field(default_factory=list)
    coming: deque[tuple[float, _Operation]] = field(default_factory=deque)
    linked: bool = False

    def apply(self, operation: _Operation) -> None:
        self.log.append(operation)
        if operation.seq is None:
            self.rows = [row for row in self.rows if row[0] != operation.run]
        else:
            self.rows.append((operation.run, operation.seq))

    def until(self, at_us: int) -> "_Store":
        """Return a store with what this one had at a moment."""
        past = _Store()
        for operation in self.log:
            if operation.at_us <= at_us:
                past.apply(operation)
        return past

    def leads_to(self, other: "_Store") -> bool:
        """Say whether this log is a beginning of the other's."""
        mine = len(self.log)
        return mine <= len(other.log) and (mine == 0 or other.log[mine - 1] is self.log[-1])


class MemoryDatabase(Clusters):
    """Nodes in memory."""

    _stores: dict[str, _Store]
    _lock: threading.Lock

    def _launch(self, nodes: list[Node]) -> None:
        self._lock = threading.Lock()
        self._stores = {node.instance: _Store(linked=node.role is Role.READER) for node in nodes}

    def _kill(self, node: Node) -> None:
        with self._lock:
            self._store(node).coming.clear()

    def _cut(self, node: Node, *, crashed: bool) -> None:
        with self._lock:
            store = self._caught_up(node)
            store.coming.clear()
            store.linked = False

    def _open_for_writes(self, node: Node) -> None:
        """Nothing to do: it is the role that makes a node in memory writable."""

    def _follow(self, node: Node) -> None:
        upstream = node.upstream
        if upstream is None:
            raise ValueError(f"{node.instance} has nobody to follow")
        with self._lock:
            store, source = self._store(node), self._store(upstream)
            # The crashed writer, or a follower that was ahead of the new writer, holds what
            # never happened any more.
            if node.role is Role.DOWN or not store.leads_to(source):
                store.log, store.rows = list(source.log), list(source.rows)
            due = time.monotonic() + self._lag(node)
            store.coming = deque((due, operation) for operation in source.log[len(store.log) :])
            store.linked = True

    def _alive(self, node: Node) -> bool:
        return node.role is not Role.DOWN

    def _insert(self, node: Node, run: str, seq: int, sent_us: int) -> None:
        self._commit(node, _Operation(run, seq))

    def _everything(self, node: Node) -> set[tuple[str, int]]:
        with self._lock:
            return set(self._caught_up(node).rows)

    def _halt(self) -> None:
        self._stores = {}

    def address(self, instance: str) -> tuple[str, int] | None:
        """Return None: nothing listens."""
        return None

    def read(self, instance: str, run: str) -> list[int]:
        """Return the sequence numbers of a run's marks on the node, duplicates included."""
        node = self._there(instance)
        with self._lock:
            return sorted(seq for name, seq in self._caught_up(node).rows if name == run)

    def delete(self, instance: str, run: str) -> None:
        """Remove a run's marks. Raises OSError if the node is not writable."""
        node = self._there(instance)
        with self._writing(node):
            self._commit(node, _Operation(run, None))
            self._ledger.forget(node.cluster, run)

    def ping(self, instance: str) -> None:
        """Raise OSError if the node takes no writes."""
        self._must_be_writer(self._there(instance))

    def _commit(self, node: Node, operation: _Operation) -> None:
        with self._lock:
            self._must_be_writer(node)
            self._store(node).apply(operation)
            for other in self._nodes.values():
                store = self._stores.get(other.instance)
                if other.upstream is node and store is not None and store.linked:
                    due = time.monotonic() + self._lag(other)
                    if store.coming:
                        due = max(due, store.coming[-1][0])  # a stream keeps its order
                    store.coming.append((due, operation))

    def _pending(self, node: Node) -> int:
        """Return how many operations are still on their way to a node."""
        with self._lock:
            return len(self._caught_up(node).coming)

    def _caught_up(self, node: Node) -> _Store:
        store = self._store(node)
        now = time.monotonic()
        while store.coming and store.coming[0][0] <= now:
            store.apply(store.coming.popleft()[1])
        return store

    def _store(self, node: Node) -> _Store:
        store = self._stores.get(node.instance)
        if store is None:
            raise ConnectionRefusedError(f"{node.instance} is not there")
        return store

    @staticmethod
    def _must_be_writer(node: Node) -> None:
        if node.role is not Role.WRITER:
            raise PermissionError(f"{node.instance} takes no writes: it is {node.role.value}")
