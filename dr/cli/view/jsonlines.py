r"""One JSON object per line, for programs: first the version, then every event, last the result.

The text is ASCII: whatever a prompt or a message holds reaches a terminal only as \u escapes.
"""

import json
from pathlib import Path
from typing import Any, TextIO

from dr.cli.view.shot import Shot
from dr.model.event import Event
from dr.model.result import Result

SCHEMA = "1.0"


class JsonLines:
    """Writes to the stream it is given, which is standard output."""

    def __init__(self, out: TextIO) -> None:
        """Say which schema follows."""
        from dr import __version__

        self._out = out
        self._write({"type": "version", "schema": SCHEMA, "tool": f"dr {__version__}"})

    def event(self, event: Event) -> None:
        """Write one event."""
        self._write(
            {
                "type": event.data.type,
                "seq": event.seq,
                "time": event.t,
                "mono_us": event.mono_us,
                "run": event.run,
                "data": event.data.as_json(),
            }
        )

    def tick(self, shot: Shot) -> None:
        """Write nothing: only what happened is data."""

    def close(self, result: Result | None, directory: Path) -> None:
        """Write the result, null if there is none."""
        self._write(
            {
                "type": "result",
                "directory": str(directory),
                "result": None if result is None else result.as_json(),
            }
        )

    def _write(self, value: dict[str, Any]) -> None:
        self._out.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._out.flush()  # whoever reads the pipe wants it now, not when a buffer is full
