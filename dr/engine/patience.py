"""Looking again through transient failures: looking changes nothing. Effects never come here."""

from collections.abc import Callable
from typing import Any

from dr.cloud import errors
from dr.model.errors import Failed, Refused, SimulatorUnsupported, Unclear

LOOK_TRIES = 4
RETRY_FIRST_S = 0.2
BUSY_WORDS = ("Throttl", "RequestLimitExceeded", "Rate exceeded", "SlowDown", "TooManyRequests")


def patiently(look: Callable[[], Any]) -> Any:
    """Look again through transient failures: looking changes nothing."""
    try:
        return look()
    except Exception as error:
        if not transient(error):
            raise
    import tenacity

    retry = tenacity.Retrying(
        retry=tenacity.retry_if_exception(transient),
        wait=tenacity.wait_random_exponential(multiplier=RETRY_FIRST_S, max=3.0),
        stop=tenacity.stop_after_attempt(LOOK_TRIES - 1),
        reraise=True,
    )
    retry.sleep(RETRY_FIRST_S)
    return retry(look)


def passing(error: BaseException) -> bool:
    """Say whether what did not work now may work later, if not a moment later.

    Credentials that are out of date are renewed by whoever gave them, or by a person.
    """
    return transient(error) or errors.expired(error)


def transient(error: BaseException) -> bool:
    """Say whether the same question may be answered a moment later."""
    if not isinstance(error, Exception) or isinstance(error, SimulatorUnsupported | Refused):
        return False
    from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

    if isinstance(error, ConnectTimeoutError | EndpointConnectionError):
        return True
    said = errors.translate(error)
    if isinstance(said, Failed):
        return any(word in str(said) for word in BUSY_WORDS)
    return isinstance(said, Unclear)
