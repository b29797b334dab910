"""The run on one screen of a terminal. The only user of rich.

All text goes in as `Text`, never as markup: a prompt that holds "[red]" is shown as it is.
"""

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dr.cli.view.base import closing
from dr.cli.view.shot import Shot
from dr.model.event import Event
from dr.model.result import Result
from dr.report.words import sentence

if TYPE_CHECKING:
    from rich.console import Console

LINES = 5  # events shown


class LiveView:
    """Redraws a panel on a terminal; what is last drawn stays there."""

    def __init__(self, stream: TextIO, console: "Console | None" = None) -> None:
        """Take over the terminal's last lines at the first tick."""
        from rich.console import Console
        from rich.live import Live

        self._console = console or Console(file=stream, highlight=False, markup=False)
        self._live = Live(
            console=self._console, auto_refresh=False, vertical_overflow="crop", transient=True
        )
        self._recent: deque[tuple[str, str]] = deque(maxlen=LINES)
        self._shot: Shot | None = None

    def event(self, event: Event) -> None:
        """Add an event to the last lines; it is drawn with the next tick."""
        self._recent.append((event.t[11:19], sentence(event.data)))

    def tick(self, shot: Shot) -> None:
        """Draw the run."""
        from dr.cli.view.screen import screen

        self._shot = shot
        if not self._live.is_started:
            self._live.start()
        width, height = self._console.size
        self._live.update(screen(shot, tuple(self._recent), width, height), refresh=True)

    def close(self, result: Result | None, directory: Path) -> None:
        """Leave the last picture standing, and the end below it."""
        from rich.text import Text

        from dr.cli.view.screen import screen

        self._live.stop()
        if self._shot is not None:
            width = self._console.size.width
            self._console.print(screen(self._shot, tuple(self._recent), width, None))
        for line in closing(result, directory):
            self._console.print(Text(line), soft_wrap=True)
