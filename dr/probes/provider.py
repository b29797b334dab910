"""What probes share that ask the provider and not the service.

Errors:  a call that fails, for whatever reason, is `unknown`, and so is one without an answer: the
         provider could not be asked, and that says nothing of the service.
"""

from abc import abstractmethod
from typing import ClassVar

from dr.cloud.errors import translate
from dr.model.reading import State
from dr.ports import Asking, Probe, Reading
from dr.probes.hand import hand_of


class ProviderProbe(Probe):
    """A probe that is one read of AWS.

    boto3 knows no asyncio: each read has a thread, in a process of their own.
    """

    provider_reported: ClassVar[bool] = True
    silence: ClassVar[State] = State.UNKNOWN
    apart: ClassVar[bool] = True

    def _reach(self, asking: Asking) -> None:
        """Take a hand that asks once, as long as a sample may take."""
        self._aws = hand_of(asking, asking.within_s, once=True)

    async def sample(self) -> Reading:
        """Ask once."""
        import asyncio

        return await asyncio.to_thread(self._looked)

    def _looked(self) -> Reading:
        try:
            return self._look()
        except Exception as error:
            meant = translate(error)
            if meant is None:
                raise
            return Reading(State.UNKNOWN, str(meant))
        finally:
            self._aws.drain()  # nobody asks which calls a sample made; kept, they would pile up

    @abstractmethod
    def _look(self) -> Reading:
        """Send the one request, and say what the answer means."""
