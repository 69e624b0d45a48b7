"""Addresses that came from outside: only a path of this shop is ever followed."""

from urllib.parse import urlsplit


def own_path(target: str | None, host: str | None = None) -> str | None:
    """Return a path on this shop, or None: a `next` never leads elsewhere.

    With `host`, a whole address of that host is taken as well (a referrer), and its path returned.
    """
    if not target:
        return None
    parts = urlsplit(target)
    if host is not None and parts.netloc == host and parts.scheme in ("http", "https"):
        target, parts = parts.path or "/", urlsplit(parts.path or "/")
    if not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    return target if not parts.scheme and not parts.netloc else None
