"""A design from the signed agreement to her passbook, over HTTP: two people, two who drew it, three pieces sold."""

import re
from datetime import timedelta

from shop import duties
from shop.artisans.design_models import Design
from shop.clock import india_date
from shop.db import db
from tests.cast import TOTE
from tests.sharing import send
from tests.workshop import artisan, variant
from tests.world import Browser, World


def form_of(world: World, **changes: str) -> dict[str, str]:
    """Return the office's form: 12 rupees a piece, two thirds and a third."""
    with world.reading():
        rina, mala = (str(artisan(name).id) for name in ("Rina", "Mala"))
        today = india_date(world.clock.now()).isoformat()
    parts = {"designer_1": rina, "part_1": "66.67", "designer_2": mala, "part_2": "33.33"}
    return {"royalty": "12", "agreed_on": today, **parts, **changes}


def slug_of(world: World) -> str:
    with world.reading():
        return variant(TOTE).product.slug


def passbook_of(phone: Browser) -> str:
    """Return the line of her design in her passbook, opened."""
    page = phone.get("/artisan/passbook").text
    found = re.search(r'href="(/artisan/passbook/\d+)"', page)
    assert found is not None, page
    return phone.get(found[1]).text


def test_from_the_agreement_to_her_passbook(world: World) -> None:
    meera, farida = (world.browser().sign_in(name) for name in ("Meera", "Farida"))
    here = f"/manager/products/{slug_of(world)}"
    short = meera.post(f"{here}/design", form_of(world, part_2="33.32"))
    assert short.status_code == 422 and "66.67" in short.text, "what was typed stays"
    twice = meera.post(f"{here}/design", form_of(world) | {"designer_2": form_of(world)["designer_1"]})
    assert twice.status_code == 422
    assert meera.post(f"{here}/design", form_of(world)).status_code == 303
    assert meera.post(f"{here}/design/1/approval").status_code == 403, "nobody approves her own"
    assert "Meera" in farida.get(here).text
    assert farida.post(f"{here}/design/1/approval").status_code == 303
    told = meera.get(here).text
    assert "₹12.00" in told and "66.67 %" in told and "Farida" in told

    send(world, world.buy(TOTE, 3))
    world.advance(timedelta(days=64))
    with world.app.app_context():
        duties.credit_royalties()

    opened = passbook_of(world.browser().sign_in_artisan("Rina"))
    sums = re.findall(r'class="sum">([^<]+)<', opened)
    assert "৩ ×" in opened and [each.strip() for each in sums] == ["₹১২", "₹৩৬", "₹২৪"]  # 36 x 66.67 % = 24.0012
    told = world.browser().sign_in("Meera").get(here).text
    assert "Credited so far: ₹36.00 for 3 pieces." in told
    public = world.browser().get(f"/products/{slug_of(world)}").text
    assert "Rina" not in public and "Mala" not in public


def test_a_version_is_taken_back_and_another_centres_maker_is_not_named(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    here = f"/manager/products/{slug_of(world)}"
    assert meera.post(f"{here}/design", form_of(world, designer_2="999")).status_code == 404
    assert meera.post(f"{here}/design", form_of(world)).status_code == 303
    assert meera.post(f"{here}/design", form_of(world)).status_code == 409, "one waits at a time"
    assert meera.post(f"{here}/design/1/withdrawal").status_code == 303
    assert meera.post(f"{here}/design/1/withdrawal").status_code == 409
    assert meera.post(f"{here}/design/7/approval").status_code == 404
    with world.reading():
        assert [each.status.value for each in db.session.query(Design)] == ["withdrawn"]
