"""Commands: another edge, beside views and the worker. `flask --app wsgi --help` lists them."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import AppGroup, ScriptInfo, with_appcontext

from shop import bookkeeping, comparing, jobs, keeping, privacy
from shop.catalog import listing, products
from shop.catalog.exchange import applying, drawing, planning, plans
from shop.catalog.exchange import sheet as exchange_sheet
from shop.catalog.exchange import writing as exchange_writing
from shop.catalog.exchange.headings import STYLES
from shop.config import unsaid
from shop.db import writing
from shop.errors import Conflict, DomainError, Invalid
from shop.money import CURRENCIES
from shop.orders.window import Window
from shop.payments import reconcile, settlement
from shop.payments.gateways import GatewayRefused, GatewayUnknown
from shop.payments.reconcile import Difference
from shop.phases import Counter
from shop.production import leadtime
from shop.users import enrolment
from shop.users.models import STAFF, Role
from shop.web import tellings
from shop.web.sentences import sentence, sentence_of

users = AppGroup("users", help="People who sign in to the office.")
centres = AppGroup("centres", help="Centres that make.")
catalog = AppGroup(
    "catalog",
    help="What is sold, and how it is listed.",
)
demo = AppGroup("demo", help="A demo shop with a life behind it.")
payments = AppGroup("payments", help="The gateways' books against ours.")
private = AppGroup("privacy", help="A customer's own data: hand it out, or take it away.")
worker = AppGroup("jobs", help="The worker.")


def init_app(app: Flask) -> None:
    """Register all commands."""
    for group in (users, centres, catalog, demo, payments, private, worker):
        app.cli.add_command(group)
    app.cli.add_command(check)
    bookkeeping.init_app(app)
    keeping.init_app(app)


@click.command("check")
@with_appcontext
def check() -> None:
    """Say which settings are missing that the law wants customers to read; exit 1 if any is."""
    missing = unsaid(current_app.config)
    for name in missing:
        click.echo(f"{name} is empty: customers have to be able to read it before the shop opens.")
    click.echo(
        "The shop says all it has to." if not missing else f"{len(missing)} missing; .env.example explains them."
    )
    sys.exit(1 if missing else 0)


@users.command("add")
@click.option("--role", type=click.Choice(sorted(role.value for role in STAFF)), required=True)
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--centre", help="The centre's code; a manager needs one.")
@click.password_option(help="Asked for if it is not given; at least 10 characters.")
def users_add(role: str, name: str, email: str, centre: str | None, password: str) -> None:
    """Add a member of staff."""
    with _told(), writing():
        known = {found.code: found.id for found in enrolment.centres()}
        if centre is not None and centre.upper() not in known:
            raise click.ClickException(f"There is no centre {centre}. There are: {', '.join(known) or 'none yet'}.")
        centre_id = known[centre.upper()] if centre else None
        enrolment.add_staff(Role(role), name, email, password, centre_id=centre_id, at=_counter().clock.now())
    click.echo(f"{name} can sign in at {current_app.config['SHOP_URL']}/login")


@centres.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--region", default="Sundarbans, West Bengal", help="What the public may read; nothing finer.")
@click.option("--hours-per-day", type=int, default=20, help="Hours of work that its makers have in a day, together.")
@click.option("--organisation", default="Our trust")
def centres_add(code: str, name: str, region: str, hours_per_day: int, organisation: str) -> None:
    """Open a centre: CODE is short (NORTH), NAME is for the office."""
    with _told(), writing():
        enrolment.add_centre(code, name, region, minutes_per_day=hours_per_day * 60, organisation=organisation)
    click.echo(f"Centre {code.upper()} is open.")


@catalog.command("relist")
def catalog_relist() -> None:
    """Write anew what lists and search read of every product; after a restore, or if verify finds them apart."""
    with writing():
        count = listing.rebuild()
    click.echo(f"{count} products were listed anew.")


@catalog.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--pictures", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where pictures lie.")
@click.option("--centre", help="The code of the centre that makes what the file says no centre of.")
def catalog_import(file: Path, dry_run: bool, pictures: Path | None, centre: str | None) -> None:
    """Take the products of FILE in, the whole file or nothing of it; what is there already is changed."""
    with _told():
        sheet = exchange_sheet.read(file.read_bytes())
        terms = _terms(centre, pictures)
    planned = planning.plan(sheet, terms)
    _show_plan(planned)
    if dry_run:
        click.echo("Nothing was changed: this was a dry run.")
        return
    drawn, unfit = drawing.draw(planned, media=current_app.config["MEDIA_URL"])
    _refuse(unfit)
    seen = planned.fingerprint
    with _told(), writing():
        planned = planning.plan(sheet, terms)
        if planned.fingerprint != seen:
            raise Conflict("csv.moved_on")
        done = applying.apply(planned, drawn, at=_counter().clock.now(), by="command")
        if done:
            leadtime.publish(as_of=_counter().clock.now())
    click.echo(f"{len(done)} products were written.")


@catalog.command("export")
@click.option(
    "--headings", type=click.Choice(sorted(STYLES)), default="current", help="Shopify's newer or classic ones."
)
@click.option("--pictures", type=click.Path(file_okay=False, path_type=Path), help="Write the pictures there, too.")
@click.option("--output", type=click.File("w", encoding="utf-8"), default="-", help="A file; the terminal otherwise.")
def catalog_export(headings: str, pictures: Path | None, output: TextIO) -> None:
    """Write all products as CSV, drafts and retired ones too."""
    found = products.all_products()
    output.write(exchange_writing.document(found, headings))
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        exchange_writing.write_pictures(found, pictures, media=current_app.config["MEDIA_URL"])


def _terms(centre: str | None, pictures: Path | None) -> plans.Terms:
    known = {found.code: found.id for found in enrolment.centres()}
    default = centre.upper() if centre else next(iter(known)) if len(known) == 1 else None
    if centre and default not in known:
        raise Invalid("csv.centre_needed", centres=", ".join(sorted(known)))
    return plans.Terms(known, default, pictures)


def _show_plan(planned: plans.Plan) -> None:
    with current_app.test_request_context():
        for line in tellings.lines(planned):
            click.echo(line)
        counted = (f"{planned.count(state)} {state.value}" for state in plans.State)
        click.echo(f"{len(planned.products)} products: {', '.join(counted)}")
        if planned.kept:
            click.echo(f"kept as they are, without effect here: {', '.join(planned.kept)}")
        if planned.unknown:
            click.echo(f"not known here, kept as they are: {', '.join(planned.unknown)}")
    _refuse(planned.troubles)


def _refuse(troubles: Sequence[exchange_sheet.Trouble]) -> None:
    """Say every row that is wrong and end; nothing was changed."""
    if not troubles:
        return
    with current_app.test_request_context():
        for trouble in troubles:
            click.echo(f"row {trouble.row}, {trouble.column}: {tellings.trouble_said(trouble)}", err=True)
        raise click.ClickException(sentence_of("csv.troubles"))


@demo.command("load")
@click.option("--upgrade", is_flag=True, help="Bring the databases to the newest migration first.")
@click.option("--months", type=click.IntRange(1, 12), default=12, show_default=True, help="How long it has been open.")
def demo_load(upgrade: bool, months: int) -> None:
    """Load the demo, once; refused on a database that holds a real order."""
    if upgrade:
        flask_migrate.upgrade()
    from shop.demo import load, people  # the sandbox it needs is not installed with the shop

    counter = _counter()
    try:
        loaded = load.load(counter.gateways, dict(current_app.config), now=counter.clock.now(), months=months)
    except load.DemoRefused as error:
        raise click.ClickException(str(error)) from error
    click.echo("The demo is loaded.\n" if loaded else "The demo was loaded before.\n")
    click.echo(people.sign_ins(current_app.config["SHOP_URL"]))


@payments.command("reconcile")
@click.option("--days", default=90, help="How far to look back.")
@click.option("--apply/--only-look", default=True, help="Apply payments that we never heard of.")
def payments_reconcile(days: int, apply: bool) -> None:
    """Compare what each gateway tells of money with our books, and print a table; exit 1 if they differ."""
    counter = _counter()
    until = counter.clock.now()
    since = until - timedelta(days=days)
    heads = ("captured", "refunded", "to the bank", "kept")
    click.echo(
        f"{'gateway':<10} {'currency':<8}" + "".join(f" {'':>6} {head:>14}" for head in heads[:3]) + f" {heads[3]:>12}"
    )
    differences: list[Difference] = []
    for name in counter.gateways:
        try:
            differences += comparing.compare_payments(counter, name, since, until, apply=apply)
            differences += comparing.compare_refunds(counter, name, since, until, apply=apply)
            differences += comparing.compare_disputes(counter, name, since, until, apply=apply)
            settled = (
                comparing.read_settlements(counter, name, since, until)
                if apply
                else comparing.settlement_differences(name)
            )
        except (GatewayUnknown, GatewayRefused) as error:
            raise click.ClickException(
                f"{name} does not answer, or refuses its keys ({error}). Try again later."
            ) from None
        differences += settled
        latest = until + comparing.MARGIN  # as far as was asked: a gateway's clock may be ahead
        ours, banked = reconcile.totals(name, since, latest), settlement.totals(name, since, latest)
        for currency in (code for code in CURRENCIES if code in ours or code in banked):
            captures, taken, refunded, given = ours.get(currency, (0, 0, 0, 0))
            sent, came, kept = banked.get(currency, (0, 0, 0))
            pairs = ((captures, taken), (refunded, given), (sent, came))
            row = "".join(f" {number:>6} {minor / 100:>14,.2f}" for number, minor in pairs)
            click.echo(f"{name:<10} {currency:<8}{row} {kept / 100:>12,.2f}")
    for each in differences:
        theirs, own = each.theirs_minor / 100, each.ours_minor / 100
        click.echo(
            f"differs: {each.gateway} {each.kind.value} {each.ref} {each.about}: "
            f"theirs {theirs:.2f}, ours {own:.2f} {each.currency}" + (f" ({each.why})" if each.why else "")
        )
    click.echo(f"{len(differences)} differences in {days} days")
    sys.exit(1 if differences else 0)


@private.command("export")
@click.argument("email")
def privacy_export(email: str) -> None:
    """Print everything the shop holds of EMAIL as JSON, for someone who has written in; it is noted in the audit."""
    at = _counter().clock.now()
    with _told(), writing():
        privacy.record_export(privacy.get_by_email(email), at=at, by="command")
    for piece in privacy.as_json(privacy.sections(privacy.get_by_email(email)), at=at):
        click.echo(piece, nl=False)


@private.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def privacy_erase(email: str, yes: bool) -> None:
    """Erase EMAIL: her account, and who her orders were for; refused while one of them is not settled."""
    with _told():
        found = len(privacy.get_by_email(email).orders)
    if not yes:
        click.confirm(f"{email} has {found} orders. This cannot be undone. Erase?", abort=True)
    with _told(), writing():
        done = privacy.erase(
            privacy.get_by_email(email), at=_counter().clock.now(), by="command", window=Window.of(current_app.config)
        )
    click.echo(f"Erased; {done} orders belong to nobody now.")


@worker.command("run")
@click.pass_obj
def jobs_run(info: ScriptInfo) -> None:
    """Work until stopped: the outbox, the gateways' events and the schedule."""
    jobs.run(info.load_app())


class _told:
    """Turns a refusal of the domain into a sentence on the terminal."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DomainError):
            with current_app.test_request_context():
                raise click.ClickException(sentence(error)) from error


def _counter() -> Counter:
    found = current_app.extensions["counter"]
    assert isinstance(found, Counter)
    return found
