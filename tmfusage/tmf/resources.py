"""Resource: what every entity of the TMF APIs has in common."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Self
from urllib.parse import quote

import uuid_utils
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tmfusage.tmf import exact
from tmfusage.tmf.computed import Computed
from tmfusage.tmf.statements import execute

ID_CHARACTERS = r"[A-Za-z0-9._~+:@=,-]{1,255}"


def new_id() -> str:
    """A UUIDv7: new rows are neighbours in the index."""
    return str(uuid_utils.uuid7())


class DocumentField(models.Field):
    """JSON text kept to the letter (PostgreSQL `json`): as str in Python, never through float."""

    description = _("JSON text")

    def db_type(self, connection) -> str:
        """PostgreSQL's `json`, which stores the text itself."""
        return "json"

    def select_format(self, compiler, sql, params):
        """Read as text, so that no driver parses it."""
        return f"{sql}::text", params

    def get_placeholder(self, value, compiler, connection) -> str:
        """Sent as text, stored as json."""
        return "%s::json"

    def value_to_string(self, obj: models.Model) -> Any:
        """The text for Django's serialisers."""
        return self.value_from_object(obj)


class Resource(models.Model):
    """An entity with an opaque id, a type, a revision, and its document in the wire's words.

    `document` holds every member except those that are columns spliced in when it is shown:
    id, href, @type and what `spliced` names; and those that are `computed` from columns.
    """

    spliced: ClassVar[dict[str, str]] = {}
    computed: ClassVar[Mapping[str, Computed]] = {}
    # Columns with an index that ends with the id, and the columns in between with all values they may have.
    walked: ClassVar[Mapping[str, Mapping[str, Sequence[str]]]] = {}

    id = models.CharField(
        _("id"),
        primary_key=True,
        max_length=255,
        default=new_id,
        db_collation="C",
        editable=False,
        validators=[RegexValidator(rf"^{ID_CHARACTERS}$")],
    )
    type = models.CharField(_("@type"), max_length=255, db_collation="C")
    revision = models.PositiveBigIntegerField(_("revision"), default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.CharField(_("created by"), max_length=255, editable=False)
    last_update = models.DateTimeField(_("last update"), default=timezone.now, editable=False)
    party_ids = ArrayField(models.TextField(), verbose_name=_("related parties"), default=list, editable=False)
    document = DocumentField(_("document"), default="{}", editable=False)

    class Meta:
        abstract = True

    @property
    def members(self) -> dict[str, Any]:
        """The document as a dict, parsed anew: numbers are int or Decimal."""
        return exact.loads(self.document.encode())

    @members.setter
    def members(self, members: dict[str, Any]) -> None:
        members = {key: item for key, item in members.items() if key not in {"id", "href", "@type", *self.spliced}}
        self.document = exact.dumps(members).decode()
        self.promote(members)

    @property
    def shown(self) -> dict[str, Any]:
        """The complete resource but for its href, which depends on the request."""
        spliced = {wire: getattr(self, column) for wire, column in self.spliced.items()}
        return {"id": self.id, "@type": self.type, **spliced, **self.members}

    def promote(self, members: dict[str, Any]) -> None:
        """Fill the columns that are derived from the document."""
        self.party_ids = distinct(party["id"] for party in members.get("relatedParty", ()))

    @classmethod
    def receive(cls, members: dict[str, Any], by: str) -> Self:
        """Store a new resource from checked wire members; `by` is who sent it."""
        raise NotImplementedError

    def amend(self, members: dict[str, Any], by: str) -> None:
        """Replace what this (locked) resource says with checked wire members."""
        raise NotImplementedError

    def remove(self, by: str) -> None:
        """Delete this (locked) resource, or refuse."""
        raise NotImplementedError

    def insert(self, condition: str = "TRUE", values: Sequence[Any] = ()) -> bool:
        """Store this new resource if the condition (SQL of ours) holds at that moment; whether it did.

        The statement is made once per model, which a queryset would do each time.
        """
        statement, row = self.insertion(condition)
        if not execute(statement, [*row, *values]):
            return False
        self._state.adding = False
        return True

    def insertion(self, condition: str = "TRUE") -> tuple[str, list[Any]]:
        """The statement that stores this new resource under the condition, and what is bound before its values."""
        statement, columns = insert_statement(type(self), condition)
        return statement, [getattr(self, column) for column in columns]

    def touch(self) -> None:
        """Count a change."""
        self.revision += 1
        self.last_update = timezone.now()


@cache
def insert_statement(model: type[Resource], condition: str) -> tuple[str, list[str]]:
    """The INSERT of every column of the model under a condition, and the attributes that hold the values."""
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    values = ", ".join(f"%s::{field.db_type(connection)}" for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    statement = f"INSERT INTO {table} ({columns}) SELECT {values} WHERE {condition}"
    return statement, [field.attname for field in fields]


def distinct(values) -> list[str]:
    """The values in order, each once."""
    return list(dict.fromkeys(values))


def different(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The names of the members that differ."""
    return [name for name in distinct([*before, *after]) if before.get(name) != after.get(name)]


def path_id(resource_id: str) -> str:
    """The id as it stands in an href."""
    # Ids made here are letters, digits and dashes.
    plain = resource_id.isascii() and resource_id.replace("-", "").isalnum()
    return resource_id if plain else quote(resource_id, safe="")


class ExactEncoder(json.JSONEncoder):
    """Writes Decimals as JSON numbers."""

    def encode(self, o: Any) -> str:
        """The JSON text."""
        return exact.dumps(o).decode()


class ExactDecoder(json.JSONDecoder):
    """Reads JSON numbers as int or Decimal."""

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "parse_float": Decimal, "parse_int": exact.whole})


class ExactJSONField(models.JSONField):
    """A jsonb column whose numbers are never floats."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("encoder", ExactEncoder)
        kwargs.setdefault("decoder", ExactDecoder)
        super().__init__(*args, **kwargs)
