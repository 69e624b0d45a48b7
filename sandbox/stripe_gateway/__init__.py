"""Stripe as the sandbox plays it: Checkout Sessions, PaymentIntents, Refunds."""
