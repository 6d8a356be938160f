"""The staff admin: its site, its theme and what its pages share."""
