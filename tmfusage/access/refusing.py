"""Refused: why a key or token does not open anything, in words that are safe to send back."""


class Refused(Exception):
    """The credentials are not accepted; the text says why and never repeats them."""
