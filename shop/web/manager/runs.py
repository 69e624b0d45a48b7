"""Payout runs: one centre, one period; proposed together, approved together, sent together, each payout its own."""

from collections.abc import Mapping

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from shop.artisans import runs as domain
from shop.artisans.models import PayoutMethod
from shop.artisans.runs import Outcome, Wish
from shop.db import writing
from shop.errors import DomainError
from shop.money import Money
from shop.users import enrolment
from shop.web.access import requires
from shop.web.edge import mark, now, once, signed_in, vault_keys, whole
from shop.web.limits import many_fields
from shop.web.manager import blueprint, forms
from shop.web.manager.forms import Filled, refused
from shop.web.manager.reads import runs as reads
from shop.web.sentences import sentence

Answer = Response | tuple[str, int]


@blueprint.get("/runs")
@requires("payouts.read")
def payout_runs() -> str:
    """List the payout runs, and begin the next one."""
    return _runs_page(Filled())


def _runs_page(form: Filled) -> str:
    return render_template("manager/runs.html", page=reads.runs_page(signed_in(), at=now()), form=form)


@blueprint.post("/runs")
@requires("payouts.propose")
def begin_run() -> Answer:
    """Begin the run of a centre for a period, or go on with the one that stands."""
    try:
        with writing():
            centre_id = enrolment.get_centre(forms.centre_of(signed_in(), "payouts.propose")).id
            least = Money(current_app.config["PAYOUT_LEAST_MINOR"], "INR")
            period = (forms.day("first_on"), forms.day("last_on"))
            run_id = domain.begin(centre_id, *period, least=least, at=now(), by=signed_in()).id
    except DomainError as error:
        if error.status == 404:
            raise
        return _runs_page(refused(error)), error.status
    return _there(run_id)


@blueprint.get("/runs/<int:run_id>")
@requires("payouts.read")
def payout_run(run_id: int) -> str:
    """Show how far a run is, whom it can still pay, and what waits for whom."""
    return _run_page(run_id, Filled(), {})


def _run_page(run_id: int, form: Filled, said: Mapping[int, str]) -> str:
    page = reads.run_page(signed_in(), run_id, vault_keys(), at=now())
    return render_template(
        "manager/run.html",
        page=page,
        form=form,
        said=said,
        once=form.value("once") or once(),
        methods=list(PayoutMethod),
    )


def _there(run_id: int) -> Response:
    return redirect(url_for("manager.payout_run", run_id=run_id), 303)


def _again(run_id: int, error: DomainError) -> tuple[str, int]:
    if error.status == 404:
        raise error
    return _run_page(run_id, refused(error), {}), error.status


def _told(run_id: int, outcome: Outcome, done: str) -> Answer:
    """Say what went; where something did not, show the page as it was filled in, with why beside each name."""
    if outcome.done:
        flash(done)
    if not outcome.refused:
        return _there(run_id)
    typed = Filled({name: " ".join(values) for name, values in request.form.lists() if name not in forms.SECRETS})
    return _run_page(run_id, typed, {each: sentence(error) for each, error in outcome.refused.items()}), 422


@blueprint.post("/runs/<int:run_id>/proposals")
@requires("payouts.propose")
@many_fields
def propose_run(run_id: int) -> Answer:
    """Propose a payout to everyone whose sum was not left empty."""
    try:
        wishes = [
            Wish(artisan_id, Money(forms.amount(f"amount-{artisan_id}"), "INR"), _method(artisan_id))
            for artisan_id in _named("amount")
        ]
        with writing():
            going = domain.get_of(signed_in(), run_id)
            outcome = domain.propose(going, wishes, mark=mark(), at=now(), by=signed_in())
    except DomainError as error:
        return _again(run_id, error)
    count = len(outcome.done)
    said = ngettext(
        "%(num)s payout proposed. Someone else approves it now.",
        "%(num)s payouts proposed. Someone else approves them now.",
        count,
    )
    return _told(run_id, outcome, said)


def _method(artisan_id: int) -> PayoutMethod:
    return forms.choice(PayoutMethod, f"method-{artisan_id}")


def _named(kind: str) -> list[int]:
    """Return the numbers of the fields of a kind in which something stands."""
    found = [(name.removeprefix(f"{kind}-"), value.strip()) for name, value in request.form.items()
             if name.startswith(f"{kind}-")]  # fmt: skip
    return [whole(number) for number, value in found if value]


@blueprint.post("/runs/<int:run_id>/approval")
@requires("payouts.approve")
@many_fields
def approve_run(run_id: int) -> Answer:
    """Approve what was shown of a run, but for those that are taken out."""
    try:
        with writing():
            going, out = domain.get_of(signed_in(), run_id), _named("out")
            outcome = domain.approve(going, _named("payout"), out=out, at=now(), by=signed_in())
    except DomainError as error:
        return _again(run_id, error)
    count, taken_out = len(set(outcome.done) - set(out)), len(set(outcome.done) & set(out))
    said = ngettext("%(num)s payout approved. Now pay it.", "%(num)s payouts approved. Now pay them.", count)
    if not count:
        said = ngettext("%(num)s payout taken out of the run.", "%(num)s payouts taken out of the run.", taken_out)
    return _told(run_id, outcome, said)


@blueprint.post("/runs/<int:run_id>/sending")
@requires("payouts.record")
@many_fields
def send_run(run_id: int) -> Answer:
    """Record what left: a reference for each payment of the bank, a tick for cash that was handed out."""
    sent: dict[int, str | None] = dict.fromkeys(_named("handed"))
    try:
        sent |= {number: forms.text(f"reference-{number}", 60) for number in _named("reference")}
        with writing():
            outcome = domain.send(domain.get_of(signed_in(), run_id), sent, at=now(), by=signed_in())
    except DomainError as error:
        return _again(run_id, error)
    count = len(outcome.done)
    said = ngettext(
        "%(num)s payout recorded as sent. It settles when she says that it came.",
        "%(num)s payouts recorded as sent. Each settles when she says that it came.",
        count,
    )
    return _told(run_id, outcome, said)


@blueprint.get("/runs/<int:run_id>/cash-list")
@requires("payouts.record")
def run_cash_list(run_id: int) -> str:
    """Show, for paper, whom to hand how much, and which notes to bring."""
    return render_template("manager/run_cash_list.html", page=reads.cash_list(signed_in(), run_id))
