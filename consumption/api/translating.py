"""Filters and sort keys in v5's words, in those of the stored document."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from tmfusage.tmf.query.parameters import Parameters
from tmfusage.tmf.query.tokens import unsupported
from tmfusage.tmf.query.tree import Member, Path, Term

_EVERYWHERE = {"bucket": "bucketRefOrValue"}
_GONE = "partyOrPartyRole"
# Below the first level, where no name differs.
_BELOW: Mapping[str, str] = {}


def translated(parameters: Parameters, first: Mapping[str, str]) -> Parameters:
    """The parameters in v4's words; `first` are names that differ on the first level only."""
    controls = dict(parameters.controls)
    if "sort" in controls:
        controls["sort"] = ",".join(_key(key.strip(), first) for key in controls["sort"].split(","))
    return replace(parameters, controls=controls, tree=_node(parameters.tree, first))


def _key(key: str, first: Mapping[str, str]) -> str:
    sign = key[:1] if key[:1] in {"-", "+"} else ""
    return sign + ".".join(_names(tuple(key.removeprefix(sign).split(".")), first))


def _names(names: tuple[str, ...], first: Mapping[str, str]) -> tuple[str, ...]:
    if first is _BELOW or len(names) > 1:
        _refuse_class(names[-1])
    kept = [_EVERYWHERE.get(name, name) for name in names if name != _GONE]
    return (first.get(kept[0], kept[0]), *kept[1:]) if kept else names


def _node(node: Any, first: Mapping[str, str]) -> Any:
    if isinstance(node, Term):
        return replace(node, path=_names(node.path, first))
    if isinstance(node, Path):
        kept = [step for step in node.steps if not (isinstance(step, Member) and step.name == _GONE)]
        return Path(tuple(_step(step, first if at == 0 else _BELOW) for at, step in enumerate(kept)))
    if isinstance(node, tuple):
        return tuple(_node(each, first) for each in node)
    if is_dataclass(node) and not isinstance(node, type):
        # Conditions on elements stand below the first level.
        return replace(node, **{each.name: _node(getattr(node, each.name), first) for each in fields(node)})
    return node


def _step(step: Any, first: Mapping[str, str]) -> Any:
    if isinstance(step, Member):
        return Member(_names((step.name,), first)[0])
    # A condition at the beginning is one on the resource itself.
    return _node(step, first)


def _refuse_class(name: str) -> None:
    """Classes of parts are given to them on their way out: a filter would not find what an answer shows."""
    if name == "@type":
        raise unsupported("@type below the first level is not stored, so it can be neither filtered nor sorted by.")
