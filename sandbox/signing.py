"""The gateways' signatures, written out so that the SDKs' verifiers are an independent check of them."""

import hashlib
import hmac


def hmac_hex(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in hex, the one primitive both gateways use."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def stripe_signature(secret: str, body: bytes, timestamp: int) -> str:
    """The value of `Stripe-Signature` for a raw body."""
    return f"t={timestamp},v1={hmac_hex(secret, str(timestamp).encode() + b'.' + body)}"


def razorpay_signature(secret: str, body: bytes) -> str:
    """The value of `X-Razorpay-Signature` for a raw body."""
    return hmac_hex(secret, body)


def razorpay_link_signature(key_secret: str, link_id: str, reference_id: str, status: str, payment_id: str) -> str:
    """The signature that travels with the browser back to the shop."""
    return hmac_hex(key_secret, f"{link_id}|{reference_id}|{status}|{payment_id}".encode())
