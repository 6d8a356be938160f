"""A small memory that forgets: bounded, timed, shared by the threads of one process."""

import time
from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Keeps at most `size` values, each until its time; the ones that came first go first."""

    def __init__(self, size: int):
        self.size = size
        self._values: OrderedDict[str, tuple[float, Value]] = OrderedDict()
        self._lock = Lock()

    def recall(self, key: str) -> Value | None:
        """The value, or None when there is none or its time is over."""
        found = self._values.get(key)
        return found[1] if found and found[0] > time.monotonic() else None

    def keep(self, key: str, value: Value, until: float) -> None:
        """Remember the value until that moment of `time.monotonic()`."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = (until, value)
            while len(self._values) > self.size:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
