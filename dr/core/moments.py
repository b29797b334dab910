"""Moments that people write, as AWS takes them: RFC 3339 with an offset, cut to the second.

A fraction is cut off, never rounded up: restoring to the second of a fault restores to before it.
"""

from datetime import UTC, datetime

from dr.model.errors import Refused


def whole_second(text: str) -> datetime:
    """Read a moment. Raises Refused."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f'"{text}" is no moment: write RFC 3339') from error
    if at.tzinfo is None:
        raise Refused(f'"{text}" has no offset: end it with Z if it is UTC')
    return at.astimezone(UTC).replace(microsecond=0)
