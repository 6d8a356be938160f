"""A resource in the words of one API version: declared once, compiled into one checking pass.

The declaration (a DRF serializer) is what the checker, the filters, the sort and the OpenAPI document
read. `Meta.legacy` maps spellings of older versions and of vendors to the official name; `Meta.columns`
says which dotted attribute is kept in which column of the model.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from rest_framework import serializers

from tmfusage.tmf.attributes import ABSENT, Check, Identifier, Text, TypeName, Uri, Violations, _wrong
from tmfusage.tmf.violations import Violation


class Representation(serializers.Serializer):
    """Base of every object of an API: its fields carry the wire's names."""

    class Meta:
        legacy: dict[str, str] = {}
        columns: dict[str, str] = {}
        # The attribute that holds the keys of the resource in its sender's system, if there is one.
        identity = ""

    @classmethod
    def prepare(cls, members: dict) -> dict:
        """The members before they are checked: a place to mend shapes of older versions."""
        return members

    @classmethod
    def meta(cls, name: str) -> Any:
        """The Meta option, or its default."""
        return getattr(cls.Meta, name, getattr(Representation.Meta, name))


class Extensible(Representation):
    """An object that may be sub-classed: it says its class, its super-class and where its schema stands."""

    # Python has no names such as `@type`; a class body's namespace takes them all the same.
    vars()["@type"] = TypeName(required=False, help_text="The concrete class of the object.")
    vars()["@baseType"] = TypeName(required=False, help_text="The class that @type extends.")
    vars()["@schemaLocation"] = Uri(required=False, help_text="A JSON Schema that describes additional members.")


class Referring(Extensible):
    """An object that refers to an entity kept somewhere."""

    vars()["@referredType"] = Identifier(required=False, folded=True, help_text="The class of the referred entity.")


@cache
def checker_of(representation: type[Representation]) -> Check:
    """The check of one object, compiled once: returns the members to store, reports every broken rule."""
    declared = representation().fields
    required = dict.fromkeys(name for name, field in declared.items() if field.required).keys()
    legacy, prepare = representation.meta("legacy"), _prepare_of(representation)
    known = {name: (name, _member_check(field), _plain(field)) for name, field in declared.items()}
    known |= {spelling: known[name] for spelling, name in legacy.items()}
    ignored = {name for name, field in declared.items() if field.read_only}
    strict = settings.STRICT_MEMBERS

    def check(value: Any, path: str, violations: Violations) -> Any:
        if not isinstance(value, dict):
            return _wrong(violations, path, "an object", value)
        result: dict[str, Any] = {}
        for sent, item in (prepare(value) if prepare else value).items():
            name, member, plain = known.get(sent) or (sent, None, 0)
            if plain and item and type(item) is str and len(item) <= plain and name not in result:
                # Most members are such strings: there is nothing to check and no path to tell.
                result[name] = item
                continue
            if item is None or name in ignored:
                continue
            if member:
                item = member(item, f"{path}.{name}", violations)
            elif strict:
                violations.append(Violation(f"{path}.{name}", "unexpectedProperty", "is not known here"))
            if name in result and result[name] != item:
                message = "is given twice, also under an older name, with different values"
                violations.append(Violation(f"{path}.{name}", "invalidValue", message))
            if item is not ABSENT:
                result[name] = item
        if not required <= result.keys():
            missing = [f"{path}.{name}" for name in required if name not in result]
            violations += [Violation(each, "missingProperty", "is required") for each in missing]
        return result

    return check


def _prepare_of(representation: type[Representation]) -> Callable[[dict], dict] | None:
    """Its way to mend older shapes, if it has one of its own."""
    mends = representation.prepare.__func__ is not Representation.prepare.__func__  # type: ignore[attr-defined]
    return representation.prepare if mends else None


def _plain(field: serializers.Field) -> int:
    """Up to how many characters any text that is not empty passes unchecked and unchanged; 0 for none."""
    return field.longest if isinstance(field, Text) and type(field) in {Text, Identifier} and not field.read_only else 0


def _member_check(field: serializers.Field) -> Check:
    if isinstance(field, serializers.ListSerializer) and isinstance(field.child, Representation):
        return _list_check(checker_of(type(field.child)))
    if isinstance(field, Representation):
        return checker_of(type(field))
    return field.check  # type: ignore[attr-defined]


def _list_check(element: Check) -> Check:
    def check(value: Any, path: str, violations: Violations) -> Any:
        if isinstance(value, dict):
            return _wrong(violations, path, "an array", value)
        if not isinstance(value, list):
            return ABSENT if value == "" else _wrong(violations, path, "an array", value)
        return [element(item, f"{path}[{index}]", violations) for index, item in enumerate(value)]

    return check
