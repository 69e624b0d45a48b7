"""Who may open which page of the office: anonymous signs in, the wrong role is refused, the wrong method too."""

from tests.web import artisan_life as life
from tests.world import World

PAGES = (
    "/manager/",
    "/manager/board",
    "/manager/board/to-check",
    "/manager/orders",
    "/manager/products",
    "/manager/products/new",
    "/manager/products/kalka-tote",
    "/manager/products/kalka-tote/variants/new",
    "/manager/products/kalka-tote/variants/MB-TOTE-IND",
    "/manager/work/new",
    "/manager/people",
    "/manager/people/1",
    "/manager/people/1/pin",
    "/manager/people/new",
    "/manager/payouts",
)
POSTS = (
    "/manager/orders/MB-NONE/shipment",
    "/manager/orders/MB-NONE/delivery",
    "/manager/tasks/1/check",
    "/manager/tasks/1/withdrawal",
    "/manager/products",
    "/manager/products/kalka-tote",
    "/manager/products/kalka-tote/publication",
    "/manager/products/kalka-tote/retirement",
    "/manager/products/kalka-tote/variants",
    "/manager/products/kalka-tote/pictures",
    "/manager/products/kalka-tote/stock",
    "/manager/products/kalka-tote/making",
    "/manager/people",
    "/manager/people/1/pin",
    "/manager/work",
)
MONEY = (
    "/manager/orders/MB-NONE/refund",
    "/manager/payouts",
    "/manager/payouts/1/approval",
    "/manager/payouts/1/sending",
    "/manager/payouts/1/failure",
    "/manager/payouts/1/withdrawal",
)
OF_NORTH = (
    "/manager/products/kalka-tote",
    "/manager/people/1",
    "/manager/people/1/pin",
    "/manager/tasks/1",
    "/manager/tasks/1/check",
    "/manager/work/1",
    "/manager/work/1/offers/stitch",
    "/manager/payouts/1",
)


def test_meera_opens_every_page(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    assert [path for path in PAGES if meera.get(path).status_code != 200] == []


def test_the_books_of_the_house_are_not_a_managers(world: World) -> None:
    meera, farida, bina = (world.browser().sign_in(name) for name in ("Meera", "Farida", "Bina"))
    for path in ("/manager/books", "/manager/books/verification"):
        assert meera.get(path).status_code == 403, path
        assert farida.get(path).status_code == 200, path
    assert [bina.get(path).status_code for path in ("/manager/books", "/manager/audit", "/manager/exceptions")] == [
        200,
        200,
        403,
    ]


def test_a_stranger_signs_in_first(world: World) -> None:
    for path in PAGES:
        answer = world.browser().get(path)
        assert answer.status_code == 302
        assert answer.location == f"/login?next={path}"


def test_a_stranger_cannot_post(world: World) -> None:
    for path in (*POSTS, *MONEY, "/manager/centres"):
        assert world.browser().post(path).status_code == 401, path


def test_an_artisan_is_refused_everywhere(world: World) -> None:
    rina = world.browser().sign_in_artisan("Rina")
    assert [path for path in PAGES if rina.get(path).status_code != 403] == []
    assert [path for path in (*POSTS, *MONEY) if rina.post(path).status_code != 403] == []


def test_finance_looks_and_pays_but_neither_makes_nor_ships(world: World) -> None:
    farida = world.browser().sign_in("Farida")
    for path in ("/manager/", "/manager/board", "/manager/orders", "/manager/products/kalka-tote", "/manager/books"):
        assert farida.get(path).status_code == 200, path
    assert [path for path in POSTS if farida.post(path).status_code != 403] == []


def test_only_the_house_adds_centres(world: World) -> None:
    for name, status in (("Meera", 403), ("Farida", 403), ("Anita", 200)):
        assert world.browser().sign_in(name).get("/manager/centres").status_code == status


def test_what_belongs_to_the_north_is_not_there_for_the_river(world: World) -> None:
    life.earn(world)
    life.send(world, "Rina", 800)
    meera, ruma = world.browser().sign_in("Meera"), world.browser().sign_in("Ruma")
    for path in OF_NORTH:
        assert meera.get(path).status_code == 200, path
        assert ruma.get(path).status_code == 404, path


def test_the_river_cannot_act_on_what_belongs_to_the_north(world: World) -> None:
    task_id = life.hand_in(world)
    ruma = world.browser().sign_in("Ruma")
    acts = (
        (f"/manager/tasks/{task_id}/check", {"passed": "3", "rework": "0", "rejected": "0"}),
        (f"/manager/tasks/{task_id}/withdrawal", {}),
        ("/manager/work/1/offers/stitch", {"artisan": "3", "quantity": "1", "due_on": "2030-01-01"}),
        ("/manager/people/1/pin", {"pin": "482915", "pin_again": "482915"}),
        ("/manager/payouts", {"artisan": "1", "amount": "1", "method": "cash"}),
        ("/manager/products/kalka-tote/retirement", {}),
        ("/manager/products/kalka-tote/stock", {"sku": "MB-TOTE-IND", "change": "1", "reason": "x", "once": "0" * 16}),
        ("/manager/products/kalka-tote/variants/MB-TOTE-IND", {"grams": "1", "price_INR": "1"}),
    )
    for path, form in acts:
        assert ruma.post(path, form).status_code == 404, path


def test_wrong_methods_are_refused(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    for path in ("/manager/", "/manager/board", "/manager/books", "/manager/orders"):
        assert meera.post(path).status_code == 405, path
    for path in ("/manager/tasks/1/withdrawal", "/manager/payouts/1/approval", "/manager/orders/MB-NONE/shipment"):
        assert meera.get(path).status_code == 405, path


def test_what_is_not_there_is_a_404(world: World) -> None:
    anita = world.browser().sign_in("Anita")
    missing = ("board/nowhere", "orders/MB-NONE", "orders?progress=lost", "products/none", "tasks/99", "work/99",
               "work/99/offers/knit", "people/99", "payouts/99", "books/entries/none:1", "books/accounts/none",
               "products/kalka-tote/variants/NONE")  # fmt: skip
    for path in missing:
        assert anita.get(f"/manager/{path}").status_code == 404, path


def test_a_form_without_its_token_changes_nothing(world: World) -> None:
    meera = world.browser().sign_in("Meera")
    meera.token = "forged"
    assert meera.post("/manager/products/kalka-tote/retirement").status_code == 403
    assert "In the shop" in meera.get("/manager/products/kalka-tote").text


def test_signing_in_leads_where_one_wanted_to_go(world: World) -> None:
    browser = world.browser()
    wrong = browser.post("/login", {"email": "meera@test.example", "password": "not this one"})
    assert wrong.status_code == 422
    assert "That did not match" in wrong.text and "meera@test.example" in wrong.text
    page = browser.get("/login?next=/manager/payouts").text
    assert 'action="/login?next=/manager/payouts"' in page or 'action="/login?next=%2Fmanager%2Fpayouts"' in page
