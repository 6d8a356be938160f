"""Why something was not done, without any notion of HTTP frameworks: what models and parsers raise."""

from collections.abc import Sequence

from django.conf import settings

from tmfusage.tmf.violations import Violation

MAX_TOLD = 100


class TmfError(Exception):
    """An answer other than success: HTTP status, code of the vocabulary, one sentence, and details."""

    # Seconds after which to try again, when that helps.
    wait: float | None = None

    def __init__(
        self,
        status: int,
        code: str,
        reason: str,
        message: str = "",
        violations: Sequence[Violation] = (),
        reference: str = "",
    ):
        super().__init__(reason)
        self.status_code = status
        self.code, self.reason, self.message = code, reason, message
        self.violations, self.reference = tuple(violations), reference


def broken(violations: Sequence[Violation], what: str = "The body") -> TmfError:
    """The 400 that names every broken rule at once, by JSON path; of very many the first hundred."""
    codes = {violation.code for violation in violations}
    code = codes.pop() if len(codes) == 1 else "invalidBody"
    rules = "rule" if len(violations) == 1 else "rules"
    told = violations[:MAX_TOLD]
    lines = [str(violation) for violation in told]
    if len(violations) > MAX_TOLD:
        lines.append(f"… and {len(violations) - MAX_TOLD} more")
    return TmfError(400, code, f"{what} breaks {len(violations)} {rules}.", "\n".join(lines), told)


def conflict(reason: str, message: str = "", code: str = "conflict") -> TmfError:
    """The 409 for a change that the resource's state does not allow."""
    return TmfError(409, code, reason, message)


def invalid_query(message: str) -> TmfError:
    """The 400 for a query parameter that cannot be understood."""
    return TmfError(400, "invalidQuery", "The query cannot be understood.", message)


def invalid_body(message: str) -> TmfError:
    """The 400 for a body that is not acceptable JSON."""
    return TmfError(400, "invalidBody", "The body is not acceptable JSON.", message)


def too_large() -> TmfError:
    """The 413 that names the limit."""
    limit = settings.API_MAX_BODY_BYTES
    return TmfError(413, "payloadTooLarge", "The body is too large.", f"The limit is {limit} bytes.")
