"""How the shop asks a gateway over HTTP: never longer than its patience, once more where nothing was said, and never
somewhere else.

Both SDKs are given this session, so that there is one way to wait. Their own retries are off: Stripe's first one
waits always the same half second, so that everyone who was cut off would come back at once, and Razorpay's sleeps for
up to a minute and prints.
"""

from secrets import SystemRandom
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from shop.payments.gateways import RETRIES, Patience

LONGEST_WAIT_S = 1


class Jittered(Retry):
    """Waits a random while before asking again; urllib3's own jitter begins with the second time."""

    def get_backoff_time(self) -> float:
        return SystemRandom().uniform(0, LONGEST_WAIT_S)


ONCE_MORE = Jittered(
    total=RETRIES,
    allowed_methods=None,  # of what we ask all may be repeated
    status_forcelist=(429, 500, 502, 503, 504),
    raise_on_status=False,  # the last answer is the adapter's to read
    respect_retry_after_header=False,  # it could be hours
    redirect=False,
)


class PatientSession(requests.Session):
    """A session that always has a time-out, asks once more, and that no answer sends to another address.

    What this machine's environment says of proxies and certificates on the way to `base` is read once.
    """

    def __init__(self, patience: Patience, base: str) -> None:
        super().__init__()
        self.patience = patience
        found = self.merge_environment_settings(base, {}, None, None, None)
        self.proxies, self.verify, self.trust_env = found["proxies"], found["verify"], False
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(max_retries=ONCE_MORE))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        given = {**kwargs, "timeout": tuple(self.patience), "allow_redirects": False}
        return super().request(*args, **given)
