"""The operator's log: one JSON object per line, for whoever wonders afterwards.

The journal is the record; nothing is computed from a log, and nothing is only in a log.
"""

from pathlib import Path
from typing import Any


def opened(path: Path) -> Any:
    """Return a logger that appends to a file only its owner may read."""
    import structlog

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    return structlog.wrap_logger(
        structlog.WriteLogger(path.open("a", buffering=1)),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
