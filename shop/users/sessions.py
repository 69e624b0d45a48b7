"""Sign-ins live in the database: what the cookie carries is a random token, and a row decides.

Only a hash of the token is kept (users/tokens.py), so whoever reads the database cannot sign
in with it. It is exchanged at every step-up. Every change is one UPDATE that finds the row only
while it stands: a request that was on its way when the sign-in ended cannot bring it back.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from shop.db import changed, db
from shop.users import tokens
from shop.users.models import SignIn, User

STEP_UP_LASTS = timedelta(minutes=5)
LONGEST = timedelta(days=30)  # a sign-in that is used every day still ends
GRAIN = timedelta(seconds=20)  # `idle_until` is written when it would move by more than this


def begin(user: User, *, idle: timedelta, at: datetime, stepped_up: bool = False, enrol_first: bool = False) -> str:
    """Begin a sign-in and return its token, which is nowhere else."""
    shown = {"signed_in_before_at": User.signed_in_at, "signed_in_at": at}
    changed(update(User).where(User.id == user.id).values(shown))
    token = tokens.make()
    db.session.add(
        SignIn(
            token_hash=tokens.hash_of(token),
            user_id=user.id,
            version=user.sign_in_version,
            began_at=at,
            idle_until=at + idle,
            stepped_up_at=at if stepped_up else None,
            enrol_first=enrol_first,
        )
    )
    db.session.flush()
    return token


def find(token: str, *, at: datetime) -> SignIn | None:
    """Return the sign-in of a token if it stands and its person may sign in, in one statement; else None."""
    return db.session.scalars(
        select(SignIn)
        .join(User, User.id == SignIn.user_id)
        .where(
            SignIn.token_hash == tokens.hash_of(token),
            SignIn.ended_at.is_(None),
            SignIn.idle_until > at,
            SignIn.began_at > at - LONGEST,
            SignIn.version == User.sign_in_version,
            User.disabled_at.is_(None),
        )
    ).one_or_none()


def needs_keeping(standing: SignIn, *, idle: timedelta, at: datetime) -> bool:
    """Say whether `keep` would change enough to be worth a write."""
    return abs(at + idle - standing.idle_until) > GRAIN


def keep(sign_in_id: int, *, idle: timedelta, at: datetime) -> bool:
    """Let a sign-in stand until `idle` from now; False if it has ended meanwhile."""
    return changed(update(SignIn).where(*_stands(sign_in_id, at)).values(idle_until=at + idle)) == 1


def step_up(sign_in_id: int, *, at: datetime) -> str | None:
    """Note that the person has just shown again who she is, and exchange the token; None if the sign-in has ended."""
    token = tokens.make()
    mine = update(SignIn).where(*_stands(sign_in_id, at))
    return token if changed(mine.values(token_hash=tokens.hash_of(token), stepped_up_at=at)) else None


def is_enrolled(sign_in_id: int, *, at: datetime) -> None:
    """Open everything to a sign-in that had to set up its second factor first."""
    changed(update(SignIn).where(*_stands(sign_in_id, at)).values(enrol_first=False))


def is_fresh(standing: SignIn, *, at: datetime) -> bool:
    """Say whether the person showed who she is within the last five minutes."""
    return standing.stepped_up_at is not None and at - standing.stepped_up_at < STEP_UP_LASTS


def end(sign_in_id: int, *, at: datetime) -> None:
    """End one sign-in."""
    changed(update(SignIn).where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None)).values(ended_at=at))


def end_own(user_id: int, sign_in_id: int, *, at: datetime) -> bool:
    """End one of a person's own sign-ins, or leave it ended; False if it is none of hers."""
    mine = update(SignIn).where(SignIn.user_id == user_id, SignIn.id == sign_in_id)
    return changed(mine.values(ended_at=func.coalesce(SignIn.ended_at, at))) == 1


def end_all(user_id: int, *, at: datetime) -> None:
    """End every sign-in of a person at once, on every device, half ones included."""
    changed(update(User).where(User.id == user_id).values(sign_in_version=User.sign_in_version + 1))
    changed(update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None)).values(ended_at=at))


def end_others(user_id: int, sign_in_id: int, *, at: datetime) -> str | None:
    """End every other sign-in of a person and exchange the token of this one; None if this one has ended."""
    end = update(SignIn).where(SignIn.user_id == user_id, SignIn.id != sign_in_id, SignIn.ended_at.is_(None))
    changed(end.values(ended_at=at))
    version = User.sign_in_version + 1
    moved = update(User).where(User.id == user_id).values(sign_in_version=version).returning(User.sign_in_version)
    now_at = db.session.scalar(moved.execution_options(synchronize_session=False))
    token = tokens.make()
    kept = update(SignIn).where(*_stands(sign_in_id, at)).values(version=now_at, token_hash=tokens.hash_of(token))
    return token if changed(kept) else None


def standing_of(user_id: int, *, at: datetime) -> list[SignIn]:
    """Return a person's sign-ins that stand, newest first."""
    query = select(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.idle_until > at)
    return list(db.session.scalars(query.order_by(SignIn.id.desc())))


def forget_of(user_id: int) -> None:
    """Delete every sign-in of a person who is being forgotten."""
    changed(delete(SignIn).where(SignIn.user_id == user_id))


def sweep(*, before: datetime, limit: int = 500) -> int:
    """Forget sign-ins that were over before a moment; return how many."""
    old = select(SignIn.id).where(SignIn.idle_until < before).limit(limit)
    return changed(delete(SignIn).where(SignIn.id.in_(old)))


def _stands(sign_in_id: int, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (SignIn.id == sign_in_id, SignIn.ended_at.is_(None), SignIn.idle_until > at)
