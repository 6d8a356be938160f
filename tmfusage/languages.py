"""In which languages staff read the portal: English as several countries write dates, and what an operator adds."""

from collections.abc import Iterable
from pathlib import Path

from django.conf.locale import LANG_INFO

from tmfusage.environment import refusal

ENGLISH = ("en", "en-gb", "en-au")
Languages = list[tuple[str, str]]


def offered(codes: Iterable[str]) -> Languages:
    """The languages that a browser may ask for, each with its own name for itself."""
    found = [code.lower() for code in codes] or list(ENGLISH)
    if unknown := next((code for code in found if "name_local" not in LANG_INFO.get(code, {})), None):
        raise refusal("LANGUAGES", unknown, "codes of languages that Django knows, as in en-gb,de,pt-br")
    return [(code, LANG_INFO[code]["name_local"]) for code in found]


def default(code: str, languages: Languages) -> str:
    """The language of a browser that asks for none of these: the code, or the first when there is none."""
    codes = [each for each, _name in languages]
    chosen = code.strip().lower() or codes[0]
    if chosen not in codes:
        raise refusal("LANGUAGE_CODE", code, f"{', '.join(codes)} (the setting LANGUAGES offers others)")
    return chosen


def directories(paths: Iterable[str]) -> list[Path]:
    """Where translations of an operator lie."""
    found = [Path(path).expanduser() for path in paths]
    if missing := next((path for path in found if not path.is_dir()), None):
        raise refusal("LOCALE_PATHS", str(missing), "directories that exist")
    return found
