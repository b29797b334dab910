"""The hand that marks use on AWS: each request once, and short of breath.

Errors:  what AWS says of one write, as what it means for the mark.
"""

import os
from collections.abc import Callable

from dr.cloud.aws import Aws
from dr.cloud.errors import translate
from dr.model.errors import DrError, Unclear
from dr.model.reading import MarkState
from dr.ports import Asking, Written

_READ_S = 20.0


def acting(asking: Asking) -> Aws:
    """Return a hand that asks once, and waits no longer than the time limit of a mark."""
    return _hand(asking, asking.within_s, once=True)


def looking(asking: Asking) -> Aws:
    """Return a hand that may retry, for reading back and for cleaning."""
    return _hand(asking, _READ_S, once=False)


def _hand(asking: Asking, timeout_s: float, *, once: bool) -> Aws:
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
