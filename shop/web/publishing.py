"""How a page or picture that shows someone is answered: kept by nobody without asking again."""

import hashlib

from flask import Response, make_response, request


def remembered(page: str | Response) -> Response:
    """Return an answer that a cache may keep but has to ask about every time; 304 if it is still the same."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    return response
