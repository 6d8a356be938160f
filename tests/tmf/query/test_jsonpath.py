"""JSONPath filters: what is understood, what is refused, and where."""

import pytest

from tmfusage.tmf.query.binding import bind_steps
from tmfusage.tmf.query.jsonpath import parse_filter, parse_path
from tmfusage.tmf.query.matching import elements, matches
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.resolving import UNDECLARED
from tmfusage.tmf.refusals import TmfError

CALL = {
    "status": "rated",
    "description": "a call",
    "usageCharacteristic": [
        {"name": "duration", "value": 60},
        {"name": "number", "value": "+15550100001"},
        {"name": "cells", "value": ["a", "b", "c"]},
    ],
    "relatedParty": [{"id": "acme", "@referredType": "Organization", "size": 300, "@type": "Party"}],
}


@pytest.mark.parametrize(
    "expression",
    [
        "$[?(@.status=='rated')]",
        '[?(@.status=="rated")]',
        "[?@.status=='rated']",
        "$[*][?(@.status=='rated')]",
        "$[?('rated'==@.status)]",
        "$.usageCharacteristic[?(@.name=='duration' && @.value>10)]",
        "usageCharacteristic[?(@.name=='duration' && 10<@.value)]",
        "$['usageCharacteristic'][?(@['name']=='duration')].value",
        "relatedParty[?(@size==300)]",
        "relatedParty[?(@type=='Party' && @.@type=='Party')]",
        "relatedParty[?(@referredType==Organization)]",
        "$[?(@.usageCharacteristic[?(@.value[1]=='b')])]",
        "$[?(@.usageCharacteristic[-1].value[0:2]=='b')]",
        "$[?(@.usageCharacteristic[*].value=='+15550100001')]",
        "$[?(@.relatedParty.*=='acme')]",
        "$[?(length(@.usageCharacteristic)==3 && @.description.length()==6)]",
        "$[?(max(@.usageCharacteristic.value)>=60 && avg(@.usageCharacteristic.value)==6e1)]",
        "$[?(!(@.status=='billed') && !@.ratedProductUsage && @.description!=null)]",
        "$[?(@.ratedProductUsage==null && (@.x==true || @.status))]",
        "description",
    ],
)
def test_an_expression_matches(expression):
    assert matches(parse_filter(expression), CALL)


@pytest.mark.parametrize(
    "expression",
    [
        "usageCharacteristic[?(@.name=='number' && @.value==60)]",
        "$[?(@.usageCharacteristic[0].value=='60')]",
        "$[?(@.nothing!=null)]",
        "$[?(min(@.status)<1)]",
        "$[?(@.status>5)]",
    ],
)
def test_an_expression_does_not_match(expression):
    assert not matches(parse_filter(expression), CALL)


@pytest.mark.parametrize(
    ("expression", "position"),
    [
        ("$", 2),
        ("$[?(@.a=='x']", 13),
        ("$[?(@.a=='x)]", 10),
        ("$[?(@.a==)]", 10),
        ("$[?(@.a && )]", 12),
        ("$[?(5)]", 6),
        ("$[?(@.a=1)]", 8),
        ("a b", 3),
        ("$[?(@.a=~5)]", 10),
        ("$[1.5]", 3),
        ("$.", 3),
        ("a[?(@.b==1)", 12),
        ("a#b", 2),
    ],
)
def test_a_mistake_is_pointed_at(expression, position):
    with pytest.raises(TmfError) as refusal:
        parse_filter(expression)
    assert refusal.value.status_code == 400
    assert refusal.value.message.endswith(f"position {position}.")


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("$..a", "the descent .."),
        ("$[(@.length-1)]", "a script expression"),
        ("$[0,1]", "a list of names or positions"),
        ("$['a','b']", "a list of names or positions"),
        ("$[0:4:2]", "a slice with steps"),
        ("$[?(stddev(@.a)>1)]", "the function stddev()"),
        ("$[?(@.a==$.b)]", "a reference to the root"),
    ],
)
def test_what_is_not_supported_is_named(expression, part):
    with pytest.raises(TmfError) as refusal:
        parse_filter(expression)
    assert refusal.value.status_code == 501
    assert part in refusal.value.message


def test_nesting_is_bounded():
    with pytest.raises(TmfError, match="understood"):
        parse_filter("$[?(" + "(" * 2000 + "@.a" + ")" * 2000 + ")]")
    with pytest.raises(TmfError, match="understood"):
        parse(f"filter=$[?({'%26%26'.join(['@.a'] * 51)})]")
    assert matches(parse_filter("$[?(" + "!" * 2000 + "@.status)]"), CALL)


def test_conditions_in_a_name_hold_on_the_same_element():
    assert matches(parse("relatedParty[?(@referredType==Organization)].id=acme").tree, CALL)
    assert matches(parse("usageCharacteristic[?(@.name=='duration')].value.gte=60").tree, CALL)
    assert not matches(parse("usageCharacteristic[?(@.name=='number')].value.gte=60").tree, CALL)


def test_separators_within_a_condition_belong_to_it():
    query = "filter=usageCharacteristic[?(@.name=='duration' && @.value==60)]&status=rated;status=x"
    assert matches(parse(query.replace(" ", "+")).tree, CALL)
    assert not matches(parse("filter=$[?(@.status=='a;b&c,d]')]").tree, CALL)


def test_several_filters_are_alternatives_and_attributes_restrict_them():
    assert matches(parse("filter=$[?(@.status=='x')]&filter=$[?(@.status=='rated')]&description=a+call").tree, CALL)
    assert not matches(parse("filter=$[?(@.status=='rated')]&description=x").tree, CALL)


def test_elements_of_an_array_can_be_selected():
    (_, where) = bind_steps(parse_path("usageCharacteristic[?(@.value>10)]", "fields"), UNDECLARED)
    assert elements(CALL["usageCharacteristic"], where.condition) == [{"name": "duration", "value": 60}]
