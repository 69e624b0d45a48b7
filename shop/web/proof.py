"""Showing the second factor: what a form brings is taken once, after the try was counted."""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import current_app, request

from shop.db import writing
from shop.errors import Invalid, TooMany
from shop.users import passkeys, second_factor, signin, tries
from shop.users.passkeys import Asked, Site
from shop.web.edge import now


def site() -> Site:
    """Return where the shop is reached: as the settings say in production, as the browser says while trying out."""
    production = current_app.config["SHOP_ENV"] == "production"
    parts = urlsplit(str(current_app.config["SHOP_URL"]) if production else request.host_url)
    return Site(parts.hostname or "localhost", f"{parts.scheme}://{parts.netloc}")


def has_passkey_site() -> bool:
    """Say whether passkeys work under this address: browsers know them by a name, never by a number."""
    try:
        ipaddress.ip_address(site().host)
    except ValueError:
        return True
    return False


def counted(user_id: int) -> Callable[[], str]:
    """Count a try and return what takes the form's proof, to be called in the unit that acts on it.

    It returns how she showed herself (`phone`, `paper`, `passkey`) and raises Invalid if she did not.
    """
    answer = request.form.get("credential", "")[:16_000]
    code = request.form.get("code", "")[:60]
    with writing():
        left = tries.count("second", str(user_id), signin.MOST_TRIES, at=now())
    if not left:
        raise TooMany("signin.locked_short", minutes=signin.LOCKED_FOR.seconds // 60)
    challenge = b""
    if answer:
        with writing():
            challenge = passkeys.use_challenge(user_id, answer, Asked.PROVE, at=now())

    def take() -> str:
        if answer:
            if not passkeys.prove(user_id, answer, challenge, site(), at=now()):
                raise Invalid("passkey.wrong")
            how = "passkey"
        else:
            how = second_factor.take_code(user_id, code, at=now()) or ""
            if not how:
                raise Invalid("signin.code_wrong")
        tries.forget("second", str(user_id))
        return how

    return take
