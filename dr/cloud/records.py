"""The records that AWS keeps by itself of what was asked of it, fetched as they are.

Errors: Forbidden without the permissions; Refused for more records than a lookup should fetch.
Limits: CloudTrail's lookup reaches back 90 days, and lags up to 15 minutes behind; RDS keeps events
14 days. What is older is exported from a trail, and given as a file.
Source: CloudTrail LookupEvents (2 requests a second); RDS DescribeEvents.
"""

import json
from datetime import datetime
from typing import Any, Final

from dr.cloud.aws import Aws
from dr.cloud.errors import speaking
from dr.model.errors import Refused

NEEDS: Final = ("cloudtrail:LookupEvents", "rds:DescribeEvents")
PAGES: Final = 100


def cloudtrail(aws: Aws, since: datetime, until: datetime) -> bytes:
    """Return the requests that changed something, as a file of a trail holds them."""
    found: list[Any] = []
    with speaking(f"CloudTrail in {aws.region}"):
        pages = aws.cloudtrail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
            StartTime=since,
            EndTime=until,
        )
        for number, page in enumerate(pages, start=1):
            if number > PAGES:
                raise Refused(f"more than {len(found)} records in {aws.region}: export them")
            found += [json.loads(one["CloudTrailEvent"]) for one in page["Events"]]
    return json.dumps({"Records": found}, indent=1, sort_keys=True).encode()


def rds(aws: Aws, since: datetime, until: datetime) -> bytes:
    """Return the events of databases, as `aws rds describe-events` prints them."""
    found: list[Any] = []
    with speaking(f"RDS in {aws.region}"):
        pages = aws.rds.get_paginator("describe_events").paginate(StartTime=since, EndTime=until)
        for page in pages:
            found += page["Events"]
    return json.dumps({"Events": found}, indent=1, sort_keys=True, default=_text).encode()


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no part of a record")
