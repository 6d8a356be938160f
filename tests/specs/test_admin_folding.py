"""A specification with many characteristics: its rows are folded, open one by one, and keep what they do not send."""

import pytest

from specs.models import UsageSpecification
from tests.browsing import browsing, keep_picture, needs_browser, session_of
from tests.specs.test_admin import LIST, form_of, manager, member  # noqa: F401
from tests.specs.test_admin_editing import names, sent_again
from tests.specs.test_admin_form import errors
from tmfusage.access import roles

MANY = 300


def large(count: int = MANY) -> UsageSpecification:
    listed = [
        {
            "name": f"c{number}",
            "valueType": "string",
            "minCardinality": 0,
            "characteristicValueSpecification": [{"value": "A"}, {"value": "B"}],
        }
        for number in range(count)
    ]
    return UsageSpecification.receive({"name": "Large", "specCharacteristic": listed}, "client:test")


def url_of(specification: UsageSpecification, *opened: int) -> str:
    keys = list(specification.characteristics.values_list("pk", flat=True))
    return f"{LIST}{specification.pk}/change/?" + "&".join(f"open={keys[position]}" for position in opened)


@pytest.mark.django_db
def test_three_hundred_characteristics_open_and_save(manager, settings):  # noqa: F811
    specification = large()
    page = manager.get(url_of(specification))
    assert len(page.content) < 8_000 * MANY
    sent = {**form_of(manager, url_of(specification)), "description": "changed"}
    assert len(sent) < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS / 2
    assert manager.post(url_of(specification), sent).status_code == 302
    after = UsageSpecification.objects.get().members
    assert (after["description"], after["specCharacteristic"]) == (
        "changed",
        specification.members["specCharacteristic"],
    )


@pytest.mark.django_db
def test_the_page_asks_the_database_as_often_for_many(manager, django_assert_max_num_queries):  # noqa: F811
    specification = large()
    with django_assert_max_num_queries(12):
        assert manager.get(url_of(specification)).status_code == 200


@pytest.mark.django_db
def test_a_row_that_is_opened_comes_alone(manager):  # noqa: F811
    page = manager.get(f"{url_of(large(), 250)}&alone=1").content.decode()
    assert ('value="c250"' in page, "c249" in page, "data-open" in page) == (True, False, False)
    assert manager.get(f"{url_of(large(1))}&alone=1&open=x&open=99999999999999999999").status_code == 200


@pytest.mark.django_db
def test_an_opened_row_is_changed_and_folded_rows_are_moved_and_deleted(manager):  # noqa: F811
    specification = large(30)
    sent = form_of(manager, url_of(specification, 2))
    assert "characteristics-2-values-1-value" in sent
    changes = {
        "characteristics-2-values-1-value": '"C"',
        "characteristics-2-relationships": '[{"relationshipType": "requires", "name": "c1"}]',
        "characteristics-0-DELETE": "on",
        "characteristics-1-position": "99",
    }
    assert manager.post(url_of(specification), {**sent, **changes}).status_code == 302
    after = UsageSpecification.objects.get().members["specCharacteristic"]
    assert [each["name"] for each in after] == [f"c{number}" for number in [*range(2, 30), 1]]
    assert [each["value"] for each in after[0]["characteristicValueSpecification"]] == ["A", "C"]
    assert after[0]["charSpecRelationship"] == [{"relationshipType": "requires", "name": "c1"}]
    assert after[1:-1] == specification.members["specCharacteristic"][3:]
    (shown,) = manager.get(url_of(specification)).context["inline_admin_formsets"]
    assert [row.instance.name for row in shown.formset.forms] == [each["name"] for each in after]


@pytest.mark.django_db
def test_what_is_wrong_with_a_folded_row_stands_in_it(manager):  # noqa: F811
    specification = large(30)
    sent = {**form_of(manager, url_of(specification, 2)), "characteristics-2-name": "c7"}
    answer = manager.post(url_of(specification), sent)
    assert errors(answer)["characteristics-7-__all__"]
    assert "$.specCharacteristic[7]" in answer.content.decode()


@pytest.mark.django_db
def test_a_folded_row_that_somebody_removed_meanwhile_stays_gone(manager):  # noqa: F811
    specification = large(30)
    opened = form_of(manager, url_of(specification, 2))
    kept = [each for each in specification.members["specCharacteristic"] if each["name"] != "c5"]
    specification.amend({**specification.members, "specCharacteristic": kept}, "client:other")
    first = manager.post(url_of(specification, 2), {**opened, "description": "second"})
    assert "Somebody else removed this characteristic" in first.content.decode()
    second = manager.post(url_of(specification), sent_again(first))
    assert second.status_code == 302, errors(second)
    assert names(specification) == [each["name"] for each in kept]


@pytest.mark.django_db
def test_who_only_looks_opens_rows_as_well():
    client, specification = member("Auditor"), large(30)
    assert "c29" in client.get(url_of(specification)).content.decode()
    assert "data-open" in client.get(url_of(specification)).content.decode()
    assert client.get(url_of(specification, 0)).content.decode().count("data-open=") == 29


@needs_browser
@pytest.mark.django_db(transaction=True)
def test_a_row_is_opened_in_its_place_and_saved(live_server):
    url = url_of(large(30))
    with browsing(live_server.url, session_of(roles.PRODUCT_MANAGER)) as (page, complaints):
        page.goto(url)
        page.fill("input[name=name]", "Typed before")
        page.get_by_role("link", name="Open", exact=True).nth(2).click()
        page.fill("input[name=characteristics-2-regex]", "[A-Z]")
        page.locator("#characteristics-2-values-data .add-row").click()
        page.fill("textarea[name=characteristics-2-values-2-value]", '"C"')
        keep_picture(page, "specification-folded")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was changed successfully").wait_for()
    assert complaints == []
    after = UsageSpecification.objects.get().members
    changed = after["specCharacteristic"][2]
    assert (after["name"], changed["regex"], len(after["specCharacteristic"])) == ("Typed before", "[A-Z]", 30)
    assert {each["value"] for each in changed["characteristicValueSpecification"]} == {"A", "B", "C"}


@needs_browser
@pytest.mark.django_db(transaction=True)
def test_a_row_that_would_be_too_much_to_send_is_not_opened_and_says_why(live_server, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, url = 220, url_of(large(30))
    with browsing(live_server.url, session_of(roles.PRODUCT_MANAGER)) as (page, complaints):
        page.goto(url)
        page.get_by_role("link", name="Open", exact=True).first.click()
        page.get_by_text("setting ADMIN_MAX_FORM_FIELDS").wait_for()
        assert page.locator("input[name=characteristics-0-name]").count() == 0
    assert complaints == []
