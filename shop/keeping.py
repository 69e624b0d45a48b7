"""Commands that keep: the vault's keys, and copies of both databases. Registered by `cli.py`."""

import sys
from datetime import datetime
from pathlib import Path

import click
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from shop import books
from shop.artisans.vault import prepare, rotation
from shop.artisans.vault.keys import BadVaultKey, Keyring, read
from shop.backups import bring_back, keep, part
from shop.backups.part import PARTS, BackupRefused
from shop.config import ROOT
from shop.db import vault_session, writing
from shop.errors import Unavailable
from shop.phases import Counter

vault = AppGroup("vault", help="The identity vault.")
WHICH = click.option(
    "--only", type=click.Choice(sorted(PARTS)), help="The shop's database or the vault's; both if left out."
)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(vault)
    app.cli.add_command(backup)
    app.cli.add_command(restore)


@vault.command("rotate")
@click.option("--batch", default=rotation.BATCH, help="Records in one transaction.")
@click.option(
    "--finish", is_flag=True, help="Change nothing: exit 1 while a record lies under another key than the first."
)
def vault_rotate(batch: int, finish: bool) -> None:
    """Wrap every record's key with the first of VAULT_KEY (new,old). May be stopped at any point and run again."""
    keys = _keys()
    wrapped = 0 if finish else _rewrap(keys, batch)
    counts = rotation.counts(vault_session())
    for key_id, number in sorted(counts.items()):
        click.echo(f"key {key_id}: {number} records{' (current)' if key_id == keys.current.id else ''}")
    left = rotation.left(vault_session(), keys)
    click.echo(f"{wrapped} wrapped anew, {left} left")
    if not left and len(keys.keys) > 1:
        click.echo("Nothing uses the old key. Take it out of VAULT_KEY, and destroy it when backups under it are gone.")
    sys.exit(1 if left else 0)


def _rewrap(keys: Keyring, batch: int) -> int:
    wrapped = 0
    while True:
        try:
            with writing(vault_session) as session:
                done = rotation.rewrap(session, keys, limit=batch)
        except Unavailable:
            raise click.ClickException("A record lies under a key that VAULT_KEY does not name. Give it too.") from None
        wrapped += done
        if not done:
            return wrapped


@vault.command("prepare")
@click.option(
    "--owner-url", required=True, help="Signs in as one who may create roles and schemas; never the shop's role."
)
def vault_prepare(owner_url: str) -> None:
    """Create the role and schema that IDENTITY_DATABASE_URL signs in as (PostgreSQL). May be run again."""
    try:
        done = prepare.prepare(
            owner_url,
            identity_url=current_app.config["IDENTITY_DATABASE_URL"],
            shop_url=current_app.config["DATABASE_URL"],
        )
    except prepare.NotPrepared as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Role {done.role} owns schema {done.schema} and nothing else. Now: flask --app wsgi db upgrade")


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@WHICH
@with_appcontext
def backup(folder: Path, only: str | None) -> None:
    """Copy both databases into a new FOLDER while the shop runs, the books sealed first, the vault's copy apart."""
    try:
        made = keep.backup(folder, [only] if only else PARTS, at=_counter().clock.now())
    except BackupRefused as error:
        raise click.ClickException(str(error)) from None
    for each in made:
        click.echo(f"{each.what}: {folder / each.what / each.file} at migration {each.revision}")
        if each.head:
            click.echo(f"head of the chain: {each.head}")
    click.echo("Keep shop and vault in two places, and VAULT_KEY in a third. Pictures are not in it: copy MEDIA_URL.")


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@WHICH
@click.option("--replace", is_flag=True, help="Write over a database that holds orders or identities.")
@click.option(
    "--tombstones",
    "more",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Another backup's folder, newer than this one, whose tombstones are laid as well.",
)
@with_appcontext
def restore(folder: Path, only: str | None, replace: bool, more: tuple[Path, ...]) -> None:
    """Bring the databases back from FOLDER. Stop the shop and its worker first. Who was erased stays erased."""
    stones: dict[int, datetime] = {}
    for other in more:
        part.merge(stones, part.tombstones_near(other))
    try:
        done = bring_back.restore(folder, [only] if only else PARTS, stones, replace=replace, at=_counter().clock.now())
    except BackupRefused as error:
        raise click.ClickException(str(error)) from None
    for each in done.parts:
        click.echo(f"{each.what}: as it was at {each.taken_at}, migration {each.revision}")
    click.echo(f"{done.erased_again} erased identities had come back and were erased again")
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    if any(each.revision != head for each in done.parts):
        click.echo("This copy stands at an earlier migration. Now: flask --app wsgi db upgrade, then ledger verify")
    elif any(each.what == "shop" for each in done.parts):
        _verify()


def _verify() -> None:
    broken = [str(finding) for finding in books.findings()]
    click.echo("\n".join([*broken, f"books verified, {len(broken)} broken"]))
    sys.exit(1 if broken else 0)


def _keys() -> Keyring:
    try:
        return read(current_app.config["VAULT_KEY"])
    except BadVaultKey as error:
        raise click.ClickException(str(error)) from None


def _counter() -> Counter:
    found = current_app.extensions["counter"]
    assert isinstance(found, Counter)
    return found
