"""Values in the form of a specification: texts need no quotes, and everything wrong is told at once."""

import pytest

from specs.models import UsageSpecification
from tests.browsing import browsing, needs_browser, session_of
from tests.specs.test_admin import LIST, form_of, manager, new_form  # noqa: F401
from tests.specs.test_admin_form import errors
from tmfusage.access import roles

FIRST, VALUE = "characteristics-0", "characteristics-0-values-0-value"
ADD = f"{LIST}add/"


def stored_values() -> list:
    (characteristic,) = UsageSpecification.objects.get().members["specCharacteristic"]
    return [each.get("value") for each in characteristic["characteristicValueSpecification"]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value_type", "typed", "stored"),
    [
        ("string", "SEC", "SEC"),
        ("string", " 1.0 beta ", "1.0 beta"),
        ("string", '"SEC"', "SEC"),
        ("string", '"null"', "null"),
        ("date", "2026-01-31", "2026-01-31"),
        ("dateTime", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("", '"SEC"', "SEC"),
    ],
)
def test_a_text_needs_no_quotes_where_only_texts_are_meant(manager, value_type, typed, stored):  # noqa: F811
    one = {"characteristics-0-values-TOTAL_FORMS": "1"}
    sent = {**new_form(), **one, f"{FIRST}-value_type": value_type, VALUE: typed}
    answer = manager.post(ADD, sent)
    assert answer.status_code == 302, errors(answer)
    assert stored_values()[0] == stored
    url = f"{LIST}{UsageSpecification.objects.get().pk}/change/"
    assert form_of(manager, url)[VALUE] == f'"{stored}"'
    assert manager.post(url, form_of(manager, url)).status_code == 302
    assert stored_values()[0] == stored


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("types", "typed"),
    [(("", ""), "SEC"), (("string", "integer"), "SEC"), (("string", ""), '"SEC'), (("string", ""), "[1")],
)
def test_other_text_is_told_at_its_field_and_at_the_top(manager, types, typed):  # noqa: F811
    own = {f"{FIRST}-value_type": types[0], "characteristics-0-values-0-value_type": types[1], VALUE: typed}
    answer = manager.post(ADD, {**new_form(), **own})
    assert errors(answer) == {VALUE: ["Enter a valid JSON."]}
    assert "Please correct the errors below." in answer.content.decode()


@pytest.mark.django_db
def test_everything_wrong_is_told_at_once(manager):  # noqa: F811
    wrong = {
        VALUE: "{", f"{FIRST}-regex": "(", f"{FIRST}-min_cardinality": "3", f"{FIRST}-max_cardinality": "1",
        "valid_from_0": "2026-02-01", "valid_from_1": "00:00", "valid_to_0": "2026-01-01", "valid_to_1": "00:00",
    }  # fmt: skip
    told = errors(manager.post(ADD, {**new_form(), **wrong}))
    assert set(told) == {VALUE, f"{FIRST}-regex", f"{FIRST}-max_cardinality", "valid_to"}
    assert not UsageSpecification.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ['"\\ud800"', '"\\u0000"', "NaN", "[" * 200 + "]" * 200])
def test_json_that_the_api_does_not_take_is_told_at_its_field(manager, typed):  # noqa: F811
    changes = {"extension": f'{{"x": {typed}}}', f"{FIRST}-value_type": "", VALUE: typed}
    assert set(errors(manager.post(ADD, {**new_form(), **changes}))) == {"extension", VALUE}


@pytest.mark.django_db
def test_no_value_is_shown_as_nothing(manager):  # noqa: F811
    page = manager.get(ADD).content.decode()
    field = page.partition('name="characteristics-__prefix__-values-__prefix__-value"')[2]
    assert field.partition(">")[2].partition("</textarea>")[0].strip() == ""


@needs_browser
@pytest.mark.django_db(transaction=True)
def test_the_browser_takes_a_text_without_quotes_as_well(live_server):
    with browsing(live_server.url, session_of(roles.PRODUCT_MANAGER)) as (page, complaints):
        page.goto(ADD)
        page.get_by_text("Add another Characteristic").click()
        page.get_by_text("Add another Allowed value").first.click()
        field = page.locator(f"textarea[name={VALUE}]")
        for value_type, invalid in (("integer", "true"), ("string", "false")):
            page.select_option(f"select[name={FIRST}-value_type]", value_type)
            field.fill("SEC")
            page.locator("input[name=name]").focus()
            assert field.get_attribute("aria-invalid") == invalid
    assert complaints == []
