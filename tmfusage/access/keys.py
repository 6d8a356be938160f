"""API keys as text: `tmfu_`, eight characters that find the key, and 43 that prove it."""

import hashlib
import re
import secrets
import string

_FORMAT = re.compile(r"tmfu_([A-Za-z0-9]{8})_[A-Za-z0-9_-]{43}")
_PREFIX_CHARACTERS = string.ascii_lowercase + string.digits
MARK = "tmfu_"


def generate() -> str:
    """A new random key (256 bits behind the prefix)."""
    prefix = "".join(secrets.choice(_PREFIX_CHARACTERS) for _ in range(8))
    return f"{MARK}{prefix}_{secrets.token_urlsafe(32)}"


def prefix_of(plain: str) -> str | None:
    """The prefix of a key, or None when the text is no key."""
    match = _FORMAT.fullmatch(plain)
    return match[1] if match else None


def digest_of(plain: str) -> str:
    """What is stored of a key. Its 256 random bits make a slow password hash pointless."""
    return hashlib.sha256(plain.encode()).hexdigest()
