"""A pretended AWS account in this process, and the hands that a step gets in it.

Every call that the hands make is noted, with its parameters, so that a test can say which IAM
permissions it took. What a test sets up itself goes through `admin` and is not noted.
"""

from functools import cache
from typing import Any, TypeVar

import boto3.session
import botocore.loaders
import botocore.session

from dr.cloud import iam
from dr.cloud.aws import Aws
from dr.model.base import Record
from dr.model.intent import Intent
from dr.model.progress import Progress
from dr.ports import Action, Check

ACCOUNT = "123456789012"
REGION = "us-east-1"
INTENT = Intent(
    run="orders-0001", step="the-step", token="0123456789abcdef" * 2, expires="2030-01-01T00:00:00Z"
)
OTHER_INTENT = INTENT.model_copy(update={"step": "another-step", "token": "f" * 32})

P = TypeVar("P", bound=Record)
S = TypeVar("S", bound=Record)
C = TypeVar("C", bound=Record)


@cache
def _loader() -> botocore.loaders.Loader:
    """Return one reader of service descriptions for all tests: EC2's alone takes half a second."""
    return botocore.loaders.create_loader()


def _session(region: str) -> Any:
    inner = botocore.session.get_session()
    inner.register_component("data_loader", _loader())
    return boto3.session.Session(botocore_session=inner, region_name=region)


class Stage:
    """One account in one Region."""

    def __init__(self, region: str = REGION) -> None:
        session = _session(region)
        session.events.register("provide-client-params", self._note)
        self.region = region
        self.hand = Aws(ACCOUNT, region, session=session)
        self.acting = self.hand.acting_hand()
        self.calls: list[tuple[str, str]] = []
        self.permissions: set[str] = set()

    def admin(self, service: str) -> Any:
        """Return a client to set the scene with."""
        return _session(self.region).client(service)

    def plan(self, action: Action[Aws, P, S, C], params: P, intent: Intent = INTENT) -> C:
        """Look and plan, and pass the change through JSON, as the journal does."""
        change = action.plan(params, action.observe(self.hand, params), intent)
        again = type(change).model_validate_json(change.model_dump_json())
        assert again == change
        return again

    def progress(self, action: Action[Aws, P, S, C], params: P, change: C) -> Progress:
        seen = action.observe(self.hand, params)
        assert type(seen).model_validate_json(seen.model_dump_json()) == seen
        return action.progress(change, seen)

    def do(self, action: Action[Aws, P, S, C], params: P, intent: Intent = INTENT) -> C:
        """Plan a change that is yet to be made, read its targets' tags, and make it."""
        change = self.plan(action, params, intent)
        assert self.progress(action, params, change) is Progress.UNTOUCHED
        assert set(action.tags(self.hand, change)) == set(action.targets(change))
        action.execute(self.acting, change)
        return change

    def undo(self, action: Action[Aws, P, S, C], params: P, change: C) -> C:
        """Make the change the other way."""
        back = action.undo(change)
        assert isinstance(back, type(change))
        assert self.progress(action, params, back) is Progress.UNTOUCHED
        assert action.undo(back) == change
        action.execute(self.acting, back)
        return back

    def look(self, check: Check[Aws, P, S], params: P) -> S:
        """Look for a check, and pass what it saw through JSON, as the journal does."""
        seen = check.observe(self.hand, params)
        assert type(seen).model_validate_json(seen.model_dump_json()) == seen
        return seen

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service = str(model.service_model.service_name)
        self.calls.append((service, str(model.name)))
        self.permissions |= iam.permissions(service, str(model.name), params)
