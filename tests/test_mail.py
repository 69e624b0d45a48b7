"""A mail has one reader and the headers that we wrote, whatever stands in a name, a subject or an address."""

import pytest

from shop import mail
from shop.errors import Invalid

INJECTED = (
    "asha@test.example\r\nBcc: evil@evil.example",
    "asha@test.example\nBcc: evil@evil.example",
    "asha@test.example\rBcc: evil@evil.example",
    "asha@test.example, evil@evil.example",
    "asha@test.example;evil@evil.example",
    "Asha <asha@test.example>, Evil <evil@evil.example>",
    "Asha\r\nBcc: evil@evil.example <asha@test.example>",
    '"asha@test.example, evil"@evil.example',
    "evil@evil.example (asha@test.example)",
    "<asha@test.example>",
    "asha@test.example ",
    "asha@test.example\0",
    "asha@test.example\u2028Bcc: evil@evil.example",
    "asha@@test.example",
    "asha@localhost",
    "undisclosed: asha@test.example;",
    "a" * 65 + "@test.example",
    "",
    ".asha@test.example",
    "আশা@test.example",
)


def composed(**given: str) -> str:
    fields = {
        "sender": "Missing Bags <shop@test.example>", "to": "asha@test.example", "subject": "Your order",
        "text": "Thank you.\n", "message_id": "<1@test.example>", **given,
    }  # fmt: skip
    return bytes(mail.compose(**fields)).decode()


@pytest.mark.parametrize("address", INJECTED)
@pytest.mark.parametrize("header", ["to", "sender"])
def test_an_address_is_one_address(header: str, address: str) -> None:
    with pytest.raises(Invalid, match=r"mail\.address"):
        composed(**{header: address})


@pytest.mark.parametrize(
    "subject", ["Hello\r\nBcc: evil@evil.example", "Hello\nTo: evil@evil.example\n\nBody", "Hello\u2028\x85\x0bBcc: x"]
)
def test_a_subject_is_one_line(subject: str) -> None:
    message = composed(subject=subject)

    head = message.split("\n\n", 1)[0]
    names = [line.split(":")[0] for line in head.splitlines() if not line.startswith(" ")]
    assert sorted(names) == [
        "Content-Transfer-Encoding", "Content-Type", "From", "MIME-Version", "Message-ID", "Subject", "To",
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["asha@test.example", "asha.sen+bags@mail.test.example", "o'hara@x.example"])
def test_an_honest_address_is_written_to(address: str) -> None:
    message = mail.compose(sender="shop@test.example", to=address, subject="x", text="y", message_id="<1@x.example>")

    assert str(message["To"]) == address


@pytest.mark.parametrize("address", INJECTED)
def test_such_an_address_is_taken_nowhere(address: str) -> None:
    assert not mail.ADDRESS.fullmatch(address)
