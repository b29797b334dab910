"""What the patches of EC2's requests share: client tokens, and errors as EC2 writes them.

AWS: a request with a client token that was used before is answered as before, if it asks for the
same; else IdempotentParameterMismatch. moto takes no notice of tokens. They are kept for good here.
Source: Amazon EC2 Developer Guide, "Ensuring idempotency in Amazon EC2 API requests".
"""

from collections.abc import Callable
from typing import Any

from dr.sandbox.sim import Sim


def once(sim: Sim, request: Any, carry_out: Callable[[], Any]) -> Any:
    """Carry a request out once per client token; return what it answers with."""
    from moto.core.responses import ActionResult

    token = request._get_param("ClientToken")
    asked = {name: value for name, value in request.params.items() if name != "ClientToken"}
    with sim.lock:
        known: dict[Any, Any] = request.ec2_backend.__dict__.setdefault("_dr_tokens", {})
        key = request._get_action(), token
        if token and key in known:
            before, result = known[key]
            if before != asked:
                raise error("IdempotentParameterMismatch", "the client token was used otherwise")
            return ActionResult(result)
        answer = carry_out()
        if token:
            known[key] = asked, answer.result
    return answer


def error(code: str, message: str) -> Exception:
    """Return an error as EC2 says it."""
    from moto.ec2.exceptions import EC2ClientError

    return EC2ClientError(code, message)
