"""Formats of dates and times in the admin, by language; Django's own for what is not said here."""
