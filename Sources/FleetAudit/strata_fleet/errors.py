"""What ends an audit without a result."""


class FleetError(Exception):
    """The audit has no result; the message names the thing, the hint the next step."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(FleetError):
    """The command line asks for what cannot be done."""
