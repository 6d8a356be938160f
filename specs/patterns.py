"""Regular expressions of specifications: matched by RE2 in linear time, and translated for JSON Schema.

A value must match as a whole. RE2 never tracks back, so no expression and no value can take long; the
lengths of both are bounded all the same.
"""

from functools import lru_cache

import re2

from specs.value_types import Predicate, number_text

LONGEST_PATTERN = 256
LONGEST_VALUE = 2_048


class Pattern:
    """A compiled expression; `fault` says why when it cannot be used, and then nothing matches."""

    __slots__ = ("_fast", "_sure", "fault", "text")

    def __init__(self, text: str):
        self.text = text
        self.fault = ""
        self._fast = self._sure = None
        if len(text) > LONGEST_PATTERN:
            self.fault = f"it has {len(text)} characters; at most {LONGEST_PATTERN} are allowed"
            return
        options = re2.Options()
        options.log_errors = False
        options.never_capture = True
        try:
            self._sure = re2.compile(text, options)
            self._fast = _one_match_set(text, options)
        except (re2.error, UnicodeEncodeError) as error:
            self.fault = _reason(error)

    def matches(self, text: str) -> bool:
        """Whether the whole text matches; no text that is too long does."""
        if self._sure is None or len(text) > LONGEST_VALUE:
            return False
        try:
            # The set answers five times faster. Its yes is final; its no may be want of memory.
            return bool(self._fast is not None and self._fast.Match(text)) or self._sure.fullmatch(text) is not None
        except UnicodeEncodeError:
            return False

    def predicate(self) -> Predicate:
        """What tells whether a value's text matches; a value that has no text passes.

        Strings are their own text, numbers have their canonical one; booleans, objects and arrays have none.
        """
        matches = self.matches

        def holds(value):
            kind = type(value)
            if kind is str:
                return matches(value)
            return kind in {bool, dict, list} or value is None or matches(number_text(value))

        return holds


@lru_cache(maxsize=2_048)
def pattern(text: str) -> Pattern:
    """The compiled expression, from the cache if it was met before."""
    return Pattern(text)


def _one_match_set(text: str, options: re2.Options) -> re2.Set | None:
    matcher = re2.Set.FullMatchSet(options)
    try:
        matcher.Add(text)
        matcher.Compile()
    except re2.error:
        return None
    return matcher


def _reason(error: Exception) -> str:
    detail = error.args[0] if isinstance(error, re2.error) and error.args else "it is not valid UTF-8"
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
