"""The shape of the long text of a code."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means, a bad and a good example, and where the knowledge comes from."""

    title: str
    text: str
    bad: str
    good: str
    source: str = ""

    def long(self, code: str) -> str:
        """Return everything, for a terminal."""
        source = f"\n\nSource: {self.source}" if self.source else ""
        return (
            f"{code}: {self.title}\n\n{self.text}\n\n"
            f"Bad:\n{_indented(self.bad)}\n\nGood:\n{_indented(self.good)}{source}"
        )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
