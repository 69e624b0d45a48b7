"""Papers that are drawn once, by Typst out of data: kept under the hash of their bytes, compared with it as they go.

Everything reaches the drawing as data, which Typst does not evaluate: nobody's name can become code. Only the fonts
beside the templates are used, so a paper looks alike wherever it is drawn.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

from shop import storage
from shop.errors import Unavailable

DOCUMENTS = Path(__file__).resolve().parent.joinpath("templates", "documents")


def draw(template: str, **said: Mapping[str, Any]) -> bytes:
    """Return a template, filled with what is said by name, as a PDF made for print and for a reading aid (PDF/UA-1)."""
    drawn: bytes = typst.compile(
        str(DOCUMENTS.joinpath(template)),
        root=str(DOCUMENTS),
        font_paths=[str(DOCUMENTS.joinpath("fonts"))],
        ignore_system_fonts=True,
        sys_inputs={name: json.dumps(each, ensure_ascii=False) for name, each in said.items()},
        pdf_standards=["ua-1"],
    )
    return drawn


def keep(drawn: bytes, folder: str, *, papers: str) -> tuple[str, int]:
    """Lay a drawn paper into a folder of the store and return its hash and size. Run with no transaction open."""
    sha256 = hashlib.sha256(drawn).hexdigest()
    storage.put(papers, _name(folder, sha256), drawn)
    return sha256, len(drawn)


def get(sha256: str, folder: str, *, papers: str, lost: str) -> bytes:
    """Return the stored bytes of a paper; Unavailable, with the message `lost`, if they are gone or have changed."""
    stored = storage.find(papers, _name(folder, sha256))
    if stored is None or hashlib.sha256(stored).hexdigest() != sha256:
        raise Unavailable(lost)
    return stored


def _name(folder: str, sha256: str) -> str:
    return f"{folder}/{sha256[:2]}/{sha256}.pdf"
