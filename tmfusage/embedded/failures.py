"""The one way in which a start fails: with a line that a person can act on."""


class CannotStart(Exception):
    """Something of the machine is missing; the message says in one line what, and how to mend it."""
