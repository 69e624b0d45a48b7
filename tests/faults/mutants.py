"""The shop with one guard off, for negative controls in real processes: SHOP_MUTANT is not a setting of the shop."""

import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select

from shop import create_app, storage
from shop.catalog import pictures, renditions
from shop.catalog.models import Picture
from shop.crashpoint import crashpoint
from shop.db import writing
from shop.payments import checkout
from shop.payments.gateways import PageRequest

Patch = Callable[[Any, str, Any], None]


def random_key(patch: Patch) -> None:
    """Ask the gateway under a new key every time, so that asking twice opens two pages."""
    asked = checkout.page_request

    def page_request(attempt: Any, *, shop_url: str) -> PageRequest:
        return replace(asked(attempt, shop_url=shop_url), key=f"{attempt.key}-{secrets.token_hex(3)}")

    patch(checkout, "page_request", page_request)


def asked_first(patch: Patch) -> None:
    """Ask the gateway for a pay page before the order is committed."""
    opened = checkout._open

    def ask_and_open(order: Any, gateway: str, **more: Any) -> checkout.Prepared:
        prepared = opened(order, gateway, **more)
        attempt = checkout.get_attempt(prepared.attempt_id)
        counter = current_app.extensions["counter"]
        checkout.send(
            counter.gateways[gateway], checkout.page_request(attempt, shop_url="http://shop"), again_since=None
        )
        return prepared

    patch(checkout, "_open", ask_and_open)


def recorded_first(patch: Patch) -> None:
    """Let pages know of a picture's files before they are drawn."""
    drawn = renditions.draw_missing

    def draw_missing(name: str, files: Any, *, media: str) -> None:
        with writing() as session:
            pictures.record_files(session.scalars(select(Picture).where(Picture.name == name)).one(), files)
        drawn(name, files, media=media)

    patch(renditions, "draw_missing", draw_missing)


def written_in_place(patch: Patch) -> None:
    """Write a file bit by bit under its own name, as a store without whole writes does."""

    def put(address: str, name: str, content: bytes) -> None:
        file = Path(urlsplit(address).path) / name
        file.write_bytes(content[: len(content) // 2])
        crashpoint("picture.drawn")
        file.write_bytes(content)

    patch(storage, "put", put)


MUTANTS = {
    "random-key": random_key,
    "asked-first": asked_first,
    "recorded-first": recorded_first,
    "written-in-place": written_in_place,
}

if chosen := os.environ.get("FAULTS_MUTANT"):
    MUTANTS[chosen](setattr)
    app = create_app()
