"""Money in, money back: attempts, captures and refunds, whatever the gateway or the network does.

What talks to a gateway has three parts: `prepare` writes and commits, `send` calls the gateway
with no transaction open, `settle` writes what came of it. "Unknown" is a state of an attempt, not
an error. Webhooks, the browser's return and the reconciler all end in the same forward-only code.
"""
