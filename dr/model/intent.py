"""What an action is told about the run it acts for, so that it can name what it makes."""

from typing import Final

from dr.model.base import Record

RUN_TAG: Final = "dr:run"
STEP_TAG: Final = "dr:step"
EXPIRES_TAG: Final = "dr:expires"


class Intent(Record):
    """Identity of one step of one run.

    What a step creates is named with `name()`: a second attempt then collides with the first
    instead of making another. What it creates is tagged with `tags()`: `dr sweep` finds leftovers
    without any journal.
    """

    run: str  # run id and a part of its nonce, for example orders-zone-loss-0007.3fa9c2d1
    step: str
    token: str  # 32 hex digits; the same for every attempt at this intent
    expires: str  # RFC 3339: after this moment anything tagged may be swept

    def name(self, prefix: str, longest: int = 63) -> str:
        """Return a name unique to this run and step, at most `longest` characters."""
        tail = f"-dr-{self.token[:10]}"
        return prefix[: longest - len(tail)] + tail

    def tags(self) -> dict[str, str]:
        """Return the tags for everything this step creates."""
        return {RUN_TAG: self.run, STEP_TAG: self.step, EXPIRES_TAG: self.expires}
