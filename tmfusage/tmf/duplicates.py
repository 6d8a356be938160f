"""A resource is stored once for each key that it has in its sender's system, such as `externalIdentifier`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from tmfusage.tmf.keeping import Known, digest, store
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.resources import Resource


class Duplicate(Exception):
    """The resource is there already, posted with the same content."""

    def __init__(self, resource_id: str):
        super().__init__(resource_id)
        self.resource_id = resource_id


class Senders:
    """The keys of one kind of resource in the systems of those who send it; `member` names the keys' attribute."""

    def __init__(self, member: str, model: type[Resource], href: Callable[[str], str]):
        self.member, self.kind, self.href = member, model._meta.label_lower, href

    def keys(self, members: dict[str, Any]) -> list[str]:
        """The digests of the keys; none for a resource without."""
        given = members.get(self.member) if self.member else None
        parts = ("owner", "externalIdentifierType", "id")
        return sorted({digest([each.get(part, "") for part in parts]) for each in given or ()})

    def received(self, client: str, members: dict[str, Any], receive: Callable[[], Resource]) -> Resource:
        """The new resource, and its keys with it; Duplicate when it is there, 409 when with other content."""
        keys = self.keys(members)
        if not keys:
            return receive()
        content = digest(members)
        self._refuse(client, keys, content)
        with transaction.atomic():
            created = receive()
            if store().claim(client, self.kind, keys, Known(created.pk, content)):
                return created
            # Another request with the same key was faster.
            transaction.set_rollback(True)
        self._refuse(client, keys, content)
        raise _given_back()

    def amended(self, client: str, before: dict[str, Any], resource: Resource) -> None:
        """Keep the keys in step with a (locked) resource that has changed."""
        members = resource.members
        keys = self.keys(members)
        if keys == self.keys(before):
            return
        if not store().replace(client, self.kind, keys, Known(resource.pk, digest(members))):
            self._refuse(client, keys, "", besides=resource.pk)
            raise _given_back()

    def removed(self, before: dict[str, Any], resource_id: str) -> None:
        """Give the keys of a deleted resource back."""
        if self.keys(before):
            store().release(self.kind, resource_id)

    def _refuse(self, client: str, keys: list[str], content: str, besides: str = "") -> None:
        for known in store().known(client, self.kind, keys):
            if known.content == content:
                raise Duplicate(known.resource_id)
            if known.resource_id != besides:
                reference = self.href(known.resource_id)
                reason = f"The {self.member} belongs to another resource with other content."
                raise TmfError(409, "duplicateUsage", reason, f"See {reference}.", reference=reference)


def _given_back() -> TmfError:
    return TmfError(409, "conflict", "The key of this resource was just given back.", "Try again.")
