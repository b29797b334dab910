"""Where a run plays: a real cloud, or the sandbox. Written down with the run, for its resumption.

In the sandbox every request goes to its loopback endpoint with credentials that are nobody's, names
are resolved by its DNS server, and Terraform works on the sandbox's copy of the configuration.
"""

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson

from dr.cloud.aws import Aws
from dr.cloud.child import Children
from dr.cloud.terraform import Terraform
from dr.model.base import Json
from dr.model.drill import Site
from dr.model.errors import Refused
from dr.ports import Asking

FILE = "stage.json"
_NOBODY = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@dataclass(frozen=True, slots=True)
class Stage:
    """See the module. `terraform_dirs`: where each configuration of the drill is worked on."""

    simulated: bool
    endpoint: str | None = None
    resolver: tuple[str, int] | None = None
    terraform_dirs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Json] = field(default_factory=dict)

    def aws(self, site: Site) -> Aws:
        """Return a looking hand for a site."""
        session: Any = None
        if self.simulated:
            import boto3.session

            session = boto3.session.Session(
                aws_access_key_id="testing",
                aws_secret_access_key="testing",  # noqa: S106 - nobody's
                region_name=site.region,
            )
        role = None if self.simulated else site.role
        return Aws(site.account, site.region, role=role, endpoint=self.endpoint, session=session)

    def asking(self, site: Site | None, within_s: float) -> Asking:
        """Return what a probe is told beside its parameters."""
        return Asking(
            within_s=within_s,
            resolver=self.resolver,
            endpoint=self.endpoint,
            account=site.account if site is not None else None,
            region=site.region if site is not None else None,
            role=site.role if site is not None and not self.simulated else None,
        )

    def terraform(self, config: str, work: Path, children: Children | None = None) -> Terraform:
        """Return the hand for one configuration. Raises Refused if there is none."""
        directory = self.terraform_dirs.get(config)
        if directory is None:
            raise Refused(
                f"there is no Terraform state for the configuration {config!r} here; the sandbox "
                "was built without Terraform"
                if self.simulated
                else f"the drill names no Terraform configuration {config!r}"
            )
        return Terraform(Path(directory), work, self.environment(), children)

    def environment(self) -> dict[str, str]:
        """Return what a child process needs to play on this stage."""
        if not self.simulated:
            return {}
        return {
            **_NOBODY,
            "AWS_ENDPOINT_URL": self.endpoint or "",
            "AWS_EC2_METADATA_DISABLED": "true",
            # Whatever names a real account must not reach a rehearsal.
            "AWS_PROFILE": "",
            "AWS_SESSION_TOKEN": "",
            "AWS_CA_BUNDLE": "",
        }

    def to_json(self) -> bytes:
        """Return the text that is kept with the run."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)

    @classmethod
    def of_json(cls, text: bytes) -> Self:
        """Read it back."""
        raw = orjson.loads(text)
        resolver = raw.pop("resolver")
        return cls(resolver=(resolver[0], resolver[1]) if resolver else None, **raw)


def sandbox_home(home: Path) -> Path:
    """Return where the sandbox of a home lives."""
    return Path(os.environ.get("DR_SANDBOX_HOME") or home / "sandbox")
