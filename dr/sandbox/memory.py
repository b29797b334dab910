"""What reads were answered: a service whose replicas lag behind answers so a little longer."""

import threading
import time
from collections.abc import Callable

from dr.sandbox.asked import Answer, Asked

Question = tuple[Asked, str, bytes]  # the same question has the same path and body


class Memory:
    """See the module; for many threads."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._answers: dict[Question, tuple[float, Answer]] = {}
        self._lock = threading.Lock()

    def older(self, question: Question, seconds: float, ask: Callable[[], Answer]) -> Answer:
        """Return the answer of at most so many seconds ago; a new one where there is none."""
        now = time.monotonic()
        with self._lock:
            at, answer = self._answers.get(question, (0.0, None))
        if answer is not None and now - at < seconds:
            return answer
        fresh = ask()
        with self._lock:
            self._answers[question] = (now, fresh)
        return fresh
