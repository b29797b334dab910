"""One account in one Region, as boto3 clients that are made once and kept.

A new session and client costs as much as thirty calls, so clients are kept per service. boto3 is
imported at the first use, never at import of this module.

Two kinds of hands exist. A looking hand retries (standard mode, three attempts, short timeouts).
An acting hand sends each request exactly once: boto3's default would send
`RebootDBInstance(ForceFailover)` three times on a slow answer.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_elasticache import ElastiCacheClient
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client
    from types_boto3_kms import KMSClient
    from types_boto3_rds import RDSClient
    from types_boto3_route53 import Route53Client
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_ssm import SSMClient
    from types_boto3_sts import STSClient

    from dr.model.event import Call

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 20
LOOK_ATTEMPTS = 3


class Aws:
    """Clients for one account and Region, all looking or all acting.

    account, region: where. endpoint: instead of the public one (the sandbox). session: a boto3
    session to share; looking and acting hands of a site share one. timeout_s: of connecting and of
    each answer, where the defaults would be too long (marks).
    """

    def __init__(
        self,
        account: str,
        region: str,
        *,
        acting: bool = False,
        role: str | None = None,
        endpoint: str | None = None,
        session: Any | None = None,
        timeout_s: float | None = None,
    ) -> None:
        """Open nothing: the session and clients are made at first use."""
        self.account = account
        self.region = region
        self.acting = acting
        self.role = role
        self.endpoint = endpoint
        self.timeout_s = timeout_s
        self._session = session
        self._clients: dict[str, Any] = {}
        self._elsewhere: dict[str, Self] = {}
        self._lock = threading.Lock()
        self._calls = threading.local()

    # The services, typed. One line makes another one available.
    @property
    def arc_zonal_shift(self) -> Any:
        return self.client("arc-zonal-shift")

    @property
    def autoscaling(self) -> "AutoScalingClient":
        return self.client("autoscaling")

    @property
    def backup(self) -> Any:
        return self.client("backup")

    @property
    def cloudtrail(self) -> Any:
        return self.client("cloudtrail")

    @property
    def cloudwatch(self) -> "CloudWatchClient":
        return self.client("cloudwatch")

    @property
    def dynamodb(self) -> "DynamoDBClient":
        return self.client("dynamodb")

    @property
    def ec2(self) -> "EC2Client":
        return self.client("ec2")

    @property
    def ecs(self) -> Any:
        return self.client("ecs")

    @property
    def elasticache(self) -> "ElastiCacheClient":
        return self.client("elasticache")

    @property
    def elbv2(self) -> "ElasticLoadBalancingv2Client":
        return self.client("elbv2")

    @property
    def iam(self) -> Any:
        return self.client("iam")

    @property
    def kms(self) -> "KMSClient":
        return self.client("kms")

    @property
    def rds(self) -> "RDSClient":
        return self.client("rds")

    @property
    def route53(self) -> "Route53Client":
        return self.client("route53")

    @property
    def s3(self) -> "S3Client":
        return self.client("s3")

    @property
    def secretsmanager(self) -> "SecretsManagerClient":
        return self.client("secretsmanager")

    @property
    def ssm(self) -> "SSMClient":
        return self.client("ssm")

    @property
    def sts(self) -> "STSClient":
        return self.client("sts")

    def acting_hand(self) -> Self:
        """Return the hand that asks exactly once, on the same session."""
        return type(self)(
            self.account,
            self.region,
            acting=True,
            role=self.role,
            endpoint=self.endpoint,
            session=self._the_session(),
            timeout_s=self.timeout_s,
        )

    def elsewhere(self, region: str) -> Self:
        """Return the same hand in another Region, on the same session; it is kept."""
        if region not in self._elsewhere:
            self._elsewhere[region] = type(self)(
                self.account,
                region,
                acting=self.acting,
                role=self.role,
                endpoint=self.endpoint,
                session=self._the_session(),
                timeout_s=self.timeout_s,
            )
        return self._elsewhere[region]

    def drain(self) -> "tuple[Call, ...]":
        """Return the calls this thread made since the last drain, and forget them."""
        calls: list[Call] = getattr(self._calls, "made", [])
        self._calls.made = []
        return tuple(calls)

    def _the_session(self) -> Any:
        if self._session is None:
            import boto3.session  # at first use: it costs 0.15 s

            base = boto3.session.Session(region_name=self.region)
            self._session = _assume(base, self) if self.role else base
        return self._session

    def client(self, service: str) -> Any:
        """Return a client: of any service, for kinds of other packages; ours have names above."""
        client = self._clients.get(service)
        if client is not None:
            return client
        with self._lock:  # sessions are not thread-safe; clients are
            if service not in self._clients:
                client = self._the_session().client(
                    service,
                    region_name=self.region,
                    endpoint_url=self.endpoint,
                    config=_config(acting=self.acting, timeout_s=self.timeout_s),
                )
                client.meta.events.register("after-call", self._record)
                client.meta.events.register("after-call-error", self._record_error)
                self._clients[service] = client
            return self._clients[service]

    def _note(self, call: "Call") -> None:
        if not hasattr(self._calls, "made"):
            self._calls.made = []
        self._calls.made.append(call)

    def _record(self, model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        from dr.model.event import Call  # here: `dr validate` loads this module, and no event

        meta = parsed.get("ResponseMetadata", {})
        self._note(
            Call(
                service=str(model.service_model.service_name),
                operation=str(model.name),
                request_id=str(meta.get("RequestId", "")),
                status=int(meta.get("HTTPStatusCode", 0)),
                date=str(meta.get("HTTPHeaders", {}).get("date", "")),
                retries=int(meta.get("RetryAttempts", 0)),
            )
        )

    def _record_error(self, exception: Exception, event_name: str = "", **_: Any) -> None:
        from dr.model.event import Call

        # event_name is "after-call-error.SERVICE.OPERATION"
        parts = event_name.split(".")
        if len(parts) == 3:  # noqa: PLR2004 - the three parts above
            self._note(Call(service=parts[1], operation=parts[2]))


def _config(*, acting: bool, timeout_s: float | None) -> Any:
    """Return the settings of a client.

    Without a name of ours botocore works its own out anew for every call, twice: a seventh of
    what a call costs. With ours, CloudTrail says who it was.
    """
    import botocore
    from botocore.config import Config

    from dr import __version__

    return Config(
        user_agent=f"dr-drill/{__version__} Botocore/{botocore.__version__}",
        connect_timeout=timeout_s or CONNECT_TIMEOUT_S,
        read_timeout=timeout_s or READ_TIMEOUT_S,
        max_pool_connections=32,
        retries={"mode": "standard", "total_max_attempts": 1 if acting else LOOK_ATTEMPTS},
    )


def _assume(base: Any, aws: Aws) -> Any:
    """Return a session of the role in the site's account, whose credentials renew themselves."""
    import boto3.session
    import botocore.credentials
    import botocore.session

    sts = base.client("sts", region_name=aws.region, endpoint_url=aws.endpoint)

    def fetch() -> dict[str, str]:
        got = sts.assume_role(
            RoleArn=f"arn:aws:iam::{aws.account}:role/{aws.role}", RoleSessionName="dr"
        )["Credentials"]
        return {
            "access_key": got["AccessKeyId"],
            "secret_key": got["SecretAccessKey"],
            "token": got["SessionToken"],
            "expiry_time": got["Expiration"].isoformat(),
        }

    inner = botocore.session.get_session()
    # boto3 has no public way to hand over credentials that renew themselves.
    inner._credentials = botocore.credentials.DeferredRefreshableCredentials(  # type: ignore[attr-defined]  # noqa: SLF001
        fetch, "assume-role"
    )
    return boto3.session.Session(botocore_session=inner, region_name=aws.region)
