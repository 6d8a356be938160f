"""Chaos: events under kill -9 of workers, a broker that stops, freezes and forgets, and a database that crashes."""
