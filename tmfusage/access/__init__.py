"""Who may: API clients and their keys, tokens of an identity provider, scopes, and the roles of staff."""
