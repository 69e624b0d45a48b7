"""Commands of the books: verify, seal, heads, months, export, and the role that keeps the shop from bending them."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from shop import books, guards, phases, roles
from shop.artisans import closing
from shop.db import writing
from shop.errors import DomainError
from shop.ledger import daybook, heads, periods, sealing
from shop.ledger.heads import Head
from shop.phases import Counter
from shop.snapshots import snapshot
from shop.users import signin
from shop.users.policy import may
from shop.web.sentences import sentence

ledger = AppGroup("ledger", help="The books.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(ledger)


@ledger.command("verify")
@click.option("--head", "given", multiple=True, metavar="SEQ:HASH", help="A head of the chain that was kept elsewhere.")
@click.option("--heads", "file", type=click.File(encoding="utf-8"), help="A file of such heads, one a line.")
def verify(given: tuple[str, ...], file: TextIO | None) -> None:
    """Verify every floor that holds money or goods; exit 1 and name floor, row and rule if one is broken."""
    kept = _kept([*given, *(file or ())])
    with snapshot():
        broken = _tell(kept)
    if powers := guards.powers():
        click.echo(f"warning: the role of DATABASE_URL {', '.join(powers)}. See: ledger role --help")
    sys.exit(1 if broken else 0)


def _tell(kept: list[Head]) -> int:
    """Print what is broken and where the chain stands, and return how many findings there are."""
    broken = 0
    for found in (books.findings(), heads.differing(kept)):
        for finding in found:
            broken += 1
            click.echo(str(finding))
    count, oldest = sealing.tail()
    tail = f", the oldest for {_age(oldest)}" if oldest else ""
    click.echo(f"{len(books.FLOORS)} lists verified, {broken} broken; {count} entries not yet sealed{tail}")
    if kept:
        click.echo(f"{len(kept)} heads kept elsewhere compared")
    seq, chain = sealing.head()
    click.echo(f"head of the chain: {seq} {chain}")
    return broken


def _kept(lines: Iterable[str]) -> list[Head]:
    try:
        return heads.read(lines)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _age(since: datetime) -> str:
    seconds = max(int((_now() - since.astimezone(UTC)).total_seconds()), 0)
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


@ledger.command("seal")
def seal() -> None:
    """Seal every entry that waits; the worker does this by itself."""
    click.echo(f"{phases.seal_all()} entries sealed")


@ledger.command("heads")
@click.option("--days", default=1, help="So many of the newest days that have entries, one head each.")
def kept_elsewhere(days: int) -> None:
    """Print heads of the chain, for keeping where nobody who can write the database can write: SEQ:HASH and the day."""
    for day, head in heads.of_days(days):
        click.echo(f"{head} # {day.isoformat()}")


@ledger.command("months")
@click.option("--last", default=12, help="So many of the newest closes.")
def months(last: int) -> None:
    """Print which months were closed, when and by whom, and the head that each kept: SEQ:HASH, as `heads` prints it."""
    for each in periods.newest(last):
        told = f"# {each.month:%Y-%m} of {each.book}, closed {each.closed_at.isoformat()} by {each.closed_by}"
        click.echo(f"{Head(each.seal_seq, each.chain)} {told}")


@ledger.command("export")
@click.option("--format", "as_format", type=click.Choice(sorted(daybook.FORMATS)), required=True)
@click.option("--book", default="house", show_default=True, help="Whose books: the legal entity's.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; the terminal otherwise.")
def export(as_format: str, book: str, output: Path | None) -> None:
    """Write the whole day book: for beancount (bean-check takes it), or as CSV. It names accounts, never a person."""
    with snapshot():  # its closing balances are of the moment of its entries
        pieces = daybook.FORMATS[as_format](book)
        if output is None:
            for piece in pieces:
                click.echo(piece, nl=False)
            return
        with output.open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)


@ledger.command("role")
@click.option("--owner-url", required=True, help="Signs in as the owner of the tables, who migrates them.")
def role(owner_url: str) -> None:
    """Make the role that DATABASE_URL signs in as (PostgreSQL): it may add to the books and read them, nothing else.

    Run it again after each migration; it puts right what was changed.
    """
    try:
        made = roles.make(owner_url, shop_url=current_app.config["DATABASE_URL"])
    except roles.NotMade as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Role {made.role} may use {made.tables} tables; {made.growing} of them only grow: it may add and read.")


@ledger.command("close")
@click.argument("month")
@click.option("--by", "email", required=True, help="Who closes it: the address of one of finance.")
@click.option("--note", default="", help="Why it closes over questions that have waited too long.")
@click.option("--yes", is_flag=True, help="Do not ask once more.")
def close(month: str, email: str, note: str, yes: bool) -> None:
    """Close MONTH, such as 2026-10: nothing is dated into it afterwards, and every maker is given her statement."""
    who = signin.find_by_email(email)
    if who is None or not who.is_active or not may(who.role, "books.close"):
        raise click.ClickException("Only finance closes a month.")
    at, days = _now(), current_app.config["QUESTION_DAYS"]
    ahead = closing.preview(at=at, question_days=days)
    if ahead is None or f"{ahead.month:%Y-%m}" != month:
        due = f"{ahead.month:%Y-%m} is the next to be closed." if ahead else "Nothing was ever posted."
        raise click.ClickException(due)
    asked = f"{ahead.asked} open questions about it, {ahead.unanswered} of them too old"
    click.echo(f"{month}: {ahead.women} statements; {asked}")
    if not yes:
        click.confirm("Close it? This cannot be undone.", abort=True)
    phases.seal_all()  # in units of its own, so that the close's is short
    try:
        with writing():
            closing.close(ahead.month, note, question_days=days, at=at, by=who.actor)
    except DomainError as error:
        raise click.ClickException(sentence(error)) from error
    click.echo(f"{month} is closed; the worker draws its statements.")


def _now() -> datetime:
    counter = current_app.extensions["counter"]
    assert isinstance(counter, Counter)
    return counter.clock.now()
