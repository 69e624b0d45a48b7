"""A demo shop with a life behind it, made through the real verbs at dated moments.

Everyone in it is invented. The products and their pictures were drawn for this project. Payments
are made at the sandbox, whose books are seeded in the same run, so both sides agree afterwards.
"""
