"""Secrets at rest: unreadable without a key, readable through every change of keys."""

import base64

import pytest

from tmfusage.hub.vault import Sealed, new_secret, seal, unseal


def test_a_secret_is_32_random_bytes_as_standard_webhooks_writes_them():
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != new_secret()


@pytest.mark.parametrize("text", ["", "whsec_abc", "Bearer é\n", "x" * 10_000])
def test_what_is_sealed_opens_again_and_does_not_show(text):
    sealed = seal(text)
    assert unseal(sealed) == text
    assert not text or text not in sealed
    assert sealed != seal(text)


def test_what_was_sealed_before_the_keys_were_set_still_opens(settings):
    sealed = seal("whsec_x")
    settings.HUB_SECRET_KEYS = ["first"]
    assert unseal(sealed) == "whsec_x"


def test_keys_change_by_putting_a_new_one_in_front(settings):
    settings.HUB_SECRET_KEYS = ["old"]
    sealed = seal("whsec_x")
    settings.HUB_SECRET_KEYS = ["new", "old"]
    assert unseal(sealed) == "whsec_x"
    sealed_anew = seal("whsec_x")
    settings.HUB_SECRET_KEYS = ["new"]
    assert unseal(sealed_anew) == "whsec_x"
    with pytest.raises(Sealed):
        unseal(sealed)


def test_a_changed_letter_or_a_lost_key_opens_nothing(settings):
    sealed = seal("whsec_x")
    for damaged in (sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:], sealed[:20], "", "é"):
        with pytest.raises(Sealed):
            unseal(damaged)
    settings.SECRET_KEY = "another-key"
    with pytest.raises(Sealed) as refused:
        unseal(sealed)
    assert sealed not in str(refused.value)


def test_a_former_secret_key_still_opens(settings):
    sealed = seal("whsec_x")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key"
    assert unseal(sealed) == "whsec_x"
