"""Settings from the environment, checked once at start. `.env.example` lists them all."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shop.engines import engine_options, normal_url

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("SHOP_VAR", ROOT / "var"))

GATEWAY_HOSTS = {"STRIPE_API_BASE": "https://api.stripe.com", "RAZORPAY_API_BASE": "https://api.razorpay.com"}
GATEWAY_KEYS = {"STRIPE_SECRET_KEY": ("sk_", "rk_"), "RAZORPAY_KEY_ID": ("rzp_",)}  # empty: the shop opens without it
SANDBOX_ACCOUNT = "acc_sandbox0000001"
DEFAULT_SECRET = "only-for-development"
DEMO_GSTIN = "19AAAAA0000A1Z5"  # nobody's: no PAN has the number 0000
DEMO_LUT = "AD190000000000X"
NO_REGISTRATION = "none"  # what a seller writes who has no GSTIN, or no letter of undertaking
DEFAULT_PEPPER = "only-for-development-too"
DEFAULT_VAULT_KEY = "b25seS1mb3ItZGV2ZWxvcG1lbnQtbm90LXNlY3JldCE="  # says so itself, in base64
SANDBOX_SECRETS = {"sk_test_sandbox", "whsec_sandbox", "sandbox_secret", "rzp_whsec_sandbox", "rzp_test_sandbox"}


class UnsafeSettings(RuntimeError):
    """The settings would open a shop that is not safe; the message says what to change."""


@dataclass(frozen=True)
class Defaults:
    """Every setting with its value for development, where the sandbox stands in for the gateways."""

    SHOP_ENV: str = "development"
    DATABASE_URL: str = f"sqlite:///{VAR / 'shop.db'}"
    IDENTITY_DATABASE_URL: str = f"sqlite:///{VAR / 'identity.db'}"
    SECRET_KEY: str = DEFAULT_SECRET
    PIN_PEPPER: str = DEFAULT_PEPPER
    SECOND_FACTOR: str = "offered"
    PROXY_HOPS: str = "0"
    VAULT_KEY: str = DEFAULT_VAULT_KEY
    SHOP_URL: str = "http://127.0.0.1:8000"
    TRUSTED_HOSTS: str = ""
    MEDIA_URL: str = f"file://{VAR / 'media'}"
    PAPERS_URL: str = f"file://{VAR / 'papers'}"
    STRIPE_API_BASE: str = "http://127.0.0.1:8001/stripe"
    STRIPE_SECRET_KEY: str = "sk_test_sandbox"
    STRIPE_WEBHOOK_SECRET: str = "whsec_sandbox"
    RAZORPAY_API_BASE: str = "http://127.0.0.1:8001/razorpay"
    RAZORPAY_KEY_ID: str = "rzp_test_sandbox"
    RAZORPAY_KEY_SECRET: str = "sandbox_secret"
    RAZORPAY_WEBHOOK_SECRET: str = "rzp_whsec_sandbox"
    RAZORPAY_ACCOUNT_ID: str = SANDBOX_ACCOUNT
    SMTP_URL: str = ""
    MAIL_FOLDER: str = str(VAR / "mail")
    MAIL_FROM: str = "Missing Bags <shop@missing-bags.example>"
    HOLD_MINUTES: str = "31"
    DELAY_DAYS: str = "3"
    STORY_FEE_MINOR: str = "50000"
    PAYOUT_LEAST_MINOR: str = "10000"
    UNCONFIRMED_DAYS: str = "3"
    RETURN_DAYS: str = "14"
    NO_NEWS_DAYS: str = "30"
    RETURN_PARCEL_DAYS: str = "30"
    QUESTION_DAYS: str = "7"
    DEDUCTION_KINDS: str = ""
    DEDUCTION_DAYS: str = "7"
    STATUS_TOKEN: str = ""
    LOG_FORMAT: str = "text"
    KEPT_PAGES_MB: str = "64"
    SELLER_NAME: str = ""
    SELLER_ADDRESS: str = ""
    SELLER_GSTIN: str = DEMO_GSTIN
    SELLER_LUT: str = DEMO_LUT
    SELLER_STATE: str = "West Bengal"
    SELLER_EMAIL: str = ""
    SELLER_PHONE: str = ""
    SELLER_REGISTRATION: str = ""
    GRIEVANCE_OFFICER: str = ""
    GRIEVANCE_CONTACT: str = ""


REGISTRATIONS = ("SELLER_GSTIN", "SELLER_LUT")
NAMES = tuple(Defaults.__dataclass_fields__)


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return every setting, the environment's value before the default; an empty one means its default.

    A gateway's key alone may be empty: then the shop opens without that gateway.
    """
    defaults = Defaults()
    given = {name: environ.get(name) or str(getattr(defaults, name)) for name in NAMES}
    return given | {name: "" for name in GATEWAY_KEYS if environ.get(name) == ""}


def flask_config(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Turn our settings into the configuration that Flask and its extensions read."""
    url = normal_url(settings["DATABASE_URL"])
    identity = normal_url(settings["IDENTITY_DATABASE_URL"])
    hosts = [host.strip() for host in str(settings["TRUSTED_HOSTS"]).split(",") if host.strip()]
    production = settings["SHOP_ENV"] == "production"
    return {
        **settings,
        "DATABASE_URL": url,
        "IDENTITY_DATABASE_URL": identity,
        "HOLD_MINUTES": int(settings["HOLD_MINUTES"]),
        "PROXY_HOPS": int(settings["PROXY_HOPS"]),
        "KEPT_PAGES_MB": int(settings["KEPT_PAGES_MB"]),
        "STORY_FEE_MINOR": int(settings["STORY_FEE_MINOR"]),
        "PAYOUT_LEAST_MINOR": int(settings["PAYOUT_LEAST_MINOR"]),
        "UNCONFIRMED_DAYS": int(settings["UNCONFIRMED_DAYS"]),
        "RETURN_DAYS": int(settings["RETURN_DAYS"]),
        "NO_NEWS_DAYS": int(settings["NO_NEWS_DAYS"]),
        "RETURN_PARCEL_DAYS": int(settings["RETURN_PARCEL_DAYS"]),
        "QUESTION_DAYS": int(settings["QUESTION_DAYS"]),
        "DEDUCTION_DAYS": int(settings["DEDUCTION_DAYS"]),
        **{name: "" for name in REGISTRATIONS if settings[name] == NO_REGISTRATION},
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url),
        "SQLALCHEMY_BINDS": {"identity": {"url": identity, **engine_options(identity)}},
        "TRUSTED_HOSTS": hosts or None,
        # the prefix: a browser takes it from this very host alone, over TLS, for all its paths
        "SESSION_COOKIE_NAME": "__Host-session" if production else "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": production,
        "MAX_CONTENT_LENGTH": 12 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 256 * 1024,
        "MAX_FORM_PARTS": 200,
        "WTF_CSRF_CHECK_DEFAULT": False,  # web/ decides per audience: see web/origin.py
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "en_IN",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "shop" / "translations"),
    }


def refuse_unsafe(config: Mapping[str, Any], *, debug: bool) -> None:
    """Raise UnsafeSettings if a production shop would open with anything meant for trying out, or the reverse."""
    if config["SHOP_ENV"] != "production":
        _refuse_live_keys(config)
        return
    wrong = _gateways_wrong(config)
    if debug:
        wrong.append("debug must be off")
    if config["SECRET_KEY"] == DEFAULT_SECRET or len(config["SECRET_KEY"]) < 32:
        wrong.append("SECRET_KEY must be your own, 32 characters or longer")
    peppers = [part.strip() for part in str(config["PIN_PEPPER"]).split(",") if part.strip()]
    if not peppers or any(each == DEFAULT_PEPPER or len(each) < 32 for each in peppers):
        wrong.append("PIN_PEPPER must be your own, 32 characters or longer")
    if config["SECOND_FACTOR"] != "required":
        wrong.append("SECOND_FACTOR must be required")
    wrong += _registration_wrong(config)
    wrong += _vault_wrong(config)
    if not config["TRUSTED_HOSTS"]:
        wrong.append("TRUSTED_HOSTS must name the shop's host")
    if not str(config["SHOP_URL"]).startswith("https://"):
        wrong.append("SHOP_URL must begin with https://")
    if wrong:
        raise UnsafeSettings("This shop may not open like this: " + "; ".join(wrong) + ".")


def _refuse_live_keys(config: Mapping[str, Any]) -> None:
    """Raise UnsafeSettings if a shop for trying out would take real money."""
    live = [name for name, kinds in GATEWAY_KEYS.items() if _has_mode(str(config[name]), kinds, "live")]
    if live:
        raise UnsafeSettings(f"{' and '.join(live)} would move real money: that needs SHOP_ENV=production.")


def _has_mode(key: str, kinds: tuple[str, ...], mode: str) -> bool:
    return key.startswith(tuple(f"{kind}{mode}_" for kind in kinds))


def _gateways_wrong(config: Mapping[str, Any]) -> list[str]:
    """Return why no real money could be taken, or play money would be, by the gateways that are in use."""
    on = {name.partition("_")[0]: str(config[name]) for name in GATEWAY_KEYS if config[name]}
    names = [name for name in NAMES if name.partition("_")[0] in on]
    wrong = [
        f"{name} must be {host}"
        for name, host in GATEWAY_HOSTS.items()
        if name.partition("_")[0] in on and config[name] != host
    ]
    wrong += [
        f"{name} still has the sandbox's value"
        for name in names
        if "SECRET" in name or "KEY" in name
        if SANDBOX_SECRETS & {part.strip() for part in str(config[name]).split(",")}
    ]
    wrong += [
        f"{name} must be a live key: with any other no money moves"
        for name, kinds in GATEWAY_KEYS.items()
        if config[name] and not _has_mode(str(config[name]), kinds, "live")
    ]
    account = str(config["RAZORPAY_ACCOUNT_ID"])
    if "RAZORPAY" in on and (account == SANDBOX_ACCOUNT or not account.startswith("acc_")):
        wrong.append("RAZORPAY_ACCOUNT_ID must be your own: acc_ and the merchant id of your dashboard")
    if not on:
        wrong.append("RAZORPAY_KEY_ID or STRIPE_SECRET_KEY must be set: nobody could pay")
    return wrong


# What the law wants a customer to be able to read of who sells (Consumer Protection (E-Commerce) Rules 2020).
SAID_OF_THE_SELLER = (
    "SELLER_NAME", "SELLER_ADDRESS", "SELLER_EMAIL", "SELLER_PHONE", "GRIEVANCE_OFFICER", "GRIEVANCE_CONTACT",
)  # fmt: skip


def unsaid(config: Mapping[str, Any]) -> list[str]:
    """Return the settings about the seller that the law wants shown and that are empty."""
    return [name for name in SAID_OF_THE_SELLER if not str(config[name]).strip()]


# Two digits of the state, the PAN, the entity, a Z, and a letter or digit that checks the rest.
GSTIN = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]", re.ASCII)


def _registration_wrong(config: Mapping[str, Any]) -> list[str]:
    """Return why it is not said whether tax is charged: nobody may collect it by accident, or forget to."""
    gstin, wrong = str(config["SELLER_GSTIN"]), []
    if gstin == DEMO_GSTIN or (gstin and not GSTIN.fullmatch(gstin)):
        wrong.append(f"SELLER_GSTIN must be your own, or {NO_REGISTRATION}: no tax is charged then")
    if config["SELLER_LUT"] == DEMO_LUT:
        wrong.append(f"SELLER_LUT must be your own, or {NO_REGISTRATION}: exports pay IGST then")
    return wrong


def _vault_wrong(config: Mapping[str, Any]) -> list[str]:
    """Return why the identity vault would not be safe; no text shows a key."""
    wrong = []
    parts = [part.strip() for part in str(config["VAULT_KEY"]).split(",")]
    if not all(is_vault_key(part) for part in parts) or len(set(parts)) < len(parts):
        wrong.append("VAULT_KEY must be 32 random bytes in base64 (during a rotation two, separated by a comma)")
    elif DEFAULT_VAULT_KEY in parts:
        wrong.append("VAULT_KEY must be your own, not the one for development")
    if config["IDENTITY_DATABASE_URL"] == config["DATABASE_URL"]:
        wrong.append("IDENTITY_DATABASE_URL must be a database, or a role, of its own")
    return wrong


def is_vault_key(text: str) -> bool:
    """Say whether a text is 32 bytes in base64."""
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False
