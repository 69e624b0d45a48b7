"""How a bad input is sent: forms, orders' pages, webhooks with their signatures, and pictures that are none.

Each returns what sends it, given the world and what stands before (`tests/bad_input/stages.py`).
"""

import io
import json
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image
from werkzeug.test import TestResponse

from sandbox.signing import razorpay_signature, stripe_signature
from tests.cast import TOTE
from tests.world import Browser, World

STRIPE_SECRET, RAZORPAY_SECRET = "whsec_sandbox", "rzp_whsec_sandbox"


def add(**form: Any) -> Callable[[World, Browser], TestResponse]:
    return lambda world, browser: browser.post("/cart/lines", {"sku": TOTE, "quantity": "1", "currency": "INR", **form})


def checkout(**fields: Any) -> Callable[[World, tuple[Browser, dict[str, str]]], TestResponse]:
    """Send the checkout form with some fields otherwise; None leaves one out."""

    def send(world: World, stage: tuple[Browser, dict[str, str]]) -> TestResponse:
        browser, form = stage
        sent = {name: value for name, value in {**form, **fields}.items() if value is not None}
        return browser.post("/checkout", sent)

    return send


def at_order(
    tail: str = "", key: str | None = None, method: str = "get", **form: str
) -> Callable[[World, tuple[Browser, str]], TestResponse]:
    """Ask for an order's page, or post to it, with its own key or with another."""

    def send(world: World, stage: tuple[Browser, str]) -> TestResponse:
        browser, link = stage
        link = link if key is None else link.rsplit("/", 1)[0] + key
        return browser.post(link + tail, form) if method == "post" else browser.get(link + tail)

    return send


def with_the_key_of_another(world: World, stage: tuple[Browser, str]) -> TestResponse:
    browser, link = stage
    other = world.order(link).key[::-1]
    return browser.get(f"{link.rsplit('/', 1)[0]}/{other}")


def hook(name: str, body: bytes, **headers: str) -> Callable[[World, Browser], TestResponse]:
    shown = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda world, browser: browser.client.post(f"/webhooks/{name}", data=body, headers=shown)


def razorpay_hook(body: bytes, secret: str = RAZORPAY_SECRET, sent: bytes | None = None) -> Any:
    signature = razorpay_signature(secret, body)
    return hook("razorpay", body if sent is None else sent, X_Razorpay_Signature=signature, X_Razorpay_Event_Id="evt_x")


def stripe_hook(body: bytes, secret: str = STRIPE_SECRET, sent: bytes | None = None, age_s: int = 0) -> Any:
    def send(world: World, browser: Browser) -> TestResponse:
        signature = stripe_signature(secret, body, int(time.time()) - age_s)
        shown = {"Stripe-Signature": signature}
        return browser.client.post("/webhooks/stripe", data=body if sent is None else sent, headers=shown)

    return send


def replay(name: str) -> Callable[[World, tuple[Browser, bytes]], TestResponse]:
    """Send a heard webhook once more, genuinely signed, under a new event id where that is free to choose."""

    def send(world: World, stage: tuple[Browser, bytes]) -> TestResponse:
        browser, body = stage
        return (razorpay_hook if name == "razorpay" else stripe_hook)(body)(world, browser)

    return send


def picture(content: bytes, filename: str = "bag.png", alt: str = "A bag") -> Callable[[World, Browser], TestResponse]:
    """Send a picture as a browser does; the body is written out here, since the test client would spool it."""

    def send(world: World, browser: Browser) -> TestResponse:
        fields = {"csrf_token": browser.token or "", "alt": alt}
        parts = [f'--cut\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
        disposition = f'Content-Disposition: form-data; name="picture"; filename="{filename}"'
        parts.append(f"--cut\r\n{disposition}\r\nContent-Type: image/png\r\n\r\n")
        body = "".join(parts).encode() + content + b"\r\n--cut--\r\n"
        path = "/manager/products/kalka-tote/pictures"
        return browser.post(path, body, content_type="multipart/form-data; boundary=cut")

    return send


def moving(kind: str) -> bytes:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (240, 240), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def post(path: str, **form: Any) -> Callable[[World, Browser], TestResponse]:
    return lambda world, browser: browser.post(path, form)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><script>alert(1)</script></svg>'
PAID = json.dumps(
    {"event": "payment_link.paid", "payload": {"payment_link": {"entity": {"reference_id": "MB-1"}}}}
).encode()
SESSION = json.dumps({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {}}}).encode()
