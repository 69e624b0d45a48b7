"""Migration 0031 with rows: each reference that was typed stands for its payment, and of two alike the first."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from shop import books
from shop.artisans import cash_box
from shop.artisans.cash_models import CashActKind
from shop.artisans.models import PayoutMethod
from shop.artisans.reference_models import BankReference
from shop.db import db
from shop.money import Money
from tests.conftest import both_databases
from tests.test_migrations import quiet
from tests.web import artisan_life as life
from tests.workshop import artisan, user
from tests.world import World


@both_databases
@pytest.mark.books_may_differ
def test_references_come_with_the_migration_and_what_was_used_twice_is_found(world: World) -> None:
    life.earn(world, "Rina", 3)
    life.send(world, "Rina", 1_000, PayoutMethod.BANK)
    with world.writing() as at:
        for kind, reference in ((CashActKind.OPEN, None), (CashActKind.BRING, "CHQ 7")):
            amount, here = Money(500, "INR"), artisan("Rina").centre_id
            act = cash_box.propose(here, kind, amount, bank_reference=reference, note="", at=at, by=user("Meera"))
            cash_box.see(act, at=at, by=user("Farida"))

    with quiet(world.app):
        downgrade(revision="0029")
    with world.writing():
        db.session.execute(text("UPDATE cash_act SET bank_reference = 'utr-0001' WHERE bank_reference = 'CHQ 7'"))
    with quiet(world.app):
        upgrade()

    with world.reading():
        standing = db.session.execute(select(BankReference.reference, BankReference.stands_for)).all()
        assert standing == [("UTR0001", "payout:1")]
        found = [str(each) for each in books.findings()]
        assert found == ["artisans: cash-act 2: has a reference of the bank that stands for another"]
