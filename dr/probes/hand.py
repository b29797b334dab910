"""The hand that marks use on AWS: each request once, and short of breath.

Errors:  what AWS says of one write, as what it means for the mark.
"""

import os
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from dr.cloud.aws import Aws
from dr.cloud.errors import translate
from dr.model.errors import DrError, Unclear
from dr.model.reading import MarkState
from dr.ports import Asking, Marks, Written

_READ_S = 20.0


class AwsMarks(Marks):
    """Marks that are written by a request to AWS.

    boto3 knows no asyncio: each write has a thread, in a process of their own.
    """

    apart: ClassVar[bool] = True

    def _reach(self, asking: Asking) -> None:
        """Take a hand that asks once, as long as a mark may take, and one that may retry."""
        self._acting = hand_of(asking, asking.within_s, once=True)
        self._looking = hand_of(asking, _READ_S, once=False)

    async def write(self, seq: int, sent_us: int) -> Written:
        """Write one mark once."""
        import asyncio

        return await asyncio.to_thread(written, partial(self._written, seq, sent_us))

    def _written(self, seq: int, sent_us: int) -> None:
        try:
            self._put(seq, sent_us)
        finally:
            self._acting.drain()  # nobody asks which calls a mark made; kept, they would pile up

    @abstractmethod
    def _put(self, seq: int, sent_us: int) -> None:
        """Send the one request."""


def hand_of(asking: Asking, timeout_s: float, *, once: bool) -> Aws:
    """Return a hand on the place that is asked: once, or with retries when something is read."""
    session = None
    if asking.endpoint is not None and "AWS_ACCESS_KEY_ID" not in os.environ:
        import boto3.session

        # A sandbox believes anybody; real credentials have no business there.
        session = boto3.session.Session(
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 - not a secret
            region_name=asking.region,
        )
    return Aws(
        asking.account or "",
        asking.region or "",
        acting=once,
        role=asking.role,
        endpoint=asking.endpoint,
        session=session,
        timeout_s=timeout_s,
    )


def written(put: Callable[[], object]) -> Written:
    """Do one write, and say what its answer means for the mark."""
    try:
        put()
    except Exception as error:
        meant = translate(error)
        if meant is None:
            raise
        state = MarkState.INDETERMINATE if isinstance(meant, Unclear) else MarkState.FAILED
        return Written(state, str(meant))
    return Written(MarkState.ACKED)


def foreseen(error: Exception) -> DrError | None:
    """Return what a failed reading says of the world, or None if it is a bug."""
    return translate(error)
