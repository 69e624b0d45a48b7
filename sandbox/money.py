"""Amounts as people read them."""

SYMBOLS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£"}


def written(amount: int, currency: str) -> str:
    """Minor units as text, in the Indian grouping for rupees: 12345678 INR is ₹1,23,456.78."""
    whole, rest = divmod(amount, 100)
    digits = _indian(whole) if currency.upper() == "INR" else f"{whole:,}"
    return f"{SYMBOLS.get(currency.upper(), currency.upper() + ' ')}{digits}.{rest:02d}"


def _indian(whole: int) -> str:
    text = str(whole)
    head, tail = text[:-3], text[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail])
