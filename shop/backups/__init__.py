"""Copies of both databases, the vault's apart from the shop's, and bringing them back.

`keep.py` and `bring_back.py` are the two verbs; `part.py` is what one copy looks like in its folder;
`sqlite.py` and `postgresql.py` know how each database is copied while the shop runs.
"""
