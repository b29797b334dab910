"""What tests of actions, checks, probes and marks share: ours, and those of other packages.

`keeps_contract` looks at a class. `pretended_aws` is an empty account of moto in this process, and
its `Stage` the hands that a step gets in it: `there_and_back` leads an action through its whole
life and holds its `needs` against the calls it has made. `moves` is its table of progress.

It needs moto: `pip install 'dr-drill[sandbox]'`. A mock that accepts everything proves nothing:
where moto has no such call, or lets it do nothing, use botocore's Stubber, which holds parameters
and answers against AWS's own shapes.

Limits:  IAM actions with another name than their call are known for the calls that `dr` makes
         (`dr.cloud.iam`); for others name them in `renamed` of the stage.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeVar
from unittest import mock

import boto3.session
import botocore.loaders
import botocore.session

from dr.cloud import iam
from dr.cloud.aws import Aws
from dr.contract import breaches, lacks
from dr.model.base import Record
from dr.model.intent import Intent
from dr.model.progress import Progress
from dr.ports import Action, Check, Irreversible, Kept, Marks, Probe

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
INTENT: Final = Intent(
    run="orders-0001", step="the-step", token="0123456789abcdef" * 2, expires="2030-01-01T00:00:00Z"
)
OTHER_INTENT: Final = INTENT.model_copy(update={"step": "another-step", "token": "f" * 32})

P = TypeVar("P", bound=Record)
S = TypeVar("S", bound=Record)
C = TypeVar("C", bound=Record)

_CONTRACTS: Final[tuple[type[Any], ...]] = (Action, Check, Probe, Marks)
_MISLEADING: Final = (
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "MOTO_CONFIG_PATH",
)


def keeps_contract(loaded: type[Any], kind: str) -> None:
    """Fail unless a class is a good kind of that name: whole, described, its doubt declared."""
    contract = next((one for one in _CONTRACTS if issubclass(loaded, one)), Action)
    wrong = list(breaches(loaded, kind, contract)) or list(lacks(loaded))
    assert not wrong, f"{loaded.__qualname__}: " + "; ".join(wrong)


def moves(action: Action[Any, P, S, C], change: C, table: Iterable[tuple[S, Progress]]) -> None:
    """Fail unless progress is as the table says, and the table knows where it can begin and end."""
    rows = list(table)
    for seen, expected in rows:
        said = action.progress(change, seen)
        assert said is expected, f"{said.name}, not {expected.name}, for {seen!r}"
    missing = {Progress.UNTOUCHED, Progress.SETTLED, Progress.ASTRAY} - {row[1] for row in rows}
    assert not missing, f"the table has no row for {', '.join(sorted(p.name for p in missing))}"


@contextlib.contextmanager
def nobodys_credentials() -> Iterator[None]:
    """Make sure that nothing of the machine's own AWS set-up is used."""
    with mock.patch.dict(os.environ):
        for name in _MISLEADING:
            os.environ.pop(name, None)
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        yield


@contextlib.contextmanager
def pretended_aws(
    renamed: Mapping[tuple[str, str], frozenset[str]] | None = None,
) -> "Iterator[Stage]":
    """Have an empty account of moto in this process for as long as the block."""
    from moto import mock_aws

    with nobodys_credentials(), mock_aws():
        yield Stage(renamed=renamed)


@cache
def _loader() -> botocore.loaders.Loader:
    """Return one reader of service descriptions for all tests: EC2's alone takes half a second."""
    return botocore.loaders.create_loader()


def _session(region: str) -> Any:
    inner = botocore.session.get_session()
    inner.register_component("data_loader", _loader())
    return boto3.session.Session(botocore_session=inner, region_name=region)


class Stage:
    """One pretended account in one Region, and the hands that a step gets in it.

    Every call that the hands make is noted, with its parameters, so that a test can say which IAM
    permissions it took. What a test sets up itself goes through `admin` and is not noted.
    """

    def __init__(
        self, region: str = REGION, renamed: Mapping[tuple[str, str], frozenset[str]] | None = None
    ) -> None:
        """Set up. renamed: the IAM actions of a (service, call) that `dr` itself never makes."""
        session = _session(region)
        session.events.register("provide-client-params", self._note)
        self.region = region
        self.hand = Aws(ACCOUNT, region, session=session)
        self.acting = self.hand.acting_hand()
        self.calls: list[tuple[str, str]] = []
        self.permissions: set[str] = set()
        self.renamed = dict(renamed or {})

    def admin(self, service: str) -> Any:
        """Return a client to set the scene with."""
        return _session(self.region).client(service)

    def plan(self, action: Action[Aws, P, S, C], params: P, intent: Intent = INTENT) -> C:
        """Look and plan, and pass the change through JSON, as the journal does."""
        change = action.plan(params, action.observe(self.hand, params), intent)
        again = type(change).model_validate_json(change.model_dump_json())
        assert again == change, "the change is another one when it is read back from the journal"
        return again

    def progress(self, action: Action[Aws, P, S, C], params: P, change: C) -> Progress:
        """Look, and say where a change stands."""
        seen = action.observe(self.hand, params)
        again = type(seen).model_validate_json(seen.model_dump_json())
        assert again == seen, "what was seen is another when it is read back from the journal"
        return action.progress(change, seen)

    def do(self, action: Action[Aws, P, S, C], params: P, intent: Intent = INTENT) -> C:
        """Plan a change that is yet to be made, read its targets' tags, and make it."""
        change = self.plan(action, params, intent)
        self._is(Progress.UNTOUCHED, action, params, change, "before it is asked for")
        tagged, targets = set(action.tags(self.hand, change)), set(action.targets(change))
        assert tagged == targets, f"it reads the tags of {tagged} and touches {targets}"
        action.execute(self.acting, change)
        return change

    def undo(self, action: Action[Aws, P, S, C], params: P, change: C) -> C:
        """Make the change the other way."""
        back = action.undo(change)
        assert isinstance(back, type(change)), f"there is no way back: {back}"
        self._is(Progress.UNTOUCHED, action, params, back, "before the way back is asked for")
        assert action.undo(back) == change, "the way back of the way back is another change"
        action.execute(self.acting, back)
        return back

    def there_and_back(self, action: Action[Aws, P, S, C], params: P) -> C:
        """Lead an action through its whole life; fail unless its `needs` are the calls it makes.

        An action without a way back is led to its end only, and must say so in `reversible`.
        """
        change = self.do(action, params)
        self._is(Progress.SETTLED, action, params, change, "when it has been asked for")
        back = action.undo(change)
        if isinstance(back, Irreversible):
            assert not action.reversible, "it cannot be undone, and `reversible` says it can"
        elif not isinstance(back, Kept):
            self.undo(action, params, change)
            self._is(Progress.SETTLED, action, params, back, "when it has been put back")
        self.needs_are_its_calls(action)
        return change

    def needs_are_its_calls(self, kind: Action[Aws, P, S, C] | Check[Aws, P, S]) -> None:
        """Fail unless `needs` are the permissions that the calls so far have taken, and no more."""
        made, needs = self.permissions, set(kind.needs)
        assert made == needs, (
            f"called and not in `needs`: {made - needs}; not called: {needs - made}"
        )

    def look(self, check: Check[Aws, P, S], params: P) -> S:
        """Look for a check, and pass what it saw through JSON, as the journal does."""
        seen = check.observe(self.hand, params)
        again = type(seen).model_validate_json(seen.model_dump_json())
        assert again == seen, "what was seen is another when it is read back from the journal"
        return seen

    def _is(
        self, expected: Progress, action: Action[Aws, P, S, C], params: P, change: C, when: str
    ) -> None:
        said = self.progress(action, params, change)
        assert said is expected, f"{when} it is {said.name}, not {expected.name}"

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        call = (str(model.service_model.service_name), str(model.name))
        self.calls.append(call)
        known = self.renamed.get(call)
        self.permissions |= iam.permissions(*call, params) if known is None else known
