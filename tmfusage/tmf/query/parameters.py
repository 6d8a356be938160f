"""A query string becomes control parameters and a tree of filters (TMF630 Part 1 §4.4, Part 6).

`&` is AND and binds tighter than `;`, which is OR; a comma or a repeated attribute is OR over values.
An encoded comma or semicolon is data, so the raw query string is split before anything is decoded.
Several `filter` in one group are OR, and AND with the attribute filters of the group.
"""

import re
from dataclasses import dataclass, field

from django.conf import settings

from tmfusage.tmf.query.fiql import refuse_fiql
from tmfusage.tmf.query.instants import period_of
from tmfusage.tmf.query.jsonpath import leaves, parse_filter, parse_name
from tmfusage.tmf.query.splitting import Raw
from tmfusage.tmf.query.tokens import unsupported
from tmfusage.tmf.query.tree import EVERYTHING, Compare, Exists, Node, Term, all_of, any_of
from tmfusage.tmf.refusals import TmfError, invalid_query

CONTROLS = frozenset({"fields", "offset", "limit", "sort", "after", "before"})
LATER = frozenset({"depth", "expand"})
_SUFFIXES = {name: name for name in ("eq", "ne", "gt", "gte", "lt", "lte", "regex")} | {"exact": "eq"}
# The first that occurs counts. The equals sign between name and value is never encoded, that of a value always.
_OPERATOR = re.compile(
    r"(?P<gte>(?:>|%3E)(?:=|%3D))|(?P<lte>(?:<|%3C)(?:=|%3D))|(?P<ne>(?:!|%21)(?:=|%3D))"
    r"|(?P<regex>=~|%3D(?:~|%7E)|(?:\*|%2A)(?:=|%3D))|(?P<eq>==|%3D=|%3D%3D)"
    r"|(?P<gt>>|%3E)|(?P<lt><|%3C)|(?P<plain>=)",
    re.IGNORECASE,
)


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
    text = _from_wsgi(query_string)
    raw = Raw(text)
    refuse_fiql(raw)
    controls: dict[str, str] = {}
    groups = [node for group in _groups(raw.text) if (node := _group(raw, group, controls)) != EVERYTHING]
    tree = any_of(groups) if groups else EVERYTHING
    if (terms := sum(map(_weight, leaves(tree)))) > settings.API_MAX_QUERY_TERMS:
        raise invalid_query(f"There are {terms} terms; the limit is {settings.API_MAX_QUERY_TERMS}.")
    return Parameters(tree, controls)


def _weight(leaf: Term | Compare | Exists) -> int:
    """For how many terms it counts: one for all values that are looked up, one for each that is worked out."""
    if not isinstance(leaf, Term):
        return 1
    if len(leaf.values) > settings.API_MAX_QUERY_VALUES:
        limit = settings.API_MAX_QUERY_VALUES
        raise invalid_query(f"{leaf.name[:80]} has {len(leaf.values)} values; the limit is {limit}.")
    if leaf.operator not in {"eq", "ne"}:
        return len(leaf.values)
    periods = sum(1 for value in leaf.values if period_of("eq", value))
    return periods + (periods < len(leaf.values))


def _from_wsgi(query_string: str) -> str:
    """WSGI hands over bytes as Latin-1; clients that do not encode send UTF-8."""
    try:
        return query_string.encode("latin-1").decode("utf-8")
    except UnicodeError as exc:
        raise invalid_query("The query is not UTF-8.") from exc


def _groups(text: str) -> list[str]:
    """The OR-ed parts; `a=1;2` has no second name, so it means `a=1,2`."""
    groups: list[str] = []
    for part in text.split(";"):
        if groups and part and not _OPERATOR.search(part.partition("&")[0]):
            groups[-1] += f",{part}"
        elif part:
            groups.append(part)
    return groups


def _group(raw: Raw, group: str, controls: dict[str, str]) -> Node:
    """What is AND-ed; control parameters go to `controls`."""
    pairs: dict[tuple[str, str], list[str]] = {}
    sure: set[tuple[str, str]] = set()
    filters: list[Node] = []
    for piece in group.split("&"):
        if not piece:
            continue
        plain_name, _, value = piece.partition("=")
        name = raw.decode(plain_name)
        if name in LATER:
            raise unsupported(f"The parameter {name} is not served here.")
        if name in CONTROLS:
            _control(controls, name, raw.decode(value))
        elif name == "filter":
            filters.append(parse_filter(raw.decode(value)))
        else:
            key, explicit, values = _pair(raw, piece)
            pairs.setdefault(key, []).extend(values)
            sure |= {key} if explicit else set()
    terms = [_term(key, key in sure, tuple(values)) for key, values in pairs.items()]
    return all_of([*terms, any_of(filters)] if filters else terms)


def _control(controls: dict[str, str], name: str, value: str) -> None:
    if name == "fields" and name in controls:
        value = f"{controls[name]},{value}"
    elif controls.setdefault(name, value) != value:
        raise invalid_query(f"{name} is given twice with different values.")
    controls[name] = value


def _pair(raw: Raw, piece: str) -> tuple[tuple[str, str], bool, list[str]]:
    """The attribute and operator, whether that was written, and the values of `a.gte=1`, `a>=1`, `a>1` or `a=1`."""
    match = _OPERATOR.search(piece)
    if match is None:
        name, operator, rest = piece, "plain", ""
    else:
        name, operator, rest = piece[: match.start()], str(match.lastgroup), piece[match.end() :]
    if operator not in {"plain", "regex"} and not match[0].endswith("="):  # type: ignore[index]
        # `a%3E%3D=1`: the operator is encoded and the equals sign of the pair still to come.
        rest = rest.removeprefix("=")
    # A pattern is one value: commas have a meaning of their own in it.
    head, _, suffix = (decoded := raw.decode(name)).rpartition(".")
    explicit = operator != "plain"
    if not explicit:
        explicit = bool(head) and suffix in _SUFFIXES
        decoded, operator = (head, _SUFFIXES[suffix]) if explicit else (decoded, "eq")
    pieces = [rest] if operator == "regex" else rest.split(",")
    return (decoded, operator), explicit, [raw.decode(each) for each in pieces]


def _term(key: tuple[str, str], explicit: bool, values: tuple[str, ...]) -> Node:
    name, operator = key
    if "[" in name:
        return parse_name(name, operator, values)
    path = tuple(name.split("."))
    if not all(path):
        raise invalid_query(f"{name[:80]!r} is not the name of an attribute.")
    if len(path) > settings.API_MAX_QUERY_DEPTH:
        raise invalid_query(f"{name[:80]!r} is deeper than {settings.API_MAX_QUERY_DEPTH} levels.")
    return Term(path, operator, values, explicit)
