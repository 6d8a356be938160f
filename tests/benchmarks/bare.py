"""The ceiling: a WSGI function with a connection pool and the least SQL, on the very table the product uses.

No authentication, no validation, no framework; it reads and writes the same columns and shows the same JSON.
"""

import os
from urllib.parse import parse_qs

import orjson
import uuid_utils
from psycopg_pool import ConnectionPool

POOL = ConnectionPool(
    os.environ["DATABASE_URL"], min_size=2, max_size=8, open=True, kwargs={"autocommit": True}, check=None
)
USAGES = "/tmf-api/usageManagement/v4/usage"
COLUMNS = "id, type, status, document::text"
ONE = f"SELECT {COLUMNS} FROM usage_usage WHERE id = %s"
WHERE = "usage_type = %s AND status = %s"
PAGE = f"SELECT {COLUMNS} FROM usage_usage WHERE {WHERE} ORDER BY id DESC LIMIT 100"
COUNT = f"SELECT count(*) FROM (SELECT 1 FROM usage_usage WHERE {WHERE} LIMIT 10001) bounded"
INSERT = """
    INSERT INTO usage_usage (id, type, revision, created_at, created_by, last_update, party_ids, document, status,
        usage_date, usage_type, specification_id, product_ids, external_ids, numbers)
    VALUES (%s, 'Usage', 1, now(), 'bare', now(), %s, %s::json, 'received', %s, %s, %s, %s, '{}', %s)
"""
NUMBERS = ("originatingNumber", "destinationNumber")
JSON = ("Content-Type", "application/json")


def application(environ, start_response):
    """Answers GET by id, GET of a filtered list, and POST."""
    path = environ["PATH_INFO"]
    base = f"http://{environ['HTTP_HOST']}{USAGES}/"
    if environ["REQUEST_METHOD"] == "POST":
        return post(environ, start_response, base)
    if path == USAGES:
        return page(environ, start_response, base)
    with POOL.connection() as connection:
        row = connection.execute(ONE, [path[len(USAGES) + 1 :]]).fetchone()
    if row is None:
        start_response("404 Not Found", [JSON])
        return [b"{}"]
    body = shown(base, *row)
    start_response("200 OK", [JSON, ("Content-Length", str(len(body)))])
    return [body]


def page(environ, start_response, base: str):
    """The newest hundred of a type and status, with their counts."""
    asked = parse_qs(environ["QUERY_STRING"])
    values = [asked["usageType"][0], asked["status"][0]]
    with POOL.connection() as connection:
        rows = connection.execute(PAGE, values).fetchall()
        (total,) = connection.execute(COUNT, values).fetchone()
    body = b"[" + b",".join([shown(base, *row) for row in rows]) + b"]"
    counts = [("X-Total-Count", str(total)), ("X-Result-Count", str(len(rows)))]
    start_response("200 OK", [JSON, ("Content-Length", str(len(body))), *counts])
    return [body]


def post(environ, start_response, base: str):
    """Stores the body as it is, with the columns that the product fills."""
    text = environ["wsgi.input"].read()
    members, key = orjson.loads(text), str(uuid_utils.uuid7())
    with POOL.connection() as connection:
        connection.execute(
            INSERT,
            [
                key,
                [party["id"] for party in members["relatedParty"]],
                text.decode(),
                members["usageDate"],
                members["usageType"],
                members["usageSpecification"]["id"],
                [rating["productRef"]["id"] for rating in members["ratedProductUsage"]],
                [each["value"] for each in members["usageCharacteristic"] if each["name"] in NUMBERS],
            ],
        )
    body = shown(base, key, "Usage", "received", text.decode())
    start_response("201 Created", [JSON, ("Content-Length", str(len(body))), ("Location", base + key)])
    return [body]


def shown(base: str, key: str, kind: str, status: str, document: str) -> bytes:
    """The usage as JSON: its columns spliced in front of its document."""
    return f'{{"id":"{key}","href":"{base}{key}","@type":"{kind}","status":"{status}",{document[1:]}'.encode()
