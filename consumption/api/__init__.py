"""Consumption and balances over HTTP: TMF677 in v4 and v5, TMF654 in v4."""
