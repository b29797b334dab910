"""botocore's failures, as what they say of the world.

Source: botocore 1.4x exceptions; AWS common error codes. The order matters: a simulator's HTML
page and a permission error are both `ClientError`s.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dr.model.errors import DrError, Failed, Forbidden, SimulatorUnsupported, Unclear

# EC2 says RequestExpired of a session token that is out of date.
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_FORBIDDEN = {
    *_EXPIRED,
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
}
# Answered, but not an answer about the request: it may or may not have been carried out.
_UNCLEAR = {"InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable"}


def translate(error: Exception) -> DrError | None:
    """Return what `error` says of the world, or None if it is not a provider's failure."""
    from botocore import exceptions as boto

    text = str(error)
    if isinstance(error, DrError):
        return error
    if "<!doctype html" in text.lower():
        return SimulatorUnsupported("the sandbox does not implement this call")
    if isinstance(error, boto.ClientError):
        return _of_answer(error)
    credentials = (
        boto.NoCredentialsError,
        boto.CredentialRetrievalError,
        boto.PartialCredentialsError,
        boto.ProfileNotFound,
    )
    not_sent = (boto.ParamValidationError, boto.EndpointConnectionError, boto.ConnectTimeoutError)
    for types, meaning, prefix in (
        (credentials, Forbidden, "no usable AWS credentials"),
        (not_sent, Failed, "not sent"),
        ((boto.HTTPClientError, boto.BotoCoreError), Unclear, "no answer"),
    ):
        if isinstance(error, types):
            return meaning(f"{prefix}: {text}")
    return None


def expired(error: BaseException) -> bool:
    """Say whether credentials were rejected that were good once: they may be renewed."""
    return _code(error) in _EXPIRED


def _code(error: BaseException) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def _of_answer(error: Exception) -> DrError:
    response = getattr(error, "response", {})
    code = _code(error)
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _FORBIDDEN:
        return Forbidden(str(error))
    if code in _UNCLEAR or status >= 500:  # noqa: PLR2004 - server errors
        return Unclear(str(error))
    return Failed(str(error))


@contextmanager
def speaking(what: str) -> Iterator[None]:
    """Let a provider's failure within the block say what it means, and of what."""
    try:
        yield
    except Exception as error:
        meaning = translate(error)
        if meaning is None or meaning is error:
            raise
        raise type(meaning)(f"{what}: {meaning}") from error
