"""The text form of a mail, read off its HTML: paragraphs, lines of a list, and links with their addresses.

Each sentence of a mail stands once, in its HTML, and both forms say the same.
"""

from html.parser import HTMLParser

BREAKS = {"p": "\n\n", "ul": "\n", "h2": "\n\n"}
UNSEEN = {"style"}


class _Reader(HTMLParser):
    """Collects the words that are read, and the page's title apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.words = "", ""
        self._open: list[tuple[str, bool]] = []
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"meta", "link"}:
            return
        if tag == "br":
            self.words += "\n"
            return
        given = dict(attrs)
        self._open.append((tag, tag in UNSEEN or "data-picture" in given))
        if tag == "a":
            self._link = given.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "a" and self._link:
            self.words += f":\n{self._link}"
            self._link = ""
        self.words += "\n" if tag == "li" else BREAKS.get(tag, "")

    def handle_data(self, data: str) -> None:
        if any(unseen for _, unseen in self._open):
            return
        text = " ".join(data.split())
        if any(tag == "title" for tag, _ in self._open):
            self.title += text
        elif not text and "\n" not in data and self.words and not self.words[-1].isspace():
            self.words += " "
        elif text:
            before = " " if data[0].isspace() and self.words and not self.words[-1].isspace() else ""
            self.words += before + text + (" " if data[-1].isspace() else "")


def read(html: str) -> tuple[str, str]:
    """Return the title and the text form of a mail's HTML."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [line.strip() for line in reader.words.split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return reader.title, "\n".join(kept).strip() + "\n"
