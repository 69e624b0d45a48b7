"""Runs every list of `ledger verify` over a filled database in this process alone, and prints how it went as JSON."""

import json
import resource
import time

from sqlalchemy import func, select

from shop import books, create_app
from shop.db import db
from shop.ledger.models import Transfer

ROUNDS = 3


def verify() -> dict[str, float]:
    """Verify some times; return the best rate in transfers a second and the most memory this process ever held."""
    with create_app().app_context():
        rows = db.session.scalar(select(func.count()).select_from(Transfer)) or 0
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            broken = [str(finding) for finding in books.findings()]
            times.append(time.perf_counter() - began)
            assert broken == [], broken[:3]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"rows_per_s": rows / min(times), "memory_mb": memory}


if __name__ == "__main__":
    print(json.dumps(verify()))
