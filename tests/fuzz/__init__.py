"""Requests made up by Schemathesis from the served OpenAPI, valid and broken ones."""
