"""FIQL and RSQL are refused with the same filter in TMF630's form."""

import pytest

from tests.tmf.query.naive import Naive
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.refusals import TmfError

SAID = "form is: "


def translated(query: str) -> str:
    with pytest.raises(TmfError) as refusal:
        parse(query)
    assert refusal.value.status_code == 400
    return refusal.value.message.partition(SAID)[2]


@pytest.mark.parametrize(
    ("query", "form"),
    [
        (
            "filter=relatedParty.id=='1';billDate=ge=2024-01-01;billDate=le=2024-06-30",
            "relatedParty.id=1&billDate.gte=2024-01-01&billDate.lte=2024-06-30",
        ),
        (
            "filter=account.id=in=('ACC-001','ACC-002');billDate>='2025-01-01';billDate<='2025-06-01';state=='new'",
            "account.id=ACC-001,ACC-002&billDate.gte=2025-01-01&billDate.lte=2025-06-01&state=new",
        ),
        ("filter=status==rated", "status=rated"),
        ("filter=status%3D%3Drated", "status=rated"),
        ("filter=status==rated,status==billed", "status=rated;status=billed"),
        ("filter=a==1;b==2,c==3", "a=1&b=2;c=3"),
        ("filter=status=out=(a,b)", "status.ne=a,b"),
        ("filter=a=gt=1;b=lt=2", "a.gt=1&b.lt=2"),
        ("filter=a=='x,y'", "a=x%2Cy"),
        ("filter=a==b*", "a.regex=^b.*$"),
        ("filter=a==1;a==2", "filter=$[?(@.a==1%20%26%26%20@.a==2)]"),
        ("filter=a==1;(b==2,c=='3')", "filter=$[?(@.a==1%20%26%26%20(@.b==2%20%7C%7C%20@.c=='3'))]"),
        ("usageDate=ge=2024-01-01", "usageDate.gte=2024-01-01"),
        ("limit=5&status=in=(a,b)", "status=a,b"),
    ],
)
def test_it_is_translated(query, form):
    assert translated(query) == form
    parse(form)


DOCUMENTS = [
    {"a": 1, "b": 3, "c": "x", "d": "one"},
    {"a": 1, "b": 9, "c": "xy", "d": "two"},
    {"a": 2, "b": 3, "c": "b.c", "d": "a*b"},
    {"a": 7, "b": 2, "c": "bxc"},
    {"b": 3},
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=a==1;(b=gt=4,c=='x')", "01"),
        ("filter=(a==1,b==2);c!=y", "013"),
        ("filter=a=in=(1,7);b=ge=3", "01"),
        ("filter=c=='*x*';a==1", "01"),
        ("filter=c!=x*;d!=t*", "234"),
        ("filter=c!=x*;d!=t*;b==3", "24"),
        ("filter=c!=x*,d!=t*", "0234"),
        ("filter=c!=x*;d==*b", "2"),
        ("filter=c==b.c*,a!=1", "234"),
        ("filter=a=out=(1,2);c==b*c", "3"),
        ("filter=c!=*", "4"),
        ("filter=c==x;c!=y*", "0"),
        ("filter=(c!=x*;d!=t*),a==1", "01234"),
    ],
)
def test_the_translation_means_the_same(query, found):
    tree = parse(translated(query)).tree
    naive = Naive({}, {})
    assert "".join(str(at) for at, each in enumerate(DOCUMENTS) if naive.holds(tree, each)) == found


@pytest.mark.parametrize(
    "query",
    [
        "filter=$[?(@.status=='rated')]&filter=status==rated",
        "filter=usageCharacteristic&filter=status==rated",
        "filter=usageCharacteristic;filter=status==rated",
        "filter=usageCharacteristic&status=in=(rated,x)",
    ],
)
def test_every_filter_is_looked_at(query):
    assert translated(query).startswith("status=rated")


@pytest.mark.parametrize(
    "query", ["filter=usageCharacteristic;status=rated", "filter=$[?(@.a=='b=in=c')]", "a=%3Din%3D"]
)
def test_other_queries_are_not_mistaken_for_it(query):
    parse(query)
