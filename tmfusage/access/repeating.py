"""What clients have sent already: answers by `Idempotency-Key`, and resources by keys of the sender's own system."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tmfusage.tmf.keeping import Answer, Known
from tmfusage.tmf.statements import execute, fetch_one


class IdempotencyKey(models.Model):
    """A key that a client sent with a request, and what was answered to it."""

    client_id = models.CharField(_("API client"), max_length=255, db_collation="C")
    key = models.CharField(_("key"), max_length=255, db_collation="C")
    fingerprint = models.CharField(_("fingerprint of the request"), max_length=64, db_collation="C", default="")
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("answer"), default="")
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["client_id", "key"], name="access_key_sent_once")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.key}"


class SenderKey(models.Model):
    """The digest of a key in a client's own system, and the resource that it stands for."""

    client_id = models.CharField(_("API client"), max_length=255, db_collation="C")
    kind = models.CharField(_("kind of resource"), max_length=100, db_collation="C")
    digest = models.CharField(_("digest of the key"), max_length=64, db_collation="C")
    resource_id = models.CharField(_("resource"), max_length=255, db_collation="C")
    content = models.CharField(_("digest of the content"), max_length=64, db_collation="C")

    class Meta:
        verbose_name = _("key of a sender")
        verbose_name_plural = _("keys of senders")
        constraints = [models.UniqueConstraint(fields=["client_id", "kind", "digest"], name="access_sender_key_once")]
        indexes = [models.Index(fields=["resource_id", "kind"], name="access_sender_resource")]

    def __str__(self) -> str:
        return f"{self.kind} {self.resource_id}"


_BEGIN = """
INSERT INTO access_idempotencykey (client_id, key, fingerprint, status, headers, body, created_at)
VALUES (%s, %s, '', 0, '{}', '', clock_timestamp()) ON CONFLICT (client_id, key) DO NOTHING
"""
_CLAIM = """
INSERT INTO access_senderkey (client_id, kind, digest, resource_id, content)
SELECT %s, %s, digest, %s, %s FROM unnest(%s::text[]) AS digest ON CONFLICT (client_id, kind, digest) DO NOTHING
"""
_OWNER = "SELECT client_id FROM access_senderkey WHERE resource_id = %s AND kind = %s LIMIT 1"


class Sent:
    """The store that `tmfusage.tmf` asks; each statement runs in the transaction of the request."""

    def begin(self, client: str, key: str) -> bool:
        """Take the key; False when it is taken, after a request under way with it has ended."""
        return execute(_BEGIN, [client, key]) == 1

    def finish(self, client: str, key: str, answer: Answer) -> None:
        """Keep what was answered."""
        IdempotencyKey.objects.filter(client_id=client, key=key).update(
            fingerprint=answer.fingerprint, status=answer.status, headers=answer.headers, body=answer.body
        )

    def answered(self, client: str, key: str) -> Answer | None:
        """What was answered to the request that took the key."""
        kept = IdempotencyKey.objects.filter(client_id=client, key=key).exclude(status=0).first()
        return Answer(kept.fingerprint, kept.status, kept.body, kept.headers) if kept else None

    def known(self, client: str, kind: str, digests: Iterable[str]) -> list[Known]:
        """What the sender's keys stand for."""
        found = SenderKey.objects.filter(client_id=client, kind=kind, digest__in=list(digests))
        return [Known(each.resource_id, each.content) for each in found]

    def claim(self, client: str, kind: str, digests: Iterable[str], known: Known) -> bool:
        """Let the free keys stand for the resource; False when one is taken."""
        wanted = list(digests)
        return execute(_CLAIM, [client, kind, known.resource_id, known.content, wanted]) == len(wanted)

    def replace(self, client: str, kind: str, digests: Iterable[str], known: Known) -> bool:
        """Let these keys, and no others, stand for the resource: they stay its first sender's."""
        owner = fetch_one(_OWNER, [known.resource_id, kind])
        wanted, held = set(digests), SenderKey.objects.filter(resource_id=known.resource_id, kind=kind)
        # First the new ones, in one order for everybody: two that exchange keys are refused instead of waiting for
        # each other.
        added = sorted(wanted.difference(held.values_list("digest", flat=True)))
        if not self.claim(owner[0] if owner else client, kind, added, known):
            return False
        held.exclude(digest__in=wanted).delete()
        held.update(content=known.content)
        return True

    def release(self, kind: str, resource_id: str) -> None:
        """Forget the keys of a resource."""
        SenderKey.objects.filter(resource_id=resource_id, kind=kind).delete()


def forget(before: Any, batch: int) -> int:
    """Delete the idempotency keys from before then, in batches; how many there were."""
    forgotten = 0
    while keys := list(IdempotencyKey.objects.filter(created_at__lt=before).values_list("pk", flat=True)[:batch]):
        forgotten += IdempotencyKey.objects.filter(pk__in=keys).delete()[0]
    return forgotten
