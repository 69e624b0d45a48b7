"""The patch an emblem is stitched on: six dyes, each chosen by her, and what carries a motif stands out on all."""

import re
from pathlib import Path

import pytest

from shop.artisans import persona
from shop.errors import Invalid
from shop.web.thing_words import COLOURS
from tests.artisans import publishing
from tests.world import World

STATIC = Path(__file__).parent.parent.parent / "shop/static"
ENOUGH = 4.5
TAG = re.compile(r'class="maker__emblem dye--([a-z]+)"')


def test_she_chooses_a_dye_and_it_is_hers_wherever_she_is_shown(world: World) -> None:
    publishing.told(world)
    meera = world.browser().sign_in("Meera")
    form = {"name_en": "Doyelpakhi", "emblem": "kalka", "dye": "madder", "not_her_own": "yes"}
    assert TAG.findall(world.browser().get(f"/stories/{publishing.SLUG}").text) == ["cotton"]

    assert meera.post("/manager/people/1/persona", form).status_code == 303

    for path in (f"/stories/{publishing.SLUG}", "/products/messenger"):
        assert set(TAG.findall(world.browser().get(path).text)) <= {"madder"}
    assert TAG.findall(world.browser().get(f"/stories/{publishing.SLUG}").text) == ["madder"]
    page = meera.get("/manager/people/1/consents").text
    assert re.search(r'id="dye-madder" name="dye" value="madder" checked', page)
    with world.writing() as at, pytest.raises(Invalid, match=r"artisan\.emblem"):
        who, by = publishing.artisan("Rina"), publishing.user("Meera")
        persona.choose(who, {"en": "Doyelpakhi"}, "kalka", dye="black", not_her_own=True, at=at, by=by)


def test_on_every_patch_the_colours_that_carry_a_motif_stand_out() -> None:
    styles = (STATIC / "css/tokens.css").read_text("utf-8")
    drawn = dict(re.findall(r"var\(--(dye-\d),(#[0-9A-F]{6})\)", (STATIC / "img/emblems.svg").read_text("utf-8")))
    dyes = {name: drawn | dict(re.findall(r"--(patch|thread|dye-\d): (#[0-9A-F]{6});", rules))
            for name, rules in re.findall(r"\.dye--([a-z]+) \{([^}]*)\}", styles)}  # fmt: skip

    assert set(persona.DYES) <= set(COLOURS)  # each has a word
    assert set(dyes) == set(persona.DYES) and set(drawn) == {f"dye-{role}" for role in range(1, 6)}
    poor = {(name, role): round(contrast(colours["patch"], colours[role]), 2)
            for name, colours in dyes.items() for role in ("thread", "dye-1", "dye-2")
            if contrast(colours["patch"], colours[role]) < ENOUGH}  # fmt: skip
    assert poor == {}


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2 between two colours."""
    dark, light = sorted(_light(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _light(colour: str) -> float:
    parts = [each / 255 for each in bytes.fromhex(colour[1:])]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
