"""What the guards of a run ask: CloudWatch, a URL that answers in JSON, Prometheus.

Each question ends within the guard's own time limit. Whatever is not a usable answer raises, and
counts as unreadable: also an empty result of a query, which knows nothing of the value.

Limits:  no authentication at URLs other than what is written in them; no proxies.
Source:  Prometheus, "HTTP API", instant queries; jmespath.org, "Specification".
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from dr.cloud.aws import Aws
from dr.model.brakes import Guard
from dr.ports import Asking

_OK = 200


class NoAnswer(Exception):
    """The source said nothing that could be used."""


@dataclass(frozen=True, slots=True)
class Sources:
    """See the module. aws: the looking hand of a site. asking: how names are resolved here."""

    aws: Callable[[str | None], Aws]
    asking: Callable[[str | None, float], Asking]

    def ask(self, guard: Guard) -> str | None:
        """Return why the guard trips; None if all is well. Raises if that cannot be told."""
        if guard.alarm is not None:
            return self._alarm(guard.alarm, guard.site)
        if guard.http_json is not None:
            return _condition(str(guard.expect), self._json(guard, guard.http_json))
        base = str(guard.url).rstrip("/")
        url = f"{base}/api/v1/query?query={quote(str(guard.promql), safe='')}"
        return _limits(guard, self._json(guard, url))

    def _alarm(self, name: str, site: str | None) -> str | None:
        found = self.aws(site).cloudwatch.describe_alarms(AlarmNames=[name])
        alarms = [*found["MetricAlarms"], *found["CompositeAlarms"]]
        if not alarms:
            raise NoAnswer(f"there is no alarm {name}")
        return "the alarm fires" if alarms[0]["StateValue"] == "ALARM" else None

    def _json(self, guard: Guard, url: str) -> Any:
        import asyncio

        from dr.probes.connection import tls_context
        from dr.probes.http1 import Exchange, Site

        tls = tls_context(verify=True, ca=None) if url.startswith("https") else None
        site = Site(url, self.asking(None, guard.within.seconds), None, tls)

        async def get() -> Any:
            async with asyncio.timeout(guard.within.seconds):
                return await Exchange("GET", site).fresh()

        try:
            answer = asyncio.run(get())
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {guard.within}") from error
        if answer.status != _OK:
            raise NoAnswer(f"status {answer.status}")
        try:
            return json.loads(answer.body)
        except ValueError as error:
            raise NoAnswer("the answer is not JSON") from error


def _condition(expect: str, document: Any) -> str | None:
    import jmespath

    try:
        found = jmespath.search(expect, document)
    except jmespath.exceptions.JMESPathError as error:
        raise NoAnswer(f"{expect} cannot be asked of the answer: {error}") from error
    return f"it is not so that {expect}" if found in (None, False, "", [], {}) else None


def _limits(guard: Guard, document: Any) -> str | None:
    """Compare every value of an instant query with the limits."""
    for value in _values(document):
        if guard.above is not None and value > Decimal(guard.above):
            return f"{value} is above {guard.above}"
        if guard.below is not None and value < Decimal(guard.below):
            return f"{value} is below {guard.below}"
    return None


def _values(document: Any) -> list[Decimal]:
    """Return the values of an answer of Prometheus. Raises NoAnswer if there is none."""
    try:
        data = document["data"]
        result = data["result"]
        told = {
            "vector": lambda: [sample["value"][1] for sample in result],
            "scalar": lambda: [result[1]],
        }[data["resultType"]]()
        values = [Decimal(text) for text in told]
    except (KeyError, TypeError, IndexError, InvalidOperation) as error:
        raise NoAnswer("this is no answer to an instant query") from error
    if not values or any(value.is_nan() for value in values):
        raise NoAnswer("the query has no value")
    return values
