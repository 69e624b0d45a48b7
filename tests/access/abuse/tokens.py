"""V9 and V11: self-contained tokens, and cryptography."""

import ast
import base64
import json
import re
from collections.abc import Iterator
from unittest.mock import patch

from argon2 import extract_parameters
from argon2.low_level import Type
from flask.sessions import TaggedJSONSerializer
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from shop.db import db
from shop.ledger import sealing
from shop.ledger.models import Seal
from shop.orders.models import Cart, Order
from shop.users import audit, sessions, signin
from shop.users.models import User
from tests.access.abuse import asvs
from tests.access.abuse.looking import bag, calls, imports, nodes
from tests.access.abuse.sessions import cookie
from tests.cast import TOTE
from tests.conftest import SLOW
from tests.world import World

# A request's number in the log, and the mark by which a form sent twice is known: neither opens anything.
NO_SECRETS = ("shop/web/logs.py", "shop/web/edge.py")
MADE_UP = ("shop/demo/",)  # chance that has to fall the same way each time, and gives nobody a key
# A PNG's chunk carries a CRC-32 because the format says so; it tells a torn file from a whole one and proves nothing.
SUMS_OF_A_FORMAT = (("shop/catalog/decoding.py", "zlib.crc32(kind + body)"),)


def signed(
    world: World, content: object, *, key: str | None = None, salt: str = "cookie-session", digest: str = "sha1"
) -> str:
    """Return a cookie as Flask signs one, with a key and a salt of our choice."""
    import hashlib

    options = {"key_derivation": "hmac", "digest_method": getattr(hashlib, digest)}
    maker = URLSafeTimedSerializer(
        key or world.app.config["SECRET_KEY"], salt=salt, serializer=TaggedJSONSerializer(), signer_kwargs=options
    )
    return str(maker.dumps(content))


def opens(world: World, value: str) -> bool:
    browser = world.browser()
    browser.client.set_cookie("session", value)
    return browser.get("/manager/").status_code == 200


def held_token(world: World) -> dict[str, object]:
    """Sign in and return what the cookie says."""
    content = cookie(world.browser().sign_in("Anita")).lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(content + "=" * (-len(content) % 4))
    if raw[:1] == b"\x78":
        import zlib

        raw = zlib.decompress(raw)
    found = json.loads(raw)
    assert isinstance(found, dict)
    return found


@asvs("9.1.1", "A cookie that was changed is no cookie")
def tampering(world: World) -> Iterator[str]:
    value = cookie(world.browser().sign_in("Anita"))
    if not opens(world, value):
        yield "the cookie itself opens nothing"
    middle = len(value) // 2
    for bent in (
        value[:-2] + "AA",
        "A" + value[1:],
        value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :],
        value.rsplit(".", 1)[0],
        value + "A",
        value.upper(),
    ):
        if opens(world, bent):
            yield f"{bent[:20]}… opens a page"


@asvs("9.1.2", "A cookie without a signature, or with one of another kind, is no cookie")
def no_other_algorithm(world: World) -> Iterator[str]:
    content = held_token(world)
    flat = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    jwt = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for value in (flat, flat + "..", f"{jwt}.{flat}.", json.dumps(content), signed(world, content, digest="md5")):
        if opens(world, value):
            yield f"{value[:20]}… opens a page"


@asvs("9.1.3", "Only our own key signs: no key that others know, none that the cookie names")
def own_key(world: World) -> Iterator[str]:
    content = held_token(world)
    if not opens(world, signed(world, content)):
        yield "our own key does not sign"
    for key in ("", "secret", "only-for-development-", "dev", "changeme", "a" * 32):
        if key != world.app.config["SECRET_KEY"] and opens(world, signed(world, content, key=key or "x")):
            yield f"the key {key!r} signs"
    if opens(world, signed(world, {**content, "kid": "/dev/null", "jku": "https://evil.example"}, key="x")):
        yield "a named key signs"


@asvs("9.2.2", "What was signed for one purpose is worth nothing for another")
def purposes(world: World) -> Iterator[str]:
    content = held_token(world)
    for salt in ("wtf-csrf-token", "remember", "mail", "itsdangerous", "itsdangerous.Signer"):
        if opens(world, signed(world, content, salt=salt)):
            yield f"what was signed for {salt} opens a page"
    anita = world.browser().sign_in("Anita")
    if opens(world, anita.token or ""):
        yield "a form's token opens a page"
    if anita.post("/manager/centres", {"csrf_token": cookie(anita)}).status_code != 403:
        yield "the session is taken for a form's token"


@asvs("11.2.1", "Cryptography comes from libraries that are looked after, not from our own hands")
def known_libraries(world: World) -> Iterator[str]:
    known = {"hashlib", "hmac", "secrets", "argon2", "cryptography", "ssl", "pyotp", "webauthn", "itsdangerous"}
    strange = (
        "Crypto",
        "Cryptodome",
        "rsa",
        "ecdsa",
        "pyaes",
        "passlib",
        "bcrypt",
        "jwt",
        "jose",
        "nacl",
        "blowfish",
        "simplecrypt",
    )
    for where, name in imports():
        if name.split(".")[0] in strange:
            yield f"{where} imports {name}"
    if not known & {name.split(".")[0] for _, name in imports()}:
        yield "no library was found at all"
    for where, node in nodes(ast.BinOp):
        if isinstance(node.op, ast.BitXor) and "models" not in where:
            yield f"{where} mixes bits by hand: {ast.unparse(node)[:60]}"


@asvs("11.2.4", "Secrets are compared in constant time, wherever the comparing is ours")
def constant_time(world: World) -> Iterator[str]:
    secret = re.compile(r"(?i)(secret|token|signature|digest|mac|_key|pin|password)\b")
    harmless = re.compile(
        r"(?i)(tokens?_left|csrf|kind|role|status|len\(|None|is_|NAME|primary_key|\.key_version|key_id)"
    )
    for where, node in nodes(ast.Compare):
        text = ast.unparse(node)
        sides = [node.left, *node.comparators]
        in_sql = any(isinstance(side, ast.Attribute) and ast.unparse(side)[:1].isupper() for side in sides)
        constant = any(isinstance(side, ast.Constant) for side in sides)
        if where.startswith("shop/config.py"):
            continue  # looks at our own settings when the shop opens; nobody sends these
        if (
            any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
            and not in_sql
            and not constant
            and (
                secret.search(ast.unparse(sides[0]))
                and secret.search(ast.unparse(sides[1]))
                and not harmless.search(text)
            )
        ):
            yield f"{where} compares by ==: {text[:80]}"


@asvs("11.3.2", "Where something is encrypted, it is by AES-GCM and by nothing weaker")
def ciphers(world: World) -> Iterator[str]:
    for path, tree in nodes(ast.Attribute):
        if tree.attr in ("ECB", "CBC", "TripleDES", "ARC4", "Blowfish", "PKCS1v15", "IDEA", "CAST5", "RC4"):
            yield f"{path} uses {tree.attr}"
    for where, name in imports():
        if name.startswith("cryptography.hazmat") and not re.search(
            r"aead|kdf|hashes|hmac|constant_time|serialization|keywrap", name
        ):
            yield f"{where} imports {name}"


@asvs("11.4.1", "No MD5, no SHA-1 and no checksum stands where a hash is meant")
def hashes(world: World) -> Iterator[str]:
    weak = ("hashlib.md5", "hashlib.sha1", "hashlib.new", "zlib.crc32", "zlib.adler32", "binascii.crc32")
    found = [(where.split(":")[0], ast.unparse(call)) for where, call in calls(*weak)]
    yield from (f"{where} calls {call[:60]}" for where, call in found if (where, call) not in SUMS_OF_A_FORMAT)
    yield from (f"{where} has no {call} any more" for where, call in SUMS_OF_A_FORMAT if (where, call) not in found)
    for where, node in nodes(ast.Constant):
        if node.value in ("md5", "sha1", "SHA1", "MD5"):
            yield f"{where} names {node.value}"


@asvs("11.4.2", "Passwords and PINs are kept as argon2id, with no less than OWASP asks for")
def password_hashes(world: World) -> Iterator[str]:
    with patch.object(signin, "_hasher", SLOW):  # the shop's own; tests run on a quick one, and signing in keeps anew
        world.browser().sign_in("Meera")
        world.browser().sign_in_artisan("Rina")
        with world.reading():
            kept = {user.name: user.secret_hash for user in db.session.scalars(select(User))}
            new = [signin.hash_secret("kantha"), signin.hash_pin("835164")["secret_hash"]]
    if len({*kept.values()}) != len(kept):
        yield "two people with one secret have one hash: no salt"
    for hashed in (*new, kept["Meera"], kept["Rina"]):
        found = extract_parameters(hashed)
        if (
            found.type is not Type.ID
            or found.memory_cost < 19_456
            or found.time_cost < 2
            or found.salt_len < 16
            or found.hash_len < 32
        ):
            yield f"a secret is kept with {found}"


@asvs("11.4.3", "What proves that nothing was changed is SHA-256 over all of it")
def chains(world: World) -> Iterator[str]:
    world.buy(TOTE)
    with world.writing() as at:
        sealing.seal()
        audit.record("pin.reset", "user:1", by="user:2", at=at)
    with world.reading():
        links = [*db.session.scalars(select(Seal.chain)), *db.session.scalars(select(audit.AuditRecord.chain))]
    if len(links) < 2 or not all(re.fullmatch(r"[0-9a-f]{64}", link) for link in links):
        yield f"a link is {links[:1]}"


@asvs("11.5.1", "Whatever nobody may guess is at least 128 random bits out of the system's own source")
def randomness(world: World) -> Iterator[str]:
    for where, name in imports():
        if name in ("random", "numpy.random") and not where.startswith(MADE_UP):
            yield f"{where} imports {name}"
    for where, call in calls("secrets.token_urlsafe", "secrets.token_hex", "secrets.token_bytes"):
        size = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if size is not None and size < 16 and not where.startswith(NO_SECRETS):
            yield f"{where} draws {size} bytes"
    for where, _ in calls("uuid.uuid1", "uuid.uuid3", "uuid.uuid5"):
        yield f"{where} makes an id that can be guessed"
    world.buy(TOTE)
    bag(world.browser())
    with world.writing() as at:
        token = sessions.begin(world.user("Meera"), idle=sessions.STEP_UP_LASTS, at=at)
    with world.reading():
        keys = [*db.session.scalars(select(Order.key)), *db.session.scalars(select(Cart.key)), token]
    yield from (f"a key has {len(key)} characters" for key in keys if len(key) < 22)
