"""Small things every view needs: the moment, the gateways, who is signed in, and whole numbers."""

import secrets
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from flask import current_app, g, request, session
from flask_login import current_user

from shop.artisans.vault.keys import Keyring
from shop.errors import Invalid
from shop.phases import Counter
from shop.users import devices, sessions
from shop.users.models import SignIn, User

SIGN_IN = "sign-in"  # where the session cookie keeps the token of a sign-in
HALF = "half-sign-in"  # and that of half a sign-in
DEVICE = "device"  # the cookie by which we know a browser again
LARGEST = 10**12
DIGITS = frozenset("0123456789০১২৩৪৫৬৭৮৯०१२३४५६७८९")  # Latin, Bengali, Hindi: what our readers type


def counter() -> Counter:
    """Return the app's gateways and clock."""
    found = current_app.extensions["counter"]
    assert isinstance(found, Counter)
    return found


def vault_keys() -> Keyring | None:
    """Return the keys of the identity vault, or None where VAULT_KEY is missing or cannot be one."""
    found: Keyring | None = current_app.extensions["vault_keys"]
    return found


def now() -> datetime:
    """Return the present moment by the app's clock."""
    return counter().clock.now()


def signed_in() -> User:
    """Return who is signed in; access control has seen to it that someone is."""
    user = current_user._get_current_object()
    assert isinstance(user, User)
    return user


def standing() -> SignIn | None:
    """Return the sign-in behind this request if it stands, looked up once a request."""
    if "standing" not in g:
        token = session.get(SIGN_IN)
        g.standing = sessions.find(token, at=now()) if isinstance(token, str) else None
    found = g.standing
    assert found is None or isinstance(found, SignIn)
    return found


def stepped_up() -> bool:
    """Say whether the one signed in has shown within five minutes again who she is."""
    row = standing()
    return row is not None and sessions.is_fresh(row, at=now())


def cookie_name(name: str) -> str:
    """Return the name under which we set a cookie; in production one that a browser takes from this host alone."""
    return f"__Host-{name}" if current_app.config["SESSION_COOKIE_SECURE"] else name


def device_token() -> str | None:
    """Return the token by which we know this browser again, or None for a new one."""
    return request.cookies.get(cookie_name(DEVICE))


def is_staffs_browser() -> bool:
    """Say whether the office uses this browser: what is said from it is not taken for an artisan's own word alone."""
    browser = devices.find(device_token(), signed_in().id)
    return browser is not None and browser.is_staffs(at=now())


def client_address() -> str:
    """Return where a request comes from: an address, or for IPv6 the network that a household is given."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def whole(text: str | None, message_id: str = "form.whole_number", *, least: int = 0) -> int:
    """Return a form's whole number, in Latin, Bengali or Hindi digits; Invalid otherwise."""
    digits = (text or "").strip()
    if not digits or len(digits) > 13 or not DIGITS.issuperset(digits):
        raise Invalid(message_id)
    number = int(digits)
    if not least <= number <= LARGEST:
        raise Invalid(message_id)
    return number


def page_from() -> int | None:
    """Return the row that a long list is to be read on from (`?before=`), or None."""
    asked = request.args.get("before", type=int)
    return asked if asked is not None and 0 < asked <= LARGEST else None


def rupees(text: str | None, message_id: str = "form.amount") -> int:
    """Return an amount such as "1,250.50" in minor units; Invalid otherwise."""
    flat = (text or "").strip().replace(",", "").removeprefix("₹").strip()
    major, _, minor = flat.partition(".")
    if not major or len(minor) > 2 or not DIGITS.issuperset(major + minor) or len(major) > 10:
        raise Invalid(message_id)
    return int(major) * 100 + int((minor or "0").ljust(2, "0"))


def once() -> str:
    """Return a fresh mark for a form, so that sending it twice does its work once."""
    return secrets.token_hex(8)


def mark() -> str:
    """Return the mark that a form came with; Invalid if it was lost on the way."""
    given = request.form.get("once", "").strip()
    if len(given) != 16 or not all(c in "0123456789abcdef" for c in given):
        raise Invalid("form.once")
    return given
