"""The workshop: how a thing is made, what has to be made, who makes it, and whether it is good.

A production order asks for pieces. Each piece goes through the steps of the making that was in
force when it was asked for. A task gives one step of some pieces to one artisan; its check accepts,
sends back or rejects each piece. Acceptance credits her piece rate in the same transaction, and
the last step's acceptance puts the finished piece, with all its makers, into stock.
"""
