"""The ceiling of consumption queries: a WSGI function that runs the product's own statements and splices the JSON.

No authentication, no validation, no framework, and only the members that the benchmark's buckets have. The statements
are those that the product sends, noted once at the start, so the two cannot drift apart.
"""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from unittest import mock
from urllib.parse import parse_qs

import django
import orjson
import uuid_utils

from tests.benchmarks.bare import JSON, POOL

django.setup()
counting, criteria, queries, report, resources = (
    import_module(name)
    for name in (
        "consumption.counting",
        "consumption.criteria",
        "consumption.models.queries",
        "consumption.report",
        "tmfusage.tmf.resources",
    )
)
V4 = "/tmf-api/usageConsumption/v4/queryUsageConsumption"
V5 = "/tmf-api/usageConsumption/v5/usageConsumptionReport"
SIZES = {"GB": Decimal(10**9), "MB": Decimal(10**6), "minutes": Decimal(60), "messages": Decimal(1), "EUR": Decimal(1)}
MEMBERS = ("logicalResource", "product", "partyAccount", "relatedParty")


def noted() -> list[tuple[str, list]]:
    """The statements of a query by phone number, with the values that the product binds."""
    sent: list[tuple[str, list]] = []

    def note(statement: str, values: list) -> list:
        sent.append((statement, list(values)))
        return []

    asked = {"searchCriteria": {"logicalResource": [{"value": "+10000000"}]}}
    with mock.patch.object(report, "fetch_all", note), mock.patch.object(counting, "fetch_all", note):
        report.compute(criteria.criteria_of(asked), 1_000)
    return sent


(BUCKETS, FOR_BUCKETS), (COUNTERS, FOR_COUNTERS) = noted()
INSERT, COLUMNS = resources.insert_statement(queries.QueryUsageConsumption, "TRUE")


def application(environ, start_response):
    """Answers POST of a query in v4's words, and GET of a report in v5's."""
    if environ["REQUEST_METHOD"] == "POST":
        return query(environ, start_response)
    number = parse_qs(environ["QUERY_STRING"]).get("logicalResource.value", [""])[0]
    with POOL.connection() as connection:
        rows, counters = read(connection, number)
    key = str(uuid_utils.uuid7())
    head = f'[{{"id":"{key}","href":"http://{environ["HTTP_HOST"]}{V5}/{key}",'
    text = f"{head}{in_v5(rows, counters)[1:]}]" if rows else "[]"
    return answer(start_response, "200 OK", text, ("X-Total-Count", "1"), ("X-Result-Count", "1"))


def query(environ, start_response):
    """The answer, which is stored unless the client prefers otherwise."""
    body = environ["wsgi.input"].read()
    number = orjson.loads(body)["searchCriteria"]["logicalResource"][0]["value"]
    key, href = str(uuid_utils.uuid7()), f"http://{environ['HTTP_HOST']}{V4}/"
    with POOL.connection() as connection:
        found = in_v4(*read(connection, number))
        asked = body.decode().strip()[:-1]
        document = f'{asked},"queryUsageConsumptionDate":"{now()}","usageConsumption":[{found}]}}'
        stored = environ.get("HTTP_PREFER") != "return=minimal"
        if stored:
            connection.execute(INSERT, row(key, document))
    text = f'{{"id":"{key}","href":"{href}{key}","@type":"QueryUsageConsumption","state":"done",{document[1:]}'
    return answer(start_response, "201 Created" if stored else "200 OK", text, ("Location", href + key))


def answer(start_response, status: str, text: str, *headers: tuple[str, str]) -> list[bytes]:
    """The body, after its status and headers."""
    body = text.encode()
    start_response(status, [JSON, ("Content-Length", str(len(body))), *headers])
    return [body]


def read(connection, number: str) -> tuple[list, dict[str, list]]:
    """The number's buckets, and their counters."""
    spelled = [number, number[1:]]
    rows = connection.execute(BUCKETS, [FOR_BUCKETS[0], spelled, *FOR_BUCKETS[2:]]).fetchall()
    values = [[each[0] for each in rows], [each[6] for each in rows], *FOR_COUNTERS[2:5], spelled]
    values += [*FOR_COUNTERS[6:16], spelled, FOR_COUNTERS[17]]
    counters = defaultdict(list)
    for line in connection.execute(COUNTERS, values).fetchall():
        counters[line[2]].append(line)
    return rows, counters


def row(key: str, document: str) -> list:
    """The values of a stored query."""
    moment = datetime.now(UTC)
    known = {"id": key, "type": "QueryUsageConsumption", "revision": 1, "created_by": "bare", "party_ids": []}
    known |= {
        "created_at": moment,
        "last_update": moment,
        "document": document,
        "state": "done",
        "restriction": "",
        "attempts": 0,
    }
    return [known[column] for column in COLUMNS]


def in_v4(rows: list, counters: dict[str, list]) -> str:
    """A report as JSON."""
    if not rows:
        return ""
    document = orjson.loads(rows[0][11])
    account = document["partyAccount"]
    heads = orjson.dumps({name: document[name] for name in MEMBERS} | {"partyAccount": [account]}).decode()
    moment = told(max(each[10] for each in rows))
    buckets = ",".join([bucket(each, counters[each[0]]) for each in rows])
    return (
        f'{{"@type":"UsageConsumption","creationDate":"{now()}","lastUpdate":"{moment}","state":"done",'
        f'{heads[1:-1]},"bucketRefOrValue":[{buckets}]}}'
    )


def bucket(each: tuple, lines: list) -> str:
    """A bucket with its counter: what is computed, then its document."""
    amount, text = quantity(each[8], each[3])
    counted = ",".join([counter(line, each[3]) for line in lines])
    return (
        f'{{"id":"{each[0]}","@type":"{each[1]}","status":"{each[2]}","validFor":{period(each[6], each[7])},'
        f'"remainingValue":{amount},"remainingValueName":"{text}","bucketCounter":[{counted}],{each[11][1:]}'
    )


def counter(line: tuple, unit: str) -> str:
    """What was used."""
    amount, text = quantity(line[9], unit)
    return (
        f'{{"id":"{line[1]}","@type":"ConsumptionSummary","counterType":"{line[4]}","level":"global","value":{amount},'
        f'"valueName":"{text}","consumptionPeriod":{period(line[5], line[6])},'
        f'"user":{{"id":"{line[7]}","role":"user","@referredType":"Party"}}}}'
    )


def in_v5(rows: list, counters: dict[str, list]) -> str:
    """The report in v5's words."""
    members = orjson.loads(in_v4(rows, counters))
    del members["state"]
    told_in_v5(members, "UsageConsumptionProductRef")
    members["@type"] = "UsageConsumptionReport"
    members["bucket"] = members.pop("bucketRefOrValue")
    for each in members["bucket"]:
        told_in_v5(each, "ProductRef")
        each["bucketSpecification"]["@type"] = "BucketSpecificationRef"
        for line in each["bucketCounter"]:
            line["user"] = party(line["user"])
    return orjson.dumps(members).decode()


def told_in_v5(members: dict, product: str) -> None:
    """Give the references their types."""
    accounts = members["partyAccount"]
    for account in accounts if isinstance(accounts, list) else [accounts]:
        account["@type"] = "PartyAccountRef"
    for each in members["logicalResource"]:
        each["@type"] = "LogicalResourceRef"
    for each in members["product"]:
        each["@type"] = product
    members["relatedParty"] = [party(each) for each in members["relatedParty"]]


def party(given: dict) -> dict:
    """A party and its role here."""
    role = given.pop("role")
    return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": role, "partyOrPartyRole": {"@type": "PartyRef", **given}}


def quantity(amount: Decimal, unit: str) -> tuple[str, str]:
    """The amount as a Quantity, and for people; the benchmark's amounts are exact in their units."""
    number = f"{(amount / SIZES[unit]).normalize():f}"
    shown = f"{amount:,.2f}" if unit == "EUR" else f"{Decimal(number):,f}"
    return f'{{"amount":{number},"units":"{unit}"}}', f"{shown} {unit}"


def period(start: datetime, end: datetime) -> str:
    """A TimePeriod."""
    return f'{{"startDateTime":"{told(start)}","endDateTime":"{told(end)}"}}'


def told(moment: datetime) -> str:
    """The moment, which the database gives in UTC."""
    return moment.isoformat().replace("+00:00", "Z")


def now() -> str:
    """This moment."""
    return told(datetime.now(UTC))
