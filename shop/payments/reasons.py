"""Why the shop itself gives money back: the words of its rows, and which of them its mail says in her language."""

RETURNED = "sent back"
SOLD_OUT, WAS_CANCELLED = "sold out", "order was cancelled"
PAID_TWICE, WRONG_SUM = "paid twice", "not the sum that was asked"
AT_GATEWAY = "given back on the gateway's own page"
TOLD = (SOLD_OUT, WAS_CANCELLED, PAID_TWICE, WRONG_SUM)
