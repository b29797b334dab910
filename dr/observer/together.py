"""One sample made of several requests at once.

Behind a load balancer a part of the service can be bad, and one request meets the good part by
luck. So many requests at once meet it with a probability of (1 - bad share) ^ requests, and a
balancer that takes turns cannot hide a target from as many requests as it has targets.
"""

import asyncio

from dr.model.reading import State
from dr.ports import Probe, Reading


async def together(probe: Probe, requests: int) -> Reading:
    """Ask so many times at once: down if any request is, unknown if any is, else up.

    The first bad answer ends the sample: waiting for the rest would only date it later. A request
    that failed by the probe's own fault leaves the others to say that the service is down; if none
    does, its exception is raised.
    """
    if requests == 1:
        return await probe.sample()
    asked = [asyncio.ensure_future(probe.sample()) for _ in range(requests)]
    unknown: Reading | BaseException | None = None
    try:
        for finished in asyncio.as_completed(asked):
            try:
                said = await finished
            except Exception as error:  # noqa: BLE001 - raised below unless another is down
                unknown = error
                continue
            if said.state is State.DOWN:
                return Reading(State.DOWN, f"of {requests} at once: {said.why}")
            if said.state is State.UNKNOWN:
                unknown = said
    finally:
        for one in asked:
            one.cancel()
        # What is cancelled may still raise on its way out: nobody else would take note of it.
        await asyncio.gather(*asked, return_exceptions=True)
    if isinstance(unknown, BaseException):
        raise unknown
    return unknown or Reading(State.UP)
