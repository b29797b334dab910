"""Probes and marks that misbehave, for the observer's tests. Loaded by its process."""

import asyncio
import os
import time
from typing import ClassVar

from dr.model.base import Json, Record
from dr.model.reading import MarkState, State
from dr.ports import Asking, Marks, Probe, Reading, Written


class NoParams(Record):
    how: str = ""


class Odd(Probe):
    kind: ClassVar[str] = "odd"
    params: ClassVar[type[Record]] = NoParams

    def __init__(self, params: Json, asking: Asking) -> None:
        self._how = str(params.get("how", ""))
        self._n = 0

    async def sample(self) -> Reading:
        self._n += 1
        if self._how == "raise":
            raise ZeroDivisionError('a, b\n"c"')
        if self._how == "down every third" and self._n % 3 == 0:
            return Reading(State.DOWN, "503")
        if self._how == "own timeout":
            raise TimeoutError("connect")
        if self._how == "hang" or (self._how == "hang every third" and self._n % 3 == 0):
            await asyncio.sleep(60)
        if self._how == "hog" and self._n == 5:
            time.sleep(1.0)  # noqa: ASYNC251 - to stop the loop is the point
        if self._how.startswith("say "):
            return Reading(State.DOWN, self._how)
        return Reading(State.UP)


class OddMarks(Marks):
    kind: ClassVar[str] = "odd.marks"
    params: ClassVar[type[Record]] = NoParams

    def __init__(self, params: Json, asking: Asking, run: str) -> None:
        self._how = str(params.get("how", ""))

    async def write(self, seq: int, sent_us: int) -> Written:
        if self._how == "raise":
            raise ZeroDivisionError("x")
        if self._how == "hang":
            await asyncio.sleep(60)
        return Written(MarkState.ACKED)

    def read(self) -> dict[int, int]:
        return {}

    def clean(self) -> None:
        pass


class OddMarksApart(OddMarks):
    apart: ClassVar[bool] = True

    async def write(self, seq: int, sent_us: int) -> Written:
        return Written(MarkState.ACKED, f"by {os.getpid()}")


class PlacedMarks(OddMarks):
    """Marks in places called by a text; `there` tells what each still holds."""

    there: ClassVar[dict[str, set[str]]] = {}

    def __init__(self, params: Json, asking: Asking, run: str) -> None:
        super().__init__(params, asking, run)
        self._run = run
        self._place = str(params["place"])

    def read(self) -> dict[int, int]:
        return {7: 1} if self._run in self.there[self._place] else {}

    def clean(self) -> None:
        self.there[self._place].remove(self._run)
