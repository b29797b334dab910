"""Something to tell people about a scheduled drill."""

from typing import Literal

from dr.model.base import Record

NoticeType = Literal[
    "drill.reminder",
    "drill.window-open",
    "drill.missed",
    "drill.overdue",
    "drill.failed",
    "drill.dirty",
    "drill.skipped",
]


class Notice(Record):
    """One thing to tell on one channel; the same `id` is told once.

    at: RFC 3339, when it became true as far as that is known. schedule, drill: what it is about.
    """

    id: str
    type: NoticeType
    channel: str
    schedule: str
    drill: str
    at: str
    text: str
    owner: str
    participants: tuple[str, ...] = ()
    run: str = ""
    period: str = ""
