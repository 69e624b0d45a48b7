"""Razorpay's error shape."""

from sandbox.wire import Answer


class RazorpayFault(Exception):
    """A refusal in Razorpay's words; nearly all of them are 400 BAD_REQUEST_ERROR, a missing id included."""

    def __init__(
        self, description: str, *, status: int = 400, code: str = "BAD_REQUEST_ERROR", field: str | None = None
    ) -> None:
        super().__init__(description)
        error: dict[str, object] = {
            "code": code,
            "description": description,
            "source": "business",
            "step": "payment_initiation",
            "reason": "input_validation_failed",
            "metadata": {},
            "field": field,
        }
        self.answer = Answer(status, {"error": {name: value for name, value in error.items() if value is not None}})


def no_such_id() -> RazorpayFault:
    """The object asked for is not there."""
    return RazorpayFault("The id provided does not exist")


ERROR_500 = RazorpayFault(
    "We are facing some trouble completing your request at the moment. Please try again shortly.",
    status=500,
    code="SERVER_ERROR",
).answer
RATE_LIMITED = RazorpayFault("Request failed. Please try after sometime.", status=429).answer
