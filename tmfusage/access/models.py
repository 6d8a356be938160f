"""API clients and their keys; a key itself is shown once and never stored."""

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tmfusage.access import keys
from tmfusage.access.repeating import IdempotencyKey, SenderKey
from tmfusage.access.scopes import KNOWN_SCOPES, Scope
from tmfusage.tmf.resources import new_id

__all__ = ["ApiClient", "ApiKey", "IdempotencyKey", "SenderKey"]


class ApiClient(models.Model):
    """A system that calls the API: what it may do, and for whom."""

    id = models.CharField(_("id"), primary_key=True, max_length=36, default=new_id, db_collation="C", editable=False)
    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        validators=[ProhibitNullCharactersValidator()],
        help_text=_("Stands in the history of what the client writes, as client:name."),
    )
    description = models.TextField(_("description"), blank=True)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope), verbose_name=_("scopes"), default=list)
    party = models.CharField(
        _("party"),
        max_length=255,
        blank=True,
        validators=[ProhibitNullCharactersValidator()],
        help_text=_("Id of a party: the client then sees and writes only what names it in relatedParty."),
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Switch this off to refuse all keys of the client.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.CharField(_("created by"), max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse scopes that do not exist; each stands once, in order."""
        unknown = sorted(set(self.scopes) - KNOWN_SCOPES)
        if unknown:
            raise ValidationError({"scopes": _("Unknown scopes: %(scopes)s.") % {"scopes": ", ".join(unknown)}})
        self.scopes = [scope for scope in Scope.values if scope in self.scopes]

    @property
    def label(self) -> str:
        """How the client is named in logs and histories."""
        return f"client:{self.name}"

    def issue_key(self, expires_at: datetime | None = None, by: str = "") -> tuple["ApiKey", str]:
        """A new key, and its text, which nobody can read again."""
        plain = keys.generate()
        return self._keep(plain, keys.prefix_of(plain) or "", expires_at, by), plain

    def adopt_key(self, plain: str, by: str = "") -> "ApiKey":
        """Accept a key that was generated elsewhere in our format; adopting it again changes nothing."""
        prefix = keys.prefix_of(plain)
        if prefix is None:
            raise ValidationError(_("This is not an API key: tmfu_, 8 letters or digits, _ and 43 characters."))
        known = ApiKey.objects.filter(prefix=prefix).first()
        if known is None:
            return self._keep(plain, prefix, None, by)
        if known.client_id != self.pk or not known.matches(keys.digest_of(plain)):
            raise ValidationError(_("Another key has this prefix already."))
        return known

    def _keep(self, plain: str, prefix: str, expires_at: datetime | None, by: str) -> "ApiKey":
        digest = keys.digest_of(plain)
        return self.keys.create(prefix=prefix, digest=digest, expires_at=expires_at, created_by=by)


class ApiKeyQuerySet(models.QuerySet):
    """Finds keys by what they still open."""

    def valid(self) -> Self:
        """Keys that open something now: not revoked, not expired, of an active client."""
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, revoked_at__isnull=True, client__is_active=True)

    def note_use(self, at: datetime, every: timedelta) -> int:
        """Write down that the keys were used, unless that was done less than `every` ago."""
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at - every)
        return self.filter(stale).update(last_used_at=at)


class ApiKey(models.Model):
    """A key of an API client, known by its prefix and its SHA-256 only."""

    class State(models.TextChoices):
        """What became of a key."""

        ACTIVE = "active", _("Active")
        REPLACED = "replaced", _("Replaced, works until it expires")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="keys", verbose_name=_("API client"))
    prefix = models.CharField(_("prefix"), max_length=8, unique=True, editable=False)
    digest = models.CharField(_("SHA-256"), max_length=64, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.CharField(_("created by"), max_length=255, blank=True, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    replaced_by = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at", "-pk"]
        permissions = [("issue_apikey", _("Can issue, rotate and revoke API keys"))]

    def __str__(self) -> str:
        return f"{keys.MARK}{self.prefix}_…"

    @property
    def state(self) -> State:
        """What the key is now."""
        if self.revoked_at:
            return self.State.REVOKED
        if self.expires_at and self.expires_at <= timezone.now():
            return self.State.EXPIRED
        return self.State.REPLACED if self.replaced_by_id else self.State.ACTIVE

    def matches(self, digest: str) -> bool:
        """Whether the digest is this key's, compared in constant time."""
        return secrets.compare_digest(self.digest, digest)

    @transaction.atomic
    def rotate(self, overlap: timedelta | None = None, by: str = "") -> tuple["ApiKey", str]:
        """A new key with the same lifetime, and its text; this one works for `overlap` more."""
        self._lock()
        if self.state != self.State.ACTIVE:
            raise ValidationError(_("Only an active key can be rotated; issue a new one instead."))
        now = timezone.now()
        lifetime = self.expires_at - self.created_at if self.expires_at else None
        successor, plain = self.client.issue_key(now + lifetime if lifetime else None, by)
        ending = now + (settings.API_KEY_ROTATION_OVERLAP if overlap is None else max(overlap, timedelta()))
        self.expires_at = min(ending, self.expires_at or ending)
        self.replaced_by = successor
        self.save(update_fields=["expires_at", "replaced_by"])
        return successor, plain

    @transaction.atomic
    def revoke(self) -> None:
        """End the key for good; processes that know it forget it within API_KEY_CACHE_SECONDS."""
        self._lock()
        if not self.revoked_at:
            self.revoked_at = timezone.now()
            self.save(update_fields=["revoked_at"])

    def _lock(self) -> None:
        """Two members of staff may press the same button at once."""
        self.refresh_from_db(from_queryset=ApiKey.objects.select_for_update())
