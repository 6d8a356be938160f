"""One broken rule, told in a way that both a person and a program can act on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule: where (JSONPath from `$`), which kind (an error code), and what is allowed.

    A rule of a specification also says whose it is, for people: the name of its characteristic (none for the
    specification's own rules) and the rule's name.
    """

    path: str
    code: str
    message: str
    characteristic: str | None = None
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"
