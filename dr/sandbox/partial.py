"""Requests of many parts, of which the service carries out the first half only.

Limits: BatchWriteItem and DeleteObjects; any other request is carried out whole.
Source: UnprocessedItems of BatchWriteItem; Errors of DeleteObjects.
"""

import io
import json
import re
from typing import Any

from dr.sandbox.asked import Answer, Asked

_OBJECT = re.compile(rb"<Object>.*?</Object>", re.DOTALL)


def halved(asked: Asked, environ: dict[str, Any], body: bytes) -> tuple[bytes, bytes | None]:
    """Return the request's body with its first half, put in place; and the half that is left out.

    None is left out where there are no parts to leave out.
    """
    first, rest = _SPLIT.get(asked.operation, _whole)(body)
    if rest is not None:
        environ["wsgi.input"] = io.BytesIO(first)
        environ["CONTENT_LENGTH"] = str(len(first))
    return first, rest


def told(asked: Asked, rest: bytes, answer: Answer) -> Answer:
    """Return an answer that says of the rest that it was not carried out."""
    status, headers, content = answer
    if asked.operation == "BatchWriteItem":
        content = json.dumps({**json.loads(content), "UnprocessedItems": json.loads(rest)}).encode()
    else:
        why = b"<Code>InternalError</Code><Message>Injected by the sandbox</Message></Error>"
        errors = re.sub(rb"</Object>", why, re.sub(rb"<Object>", b"<Error>", rest))
        content = re.sub(rb"</DeleteResult>|<DeleteResult[^>]*/>", b"", content)
        if b"<DeleteResult" not in content:
            content += b"<DeleteResult>"
        content += errors + b"</DeleteResult>"
    kept = [(k, v) for k, v in headers if k.lower() not in {"content-length", "x-amz-crc32"}]
    return status, [*kept, ("Content-Length", str(len(content)))], content


def _whole(body: bytes) -> tuple[bytes, None]:
    return body, None


def _items(body: bytes) -> tuple[bytes, bytes | None]:
    asked = json.loads(body)
    parts = [(table, one) for table, ones in asked["RequestItems"].items() for one in ones]
    most = len(parts) // 2

    def tables(some: list[tuple[str, Any]]) -> dict[str, list[Any]]:
        return {table: [one for name, one in some if name == table] for table, _ in some}

    if not most:
        return body, None
    first = json.dumps({**asked, "RequestItems": tables(parts[:most])}).encode()
    return first, json.dumps(tables(parts[most:])).encode()


def _objects(body: bytes) -> tuple[bytes, bytes | None]:
    parts = _OBJECT.findall(body)
    most = len(parts) // 2
    if not most:
        return body, None
    rest = b"".join(parts[most:])
    begin, end = body.index(parts[0]), body.rindex(parts[-1]) + len(parts[-1])
    return body[:begin] + b"".join(parts[:most]) + body[end:], rest


_SPLIT = {"BatchWriteItem": _items, "DeleteObjects": _objects}
