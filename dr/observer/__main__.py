"""`python -m dr.observer SPEC.json`: observe until the end, then leave.

Exit codes: 0 it observed to its end; 2 the specification cannot be carried out.
"""

import asyncio
import importlib
import os
import sys
from pathlib import Path

from dr.cloud.clock import Clock
from dr.observer.files import raise_file_limit
from dr.observer.process import Observer, settle_memory
from dr.observer.spec import Spec

_FILES = 8_192


def main(args: list[str]) -> int:
    """Run one observer."""
    if len(args) != 1:
        print("usage: python -m dr.observer SPEC.json", file=sys.stderr)  # noqa: T201 - its log
        return 2
    try:
        spec = Spec.of_json(Path(args[0]).read_text())
        raise_file_limit(_FILES)
        observer = Observer(spec, Clock())
    except (OSError, ValueError, ImportError) as error:
        print(f"cannot observe: {error}", file=sys.stderr)  # noqa: T201 - its log
        return 2
    settle_memory()
    loop = _loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(observer.run())
    return 0


def _loop() -> asyncio.AbstractEventLoop:
    """Return the quickest loop there is: uvloop takes half the processor time where installed."""
    try:
        made = importlib.import_module("uvloop").new_event_loop()
    except ImportError:
        return asyncio.new_event_loop()
    return made if isinstance(made, asyncio.AbstractEventLoop) else asyncio.new_event_loop()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: it would wait for threads that hang in a name resolution or a boto3 call.
    os._exit(code)
