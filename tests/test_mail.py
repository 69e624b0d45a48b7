"""A mail has one reader and the headers that we wrote, whatever stands in a name, a subject or an address."""

from datetime import UTC, datetime
from email import message_from_string
from email.mime.multipart import MIMEMultipart
from email.policy import default

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


AT = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def letter(**given: str) -> MIMEMultipart:
    fields = {
        "sender": "Missing Bags <shop@test.example>", "to": "asha@test.example", "subject": "Your order",
        "text": "Thank you.\n", "html": "<p>Thank you.</p>\n", "message_id": "<1@test.example>", **given,
    }  # fmt: skip
    return mail.compose(**fields, at=AT)


def composed(**given: str) -> str:
    return bytes(letter(**given)).decode("ascii")


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
    assert sorted(names) == ["Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"]


@pytest.mark.parametrize("address", ["asha@test.example", "asha.sen+bags@mail.test.example", "o'hara@x.example"])
def test_an_honest_address_is_written_to(address: str) -> None:
    assert str(letter(to=address)["To"]) == address


@pytest.mark.parametrize("name", ["Asha Sen", "Büro Köln", "আশা সেন", "Missing Bags (Kultali)"])
def test_a_name_subject_and_words_of_any_script_arrive_as_written(name: str) -> None:
    """Read by the library's parser of whole grammars, which is what the reader's own program goes by."""
    text, subject = "আপনার ব্যাগ — paid = ₹1,690\n" * 30, "আপনার অর্ডার " * 9
    written = composed(sender=f"{name} <shop@test.example>", text=text, subject=subject, html=f"<p>{text}</p>\n")
    read = message_from_string(written, policy=default)
    plain, html = (part.get_content() for part in read.iter_parts())
    [sender] = read["From"].addresses

    assert (sender.display_name, sender.addr_spec) == (name, "shop@test.example")
    assert (read["Subject"], read["Date"].datetime) == (subject.strip(), AT)
    assert (plain, html) == (text, f"<p>{text}</p>\n")
    assert max(len(line) for line in written.splitlines()) <= 78


@pytest.mark.parametrize("address", INJECTED)
def test_such_an_address_is_taken_nowhere(address: str) -> None:
    assert not mail.ADDRESS.fullmatch(address)
