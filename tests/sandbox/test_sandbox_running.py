"""The sandbox as a program: forty at once, restarts, pages, signals."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from razorpay.errors import ServerError

from sandbox.client import SandboxRefusal
from sandbox.form import parse_form
from sandbox.money import written
from sandbox.server import SandboxThread
from sandbox.settings import SandboxSettings
from sandbox.store import Store

FORTY = range(40)


def test_forty_at_once_keep_the_books_right(
    sandbox: SandboxThread, new_session: Any, new_link: Any, inbox: Any
) -> None:
    def buy(number: int) -> None:
        sandbox.control.pay("stripe", new_session(f"S-{number}", 1_000 + number).id)
        sandbox.control.pay("razorpay", new_link(f"R-{number}", 2_000 + number)["id"])

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(buy, FORTY))
    books = sandbox.control.books()
    assert books["stripe"] == {"INR": {"captured": sum(1_000 + n for n in FORTY), "refunded": 0}}
    assert books["razorpay"] == {"INR": {"captured": sum(2_000 + n for n in FORTY), "refunded": 0}}
    assert len({row["reference"] for row in books["payments"]}) == 80 and len(inbox) == 160


def test_forty_at_once_with_one_key_make_one_session(
    sandbox: SandboxThread, new_session: Any, stripe_client: Any
) -> None:
    with ThreadPoolExecutor(40) as pool:
        ids = set(pool.map(lambda _: new_session(idempotency_key="order-1").id, FORTY))
    assert len(ids) == 1

    def pay(_: int) -> bool:
        try:
            return bool(sandbox.control.pay("stripe", next(iter(ids))))
        except SandboxRefusal:
            return False

    with ThreadPoolExecutor(40) as pool:
        assert sum(pool.map(pay, FORTY)) == 1
    assert sandbox.control.books()["stripe"]["INR"]["captured"] == 125_000


def test_forty_refunds_never_exceed_the_payment(sandbox: SandboxThread, new_link: Any, razorpay_client: Any) -> None:
    payment = sandbox.control.pay("razorpay", new_link(amount=1_000)["id"])["payment"]

    def refund(_: int) -> bool:
        try:
            return bool(razorpay_client.payment.refund(payment, {"amount": 100}))
        except Exception:
            return False

    with ThreadPoolExecutor(40) as pool:
        assert sum(pool.map(refund, FORTY)) == 10
    assert sandbox.control.books()["razorpay"]["INR"] == {"captured": 1_000, "refunded": 1_000}


@pytest.mark.parametrize("gateway", ["stripe", "razorpay"])
def test_the_page_declines_stays_open_pays_and_then_says_so(
    sandbox: SandboxThread, new_session: Any, new_link: Any, gateway: str
) -> None:
    url = new_session().url if gateway == "stripe" else new_link()["short_url"]
    page = requests.get(url, timeout=20)
    assert "Sandbox: no money moves here" in page.text and "₹1,250.00" in page.text and "Kantha tote" in page.text
    declined = requests.post(url, {"do": "decline"}, timeout=20)
    assert "The payment failed." in declined.text and 'value="pay"' in declined.text
    paid = requests.post(url, {"do": "pay"}, allow_redirects=False, timeout=20)
    assert paid.status_code == 303 and paid.headers["Location"].startswith("http://shop.test/done?")
    after = requests.get(url, timeout=20)
    assert "This has been paid." in after.text and 'value="pay"' not in after.text
    sandbox.control.reset()
    assert requests.get(url, timeout=20).status_code == 404


@pytest.mark.parametrize("gateway", ["stripe", "razorpay"])
def test_the_page_says_that_it_has_expired(
    sandbox: SandboxThread, new_session: Any, new_link: Any, gateway: str
) -> None:
    url = new_session().url if gateway == "stripe" else new_link()["short_url"]
    back = sandbox.control.cancel(gateway, url.rpartition("/")[2])
    assert back["state"] == "open" and back["redirect"].startswith("http://shop.test/")
    sandbox.control.expire(gateway, url.rpartition("/")[2])
    assert "This page has expired." in requests.get(url, timeout=20).text


def test_the_books_survive_a_restart(tmp_path: Path) -> None:
    settings = SandboxSettings(store=tmp_path / "sandbox.db")
    with SandboxThread(settings) as running:
        link = requests.post(
            f"{running.razorpay_base}/v1/payment_links",
            json={"amount": 500, "currency": "INR"},
            auth=("rzp_test_sandbox", "sandbox_secret"),
            timeout=20,
        ).json()
        running.control.pay("razorpay", link["id"])
        running.control.set_deliveries(mode="hold", target="http://shop.test")
        before = running.control.books()
    with SandboxThread(settings) as running:
        assert running.control.books() == before
        kept = running.control.deliveries()
        assert (kept["mode"], kept["target"], len(kept["events"])) == ("hold", "http://shop.test", 2)


def test_a_second_sandbox_on_the_same_file_is_kept_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.db")
    with pytest.raises(sqlite3.OperationalError):
        Store(tmp_path / "sandbox.db")
    store.close()


def test_control_refuses_what_is_not_json(sandbox: SandboxThread) -> None:
    assert requests.post(f"{sandbox.base_url}/_sandbox/reset", {"a": "b"}, timeout=20).status_code == 415
    with pytest.raises(SandboxRefusal, match="400"):
        sandbox.control.pay("paypal", "x")


def test_the_program_ends_at_once_on_sigint() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert program.stdout is not None
    address = program.stdout.readline().split()[-1]
    assert requests.get(f"{address}/_sandbox/healthz", timeout=20).json() == {"ok": True}
    start = time.monotonic()
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=20)
    assert (program.returncode, errors) == (0, "") and time.monotonic() - start < 2


def test_forms_are_parsed_as_stripe_writes_them() -> None:
    pairs = [("a[b][0][c]", "1"), ("a[b][1][c]", "2"), ("expand[]", "x"), ("expand[]", "y"), ("plain", "z")]
    assert parse_form(pairs) == {"a": {"b": [{"c": "1"}, {"c": "2"}]}, "expand": ["x", "y"], "plain": "z"}


def test_amounts_are_written_the_indian_way() -> None:
    assert [written(12_345_678, "INR"), written(99_900, "INR"), written(123_456_789, "USD")] == [
        "₹1,23,456.78",
        "₹999.00",
        "$1,234,567.89",
    ]


def test_a_person_lets_something_go_wrong_on_the_pay_page(
    sandbox: SandboxThread, new_session: Any, new_link: Any, inbox: Any
) -> None:
    url = new_session().url
    asked = requests.post(url, {"do": "bank-asks"}, timeout=20)
    assert "Your bank asks if this is you." in asked.text
    assert (
        requests.post(url, {"do": "pay"}, allow_redirects=False, timeout=20)
        .headers["Location"]
        .startswith("http://shop")
    )

    inbox.clear()
    silent = requests.post(new_link()["short_url"], {"do": "nobody-tells"}, timeout=20)
    assert "no news reaches the shop" in silent.text and "Watch the order in the shop" in silent.text
    assert inbox.types() == [] and len(sandbox.control.books()["payments"]) == 2


def test_the_desk_arms_the_next_question_and_takes_it_back(sandbox: SandboxThread, new_link: Any) -> None:
    desk = sandbox.base_url + "/"
    armed = requests.post(desk, {"next": "broken-500"}, timeout=20)
    assert "An error 500" in armed.text and "waits" in armed.text
    with pytest.raises(ServerError):
        new_link()
    assert "has struck" in requests.get(desk, timeout=20).text
    assert "every request is answered as it should be" in requests.post(desk, {"next": "nothing"}, timeout=20).text
    assert requests.post(desk, {"next": "earthquake"}, timeout=20).status_code == 400
    foreign = requests.post(desk, {"next": "slow"}, headers={"Sec-Fetch-Site": "cross-site"}, timeout=20)
    assert foreign.status_code == 403 and sandbox.control.faults() == []


def test_a_refund_that_waits_for_its_bank_is_taken_at_the_desk(
    sandbox: SandboxThread, new_link: Any, razorpay_client: Any
) -> None:
    desk = sandbox.base_url + "/"
    payment = sandbox.control.pay("razorpay", new_link()["id"])["payment"]
    requests.post(desk, {"next": "refund-waits"}, timeout=20)
    assert razorpay_client.payment.refund(payment, {"amount": 100})["status"] == "pending"
    assert "Let the bank take the refund that waits" in requests.get(desk, timeout=20).text
    assert "that waits" not in requests.post(desk, {"next": "bank"}, timeout=20).text
    assert [row["status"] for row in sandbox.control.books()["refunds"]] == ["processed"]
