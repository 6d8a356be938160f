"""Injection and runaway patterns: refused, or data and nothing else."""

from contextlib import suppress
from urllib.parse import quote

import pytest
from django.db import connection

from tests.usage.factories import make_usage
from tmfusage.tmf.query.parameters import parse
from tmfusage.tmf.query.regexes import checked_pattern
from tmfusage.tmf.query.sql import compile_tree
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage

TEXTS = [
    "'; DROP TABLE usage_usage; --",
    '" OR 1=1 --',
    "%s %(x)s %%",
    "$$ || pg_sleep(10) || $$",
    "\\'; SELECT 1",
    "\\",
    "\"}]' OR TRUE --",
    "*/ @? '$' /*",
    "\u2028\U0001f600",
    "${jndi:ldap://x}",
]
SHAPES = [
    "usageType={}",
    "description={}",
    "description.gt={}",
    "relatedParty.id={}",
    "relatedParty.role={}",
    "usageCharacteristic.value={}",
    "usageCharacteristic.value.a.lt={}",
    "usageCharacteristic.{}=1",
    "{}.eq=1",
    "x.{}.ne=1",
]
IN_PATHS = [
    "$[?(@.usageType=={})]",
    "usageCharacteristic[?(@.value!={} && @.name=={})]",
    "$[?(@[{}]=='1')]",
    "usageCharacteristic[?(@.value[{}])]",
    "$[{}]",
]


def found(query: str, attributes) -> int:
    sql, values = compile_tree(parse(query).tree, attributes)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM usage_usage t WHERE {sql}", values)
        return cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_is_data(usage_attributes, text):
    make_usage(description=text, usageType=text, usageCharacteristic=[{"name": "n", "value": text}])
    queries = [shape.format(quote(text)) for shape in SHAPES]
    literal = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    queries += [f"filter={quote(shape.format(literal, literal))}" for shape in IN_PATHS]
    for query in queries:
        # A name may be none: that is refused. Anything else that goes wrong is not.
        with suppress(TmfError):
            found(query, usage_attributes)
    for query in (SHAPES[0], SHAPES[1], SHAPES[5]):
        assert found(query.format(quote(text)), usage_attributes) == 1
    assert found(f"filter={quote(IN_PATHS[0].format(literal))}", usage_attributes) == 1
    assert Usage.objects.count() == 1


@pytest.mark.parametrize(
    "query",
    ["a=%00", "a%00=1", "a=%ED%A0%80", "filter=$[?(@.a=='%00')]", "a.regex=%00", "a=\x00", "filter=a[?(@.b=='\x00')]"],
)
def test_nul_and_half_surrogates_are_refused(query):
    with pytest.raises(TmfError) as refusal:
        parse(query)
    assert refusal.value.status_code == 400


def test_unclosed_brackets_are_read_once():
    with pytest.raises(TmfError):
        parse("a=" + "[?" * 4000)


@pytest.mark.parametrize(
    "pattern",
    [
        "^a+b*c?$",
        "(ab|cd){2,5}",
        "[^a-z0-9_.-]+",
        r"\+49\d{3,11}",
        "(?i)voice",
        "(?:a(b)){3}",
        "a{0}",
        "[]a]".replace("[]", "[\\]"),
    ],
)
@pytest.mark.django_db
def test_patterns_that_pass_are_understood_by_the_database(pattern):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'x' ~ %s", [checked_pattern(pattern)])


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1",
        r"^(.+)( \1)+$",
        "((a{1,100}){1,100}){1,100}",
        "(a{2}b)+{2}",
        "(a{2}b){2}",
        "a{101}",
        "a{3,2}",
        "a{,2}",
        "a{2",
        "(?=a)",
        "(?<!a)",
        "***:x",
        "*a",
        "a**",
        "^*",
        "(a",
        "a)",
        "[a",
        "[]",
        "[z-a]",
        "[[:alpha:]]",
        r"\y",
        r"\x41",
        "\\",
        r"[\W]",
        r"[a-\d]",
        "a" * 257,
        "(" * 20 + ")" * 20,
    ],
    ids=lambda each: each[:20],
)
def test_patterns_that_may_run_away_or_are_broken_are_refused(usage_attributes, pattern):
    with pytest.raises(TmfError) as refusal:
        compile_tree(parse(f"description.regex={quote(pattern)}").tree, usage_attributes)
    assert refusal.value.status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "matching"),
    [
        ("description.regex=^Call [0-9]%2B$", 1),
        ("description%3D~Call", 1),
        ("description*=(?i)CALL", 1),
        ("description=~x,y", 0),
        ("status=~^rec", 1),
        ("usageCharacteristic.value.regex=^\\%2B1555", 1),
        ("filter=usageCharacteristic[?(@.name=='originatingNumber' && @.value=~/^\\%2B1555/)]", 1),
        ("filter=$[?(@.description=~'(?i)^call')]", 1),
        ("filter=$[?(!(@.description=~'^call'))]", 1),
    ],
)
def test_a_pattern_is_searched_in_text(usage_attributes, query, matching):
    make_usage(description="Call 60")
    assert found(query, usage_attributes) == matching
