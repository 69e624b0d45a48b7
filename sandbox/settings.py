"""Keys, secrets and limits of one sandbox."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Deliver = Callable[[str, dict[str, str], bytes], int]
"""Takes (path, headers, body) of a webhook and answers the HTTP status."""


@dataclass(frozen=True)
class SandboxSettings:
    """All that may differ between two sandboxes; the defaults fit the shop's development settings."""

    store: Path | None = None
    """SQLite file; None keeps everything in memory."""
    shop_url: str | None = None
    public_url: str | None = None
    """Address of the pay pages; None takes it from the request's Host."""
    stripe_key: str = "sk_test_sandbox"
    stripe_webhook_secret: str = "whsec_sandbox"
    stripe_old_webhook_secret: str = "whsec_sandbox_old"
    razorpay_key_id: str = "rzp_test_sandbox"
    razorpay_key_secret: str = "sandbox_secret"
    razorpay_webhook_secret: str = "rzp_whsec_sandbox"
    razorpay_old_webhook_secret: str = "rzp_whsec_sandbox_old"
    razorpay_account_id: str = "acc_sandbox0000001"
    seed: int = 1
    fault_seconds: float = 3.0
    """How long slow and time-out faults last unless the fault says otherwise."""
    delivery_attempts: int = 5
    delivery_backoff: float = 0.1
    """Wait before the second try; doubled each time."""
    delivery_timeout: float = 10.0
    couriers: int = 1
    """How many events go out at a time; more than one do not keep their order, as at the gateways."""
    seed_grace: int = 60
    """Seconds for which a page created in the past may still be paid before it is expired."""
    synchronous: bool = False
    """Deliver within the control call or page post instead of in the background."""
    deliver: Deliver | None = None
    """Receives webhooks in place of HTTP, for tests with a Flask test client."""
