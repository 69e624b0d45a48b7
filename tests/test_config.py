"""A production shop refuses to open with anything that was meant for trying out, and says what."""

import pytest

from shop import create_app
from shop.config import (
    DEFAULT_VAULT_KEY,
    DEMO_GSTIN,
    DEMO_LUT,
    Defaults,
    UnsafeSettings,
    flask_config,
    from_environment,
    refuse_unsafe,
)

GOOD = {
    "SHOP_ENV": "production",
    "SECRET_KEY": "k" * 32,
    "PIN_PEPPER": "p" * 32,
    "SECOND_FACTOR": "required",
    "VAULT_KEY": "b3duLW93bi1vd24tb3duLW93bi1vd24tb3duLW93bi0=",
    "SHOP_URL": "https://shop.example",
    "TRUSTED_HOSTS": "shop.example",
    "STRIPE_API_BASE": "https://api.stripe.com",
    "STRIPE_SECRET_KEY": "sk_live_own",
    "STRIPE_WEBHOOK_SECRET": "whsec_own",
    "RAZORPAY_API_BASE": "https://api.razorpay.com",
    "RAZORPAY_KEY_ID": "rzp_live_own",
    "RAZORPAY_KEY_SECRET": "own",
    "RAZORPAY_WEBHOOK_SECRET": "own-too",
    "RAZORPAY_ACCOUNT_ID": "acc_own",
    "SELLER_GSTIN": "19ABCDE1234F1Z5",
    "SELLER_LUT": "none",
}


def test_a_shop_with_settings_of_its_own_opens() -> None:
    refuse_unsafe(configured(), debug=False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "only-for-development", "SECRET_KEY must be your own"),
        ("SECRET_KEY", "k" * 31, "SECRET_KEY must be your own"),
        ("PIN_PEPPER", "only-for-development-too", "PIN_PEPPER must be your own"),
        ("PIN_PEPPER", "p" * 31, "PIN_PEPPER must be your own"),
        ("PIN_PEPPER", f"{'p' * 32},only-for-development-too", "PIN_PEPPER must be your own"),
        ("PIN_PEPPER", " , ", "PIN_PEPPER must be your own"),
        ("SECOND_FACTOR", "offered", "SECOND_FACTOR must be required"),
        ("STRIPE_API_BASE", "http://127.0.0.1:8001/stripe", "STRIPE_API_BASE must be https://api.stripe.com"),
        ("STRIPE_API_BASE", "https://api.stripe.com.evil.example", "STRIPE_API_BASE must be"),
        ("RAZORPAY_API_BASE", "http://api.razorpay.com", "RAZORPAY_API_BASE must be"),
        ("STRIPE_SECRET_KEY", "sk_test_sandbox", "STRIPE_SECRET_KEY still has the sandbox's value"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_sandbox", "STRIPE_WEBHOOK_SECRET still has the sandbox's value"),
        ("RAZORPAY_KEY_ID", "rzp_test_sandbox", "RAZORPAY_KEY_ID still has the sandbox's value"),
        ("RAZORPAY_KEY_SECRET", "sandbox_secret", "RAZORPAY_KEY_SECRET still has the sandbox's value"),
        ("RAZORPAY_WEBHOOK_SECRET", "rzp_whsec_sandbox", "RAZORPAY_WEBHOOK_SECRET still has the sandbox's value"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_own,whsec_sandbox", "STRIPE_WEBHOOK_SECRET still has the sandbox's value"),
        ("STRIPE_SECRET_KEY", "sk_test_own", "STRIPE_SECRET_KEY must be a live key"),
        ("STRIPE_SECRET_KEY", "rk_test_own", "STRIPE_SECRET_KEY must be a live key"),
        ("RAZORPAY_KEY_ID", "rzp_test_own", "RAZORPAY_KEY_ID must be a live key"),
        ("RAZORPAY_ACCOUNT_ID", "", "RAZORPAY_ACCOUNT_ID must be your own"),
        ("RAZORPAY_ACCOUNT_ID", "merchant", "RAZORPAY_ACCOUNT_ID must be your own"),
        ("VAULT_KEY", DEFAULT_VAULT_KEY, "VAULT_KEY must be your own"),
        ("VAULT_KEY", f"{GOOD['VAULT_KEY']},{DEFAULT_VAULT_KEY}", "VAULT_KEY must be your own"),
        ("VAULT_KEY", "c2hvcnQ=", "VAULT_KEY must be 32 random bytes"),
        ("VAULT_KEY", "not base64!", "VAULT_KEY must be 32 random bytes"),
        ("VAULT_KEY", f"{GOOD['VAULT_KEY']},", "VAULT_KEY must be 32 random bytes"),
        ("VAULT_KEY", f"{GOOD['VAULT_KEY']},{GOOD['VAULT_KEY']}", "VAULT_KEY must be 32 random bytes"),
        ("IDENTITY_DATABASE_URL", Defaults.DATABASE_URL, "IDENTITY_DATABASE_URL must be a database, or a role"),
        ("TRUSTED_HOSTS", "", "TRUSTED_HOSTS must name the shop's host"),
        ("TRUSTED_HOSTS", " , ", "TRUSTED_HOSTS must name the shop's host"),
        ("SHOP_URL", "http://shop.example", "SHOP_URL must begin with https://"),
        ("SELLER_GSTIN", DEMO_GSTIN, "SELLER_GSTIN must be your own, or none"),
        ("SELLER_GSTIN", "19ABCDE1234F1Z", "SELLER_GSTIN must be your own, or none"),
        ("SELLER_LUT", DEMO_LUT, "SELLER_LUT must be your own, or none"),
    ],
)
def test_one_setting_for_trying_out_keeps_the_shop_shut(name: str, value: str, said: str) -> None:
    with pytest.raises(UnsafeSettings, match=said.replace(".", r"\.")):
        refuse_unsafe(configured(**{name: value}), debug=False)


@pytest.mark.parametrize("name", ["STRIPE_SECRET_KEY", "RAZORPAY_KEY_ID"])
@pytest.mark.parametrize("mode", ["sk_live_own", "rk_live_own", "rzp_live_own"])
def test_a_live_key_keeps_a_shop_for_trying_out_shut(name: str, mode: str) -> None:
    fits = mode.startswith("rzp") == (name == "RAZORPAY_KEY_ID")
    settings = flask_config(from_environment({name: mode}))

    if fits:
        with pytest.raises(UnsafeSettings, match=f"{name} would move real money"):
            refuse_unsafe(settings, debug=False)
    else:
        refuse_unsafe(settings, debug=False)  # control: it is no key of that gateway


@pytest.mark.parametrize("off", ["STRIPE", "RAZORPAY"])
def test_one_gateway_alone_is_enough_and_what_the_other_needs_is_not_asked(off: str) -> None:
    name = {"STRIPE": "STRIPE_SECRET_KEY", "RAZORPAY": "RAZORPAY_KEY_ID"}[off]
    left = {key: value for key, value in GOOD.items() if not key.startswith(off)}

    refuse_unsafe(flask_config(from_environment({**left, name: ""})), debug=False)
    with pytest.raises(UnsafeSettings, match=f"{off}_API_BASE must be"):  # control: not said to be off, it is on
        refuse_unsafe(flask_config(from_environment(left)), debug=False)


def test_a_shop_without_any_gateway_does_not_open() -> None:
    with pytest.raises(UnsafeSettings, match="nobody could pay"):
        refuse_unsafe(configured(STRIPE_SECRET_KEY="", RAZORPAY_KEY_ID=""), debug=False)


def test_debug_keeps_the_shop_shut() -> None:
    with pytest.raises(UnsafeSettings, match="debug must be off"):
        refuse_unsafe(configured(), debug=True)


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(UnsafeSettings) as refused:
        refuse_unsafe(flask_config(from_environment({"SHOP_ENV": "production"})), debug=True)

    for name in GOOD.keys() - {"SHOP_ENV"}:
        assert name in str(refused.value)


def test_development_opens_with_what_it_was_given() -> None:
    refuse_unsafe(flask_config(from_environment({})), debug=True)


def test_the_factory_itself_refuses(settings: dict[str, str]) -> None:
    with pytest.raises(UnsafeSettings):
        create_app({**settings, "SHOP_ENV": "production"})


def test_an_empty_setting_means_its_default_and_cookies_are_secure_in_production() -> None:
    assert from_environment({"HOLD_MINUTES": ""})["HOLD_MINUTES"] == "31"
    assert configured()["SESSION_COOKIE_SECURE"] is True
    assert configured()["SESSION_COOKIE_HTTPONLY"] is True
    assert configured()["SESSION_COOKIE_SAMESITE"] == "Lax"


def configured(**settings: str) -> dict[str, object]:
    return flask_config(from_environment({**GOOD, **settings}))
