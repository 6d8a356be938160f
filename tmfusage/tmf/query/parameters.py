"""A query string becomes control parameters and a tree of filters (TMF630 Part 1 §4.4).

`&` is AND and binds tighter than `;`, which is OR; a comma or a repeated attribute is OR over values.
An encoded comma or semicolon is data, so the raw query string is split before anything is decoded.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from django.conf import settings

from tmfusage.tmf.exact import check_text
from tmfusage.tmf.query.tree import EVERYTHING, And, Node, Or, Term
from tmfusage.tmf.refusals import TmfError, invalid_query

CONTROLS = frozenset({"fields", "offset", "limit", "sort", "after", "before"})
LATER = frozenset({"filter", "depth", "expand"})
_SUFFIXES = {"eq": "eq", "gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}
_SYMBOLS = {">=": "gte", "<=": "lte", "==": "eq", ">": "gt", "<": "lt"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a client asked of a collection."""

    tree: Node = EVERYTHING
    controls: dict[str, str] = field(default_factory=dict)


def parse(query_string: str) -> Parameters:
    """The parameters in the raw (still encoded) query string; TmfError 400, 414 or 501."""
    if not query_string:
        return Parameters()
    if len(query_string) > settings.API_MAX_URL_BYTES:
        limit = settings.API_MAX_URL_BYTES
        raise TmfError(414, "uriTooLong", "The query is too long.", f"The limit is {limit} bytes.")
    controls: dict[str, str] = {}
    groups: list[Node] = []
    for group in _groups(_from_wsgi(query_string)):
        terms = [_term(name, values) for name, values in _pairs(group, controls).items()]
        if terms:
            groups.append(terms[0] if len(terms) == 1 else And(tuple(terms)))
    _bound(groups)
    tree = EVERYTHING if not groups else groups[0] if len(groups) == 1 else Or(tuple(groups))
    return Parameters(tree, controls)


def _from_wsgi(query_string: str) -> str:
    """WSGI hands over bytes as Latin-1; clients that do not encode send UTF-8."""
    try:
        return query_string.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as exc:
        raise invalid_query("The query is not UTF-8.") from exc


def _groups(query_string: str) -> list[str]:
    """The OR-ed parts; `a=1;2` has no second name, so it means `a=1,2`."""
    groups: list[str] = []
    for part in query_string.split(";"):
        lone = "=" not in part and "%3" not in part
        if groups and lone and part:
            groups[-1] += f",{part}"
        elif part:
            groups.append(part)
    return groups


def _pairs(group: str, controls: dict[str, str]) -> dict[tuple[str, str], list[str]]:
    """(name, operator) and its values, repeated ones together; control parameters go to `controls`."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for piece in group.split("&"):
        if not piece:
            continue
        raw_name, _, raw_value = piece.partition("=")
        name = _decode(raw_name)
        if name in LATER:
            raise TmfError(501, "notImplemented", f"The parameter {name} is not supported.")
        if name in CONTROLS:
            _control(controls, name, _decode(raw_value))
            continue
        # `a==1` that was not encoded arrives as a value with an equals sign in front.
        values = [_decode(value) for value in raw_value.removeprefix("=").split(",")]
        name, operator, values = _operator(name, values)
        pairs.setdefault((name, operator), []).extend(values)
    return pairs


def _control(controls: dict[str, str], name: str, value: str) -> None:
    if name == "fields" and name in controls:
        value = f"{controls[name]},{value}"
    elif controls.setdefault(name, value) != value:
        raise invalid_query(f"{name} is given twice with different values.")
    controls[name] = value


def _operator(name: str, values: list[str]) -> tuple[str, str, list[str]]:
    """The attribute, the operator and the values of `a.gte=1`, `a>=1`, `a>1` or `a=1`."""
    for symbol, operator in _SYMBOLS.items():
        attribute, found, rest = name.partition(symbol)
        if found:
            # `a>=1` arrives as the name `a>` with the value 1, `a>1` as a name without a value.
            return attribute, operator, rest.split(",") if rest else values
        if len(symbol) == 2 and name.endswith(symbol[0]):
            return name[:-1], operator, values
    head, _, suffix = name.rpartition(".")
    if head and suffix in _SUFFIXES:
        return head, _SUFFIXES[suffix], values
    return name, "eq", values


def _term(key: tuple[str, str], values: list[str]) -> Term:
    name, operator = key
    path = tuple(name.split("."))
    if not all(path):
        raise invalid_query(f"{name[:80]!r} is not the name of an attribute.")
    if len(path) > settings.API_MAX_QUERY_DEPTH:
        raise invalid_query(f"{name[:80]!r} is deeper than {settings.API_MAX_QUERY_DEPTH} levels.")
    return Term(path, operator, tuple(values))


def _decode(text: str) -> str:
    try:
        decoded = unquote_plus(text, errors="strict")
    except UnicodeDecodeError as exc:
        raise invalid_query("A parameter is not UTF-8.") from exc
    if len(decoded) > settings.API_MAX_QUERY_VALUE:
        raise invalid_query(f"A value is longer than {settings.API_MAX_QUERY_VALUE} characters.")
    try:
        check_text(decoded)
    except TmfError as exc:
        raise invalid_query(exc.message) from exc
    return decoded


def _bound(groups: list[Node]) -> None:
    terms = sum(len(group.parts) if isinstance(group, And) else 1 for group in groups)
    if terms > settings.API_MAX_QUERY_TERMS:
        raise invalid_query(f"There are {terms} terms; the limit is {settings.API_MAX_QUERY_TERMS}.")
