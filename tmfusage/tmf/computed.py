"""Members that a resource shows but does not store, because they follow from its columns: as SQL, for filters and sort.

A model declares them once, `computed`: the wire path of each scalar with its kind and an SQL expression of the row
`t`. The objects around them are made from that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_TEXT_OF_MOMENT = (
    "(regexp_replace(to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '[.]0{{6}}$', '') || 'Z')"
)


@dataclass(frozen=True, slots=True)
class Computed:
    """A scalar that is computed: number, text, moment or flag; the SQL expression is NULL where it is absent."""

    kind: str
    sql: str

    @property
    def json(self) -> str:
        """The scalar as an SQL expression of jsonb."""
        return f"to_jsonb({_TEXT_OF_MOMENT.format(self.sql) if self.kind == 'moment' else self.sql})"


def members_of(computed: Mapping[str, Computed]) -> dict[str, str]:
    """The first-level members as SQL expressions of jsonb, NULL where they are absent."""
    scalars = {tuple(path.split(".")): each.json for path, each in computed.items()}
    return {name: _object(name, scalars) for name in dict.fromkeys(path[0] for path in scalars)}


def _object(name: str, scalars: Mapping[tuple[str, ...], str]) -> str:
    inner = {path[1:]: sql for path, sql in scalars.items() if path[0] == name}
    if () in inner:
        return inner[()]
    parts = ", ".join(f"'{each}', {_object(each, inner)}" for each in dict.fromkeys(path[0] for path in inner))
    return f"NULLIF(jsonb_strip_nulls(jsonb_build_object({parts})), '{{}}'::jsonb)"
