"""Stripe's error shape."""

from sandbox.wire import Answer


class StripeFault(Exception):
    """A refusal in Stripe's words; `remembered` ones are replayed under the same idempotency key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        remembered: bool = False,
    ) -> None:
        super().__init__(message)
        fields = {"message": message, "type": kind, "code": code, "param": param}
        self.answer = Answer(status, {"error": {name: value for name, value in fields.items() if value is not None}})
        self.remembered = remembered


def missing(param: str) -> StripeFault:
    """A required parameter was not sent."""
    return StripeFault(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown(param: str) -> StripeFault:
    """A parameter that Stripe (or this sandbox of it) does not know."""
    return StripeFault(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def no_such(noun: str, id: str, param: str = "id") -> StripeFault:
    """The object asked for is not there."""
    return StripeFault(f"No such {noun}: '{id}'", status=404, code="resource_missing", param=param)


ERROR_500 = StripeFault("An unknown error occurred", status=500, kind="api_error").answer
RATE_LIMITED = StripeFault("Request rate limit exceeded.", status=429, code="rate_limit").answer
