"""Who acts: what histories note of him, and for whom alone he may act."""


class Actor(str):
    """The name under which something is done; `party` is the only party for which he may act, empty for any.

    A plain str stands for somebody without a restriction: staff, or the system itself.
    """

    party: str

    def __new__(cls, name: str, party: str = "") -> "Actor":
        """The name, which remembers the party."""
        actor = super().__new__(cls, name)
        actor.party = party
        return actor


def party_of(by: str) -> str:
    """The only party for which somebody may act; empty for no restriction."""
    return by.party if isinstance(by, Actor) else ""
